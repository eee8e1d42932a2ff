// Db::secure(), apart from the rest because it goes beneath SQLite's own interface.
#include <sqlite3.h>

#include <algorithm>
#include <vector>

#include "sqlite/db.h"
#include "sqlite/error.h"
#include "sqlite/wal_vfs.h"

namespace offsync::sqlite {
namespace {

constexpr sqlite3_int64 kPiece = 64 * 1024;

int write_again(sqlite3_file* file, sqlite3_int64 size) {
  std::vector<char> piece(static_cast<std::size_t>(std::min(size, kPiece)));
  for (sqlite3_int64 at = 0; at < size; at += kPiece) {
    const int bytes = static_cast<int>(std::min(kPiece, size - at));
    if (const int rc = file->pMethods->xRead(file, piece.data(), bytes, at); rc != SQLITE_OK) {
      return rc;
    }
    if (const int rc = file->pMethods->xWrite(file, piece.data(), bytes, at); rc != SQLITE_OK) {
      return rc;
    }
  }
  return SQLITE_OK;
}

}  // namespace

Status Db::secure() {
  OFFSYNC_TRY(exec("SELECT 1 FROM sqlite_schema LIMIT 1"));  // opens the WAL, if there is one
  sqlite3_file* wal = nullptr;
  if (sqlite3_file_control(db_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK ||
      wal == nullptr || wal->pMethods == nullptr) {
    return {};
  }
  sqlite3_int64 size = 0;
  int rc = wal->pMethods->xFileSize(wal, &size);
  if (rc == SQLITE_OK && size == 0) return {};
  if (rc == SQLITE_OK) rc = write_again(wal, size);
  if (rc == SQLITE_OK) rc = sync_wal_and_folder(db_);
  if (rc == SQLITE_OK) return {};
  constexpr const char* kDoing = "cannot make durable what is in";
  const bool limit = beyond_file_limit(db_, rc);
  break_off();
  return limit ? error_of_limit(file(), kDoing)
               : error_of_file(file(), rc, kDoing, sqlite3_errstr(rc));
}

}  // namespace offsync::sqlite
