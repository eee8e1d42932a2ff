#include "sqlite/error.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "base/system_error.h"
#include "sqlite/sealed_file.h"

namespace offsync::sqlite {
namespace {

struct Meaning {
  Errc kind;
  const char* code;
  const char* hint;
};

Meaning meaning_of(int rc) {
  if (rc == SQLITE_IOERR_DATA) return meaning_of(SQLITE_CORRUPT);
  switch (rc & 0xff) {
    case SQLITE_FULL:
      return {Errc::io, "disk_full", "the disk is full: free some space, then run it again"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::partial, "busy", "another process is writing to it: try again"};
    case SQLITE_CORRUPT:
      return {Errc::io, "corrupt", ""};
    case SQLITE_NOTADB:
      return {Errc::config, "not_ours", "it is no database at all: check the path"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Errc::auth, "read_only", "check the permissions of the file and of its folder"};
    case SQLITE_CANTOPEN:
      return {Errc::io, "io", "check the path, and the permissions of the file and of its folder"};
    case SQLITE_IOERR:
      return {Errc::io, "io", "check the disk, then run it again"};
    case SQLITE_PROTOCOL:  // it could not lock the file
      return {Errc::io, "io", "check that its file system can lock files, then run it again"};
    case SQLITE_CONSTRAINT:
      return {
          Errc::io, "constraint",
          "what stands in the file contradicts itself: restore it from a copy, or set it aside"};
    default:
      return {Errc::internal, "sqlite", "please report this bug"};
  }
}

}  // namespace

Error error_of_file(const std::string& file, int rc, std::string_view doing, std::string_view why) {
  if ((rc & 0xff) == SQLITE_NOMEM) throw std::bad_alloc();
  const Meaning meaning = meaning_of(rc);
  std::string detail(doing);
  detail.append(" ").append(file).append(": ").append(why);
  return make_error(meaning.kind, meaning.code, std::move(detail), meaning.hint);
}

Error error_of(sqlite3* db, int rc, std::string_view doing, const std::string& file) {
  const char* name = sqlite3_db_filename(db, "main");
  std::string why = sqlite3_errmsg(db);
  const int primary = rc & 0xff;
  const int system = sqlite3_system_errno(db);
  if (system != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
    why.append(" (").append(std::strerror(system)).append(")");
  }
  if (rc == SQLITE_IOERR_DATA) {
    why = "it is damaged: page " + std::to_string(broken_seal(db)) + " is not as it was written";
  }
  // SQLite reports a full disk as an I/O error where the file system says so late.
  const bool limit = beyond_file_limit(db, rc) || (primary == SQLITE_IOERR && system == EFBIG);
  if (primary == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT)) rc = SQLITE_FULL;
  if (primary == SQLITE_CANTOPEN && kind_of_errno(system) == Errc::auth) rc = SQLITE_PERM;
  const std::string known = name != nullptr && *name != '\0' ? name : file;
  if (limit) return error_of_limit(known, doing);
  Error error = error_of_file(known, rc, doing, why);
  if (primary == SQLITE_CANTOPEN)
    error.hint = std::string(advice_of_errno(system, error.hint.c_str()));
  return error;
}

Error error_of_limit(const std::string& file, std::string_view doing) {
  Error error =
      error_of_file(file, SQLITE_FULL, doing, "a file would grow beyond its limit (ulimit -f)");
  error.hint = "raise the limit, then run it again";
  return error;
}

bool beyond_file_limit(sqlite3* db, int rc) {
  if ((rc & 0xff) != SQLITE_IOERR) return false;
  // Of a COMMIT the connection does not know the errno, only the file that was written to.
  int database = 0;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &database);
  int wal = 0;
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) == SQLITE_OK &&
      file != nullptr && file->pMethods != nullptr) {
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &wal);
  }
  return database == EFBIG || wal == EFBIG;
}

Error error_of_sql(sqlite3* db, int rc) {
  Error error = error_of(db, rc, "cannot use");
  if ((rc & 0xff) != SQLITE_ERROR) return error;
  const Meaning meaning = meaning_of(SQLITE_CORRUPT);
  return make_error(meaning.kind, meaning.code, error.detail, meaning.hint);
}

bool breaks_connection(int rc) {
  const int primary = rc & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_FULL || primary == SQLITE_CORRUPT;
}

}  // namespace offsync::sqlite
