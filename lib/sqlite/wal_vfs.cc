#include "sqlite/wal_vfs.h"

#include <sqlite3.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "sqlite/sealed_file.h"

namespace offsync::sqlite {
namespace {

struct WalVfs {
  sqlite3_vfs own{};
  sqlite3_vfs* base = nullptr;
  std::string name;
};

bool has_content(sqlite3_vfs* base, const char* path) {
  int there = 0;  // the unix VFS does not see an empty file
  return base->xAccess(base, path, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK && there != 0;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* base = static_cast<const WalVfs*>(vfs->pAppData)->base;
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0)
    return open_sealed_file(base, path, file, flags, out_flags);
  constexpr int kNewWal = SQLITE_OPEN_WAL | SQLITE_OPEN_CREATE;
  if ((flags & kNewWal) == kNewWal && has_content(base, path)) {
    const int rc = base->xOpen(base, path, file, flags & ~SQLITE_OPEN_CREATE, out_flags);
    if (rc == SQLITE_OK) return rc;
  }
  return base->xOpen(base, path, file, flags, out_flags);
}

// All methods but xOpen are the base's own, and so are all files but main databases. They get our
// vfs; of SQLite's own VFSs only xOpen looks into it.
void begin(WalVfs& made, sqlite3_vfs& base) {
  made.base = &base;
  made.name = std::string("offsync-") + base.zName;
  made.own = base;
  made.own.pNext = nullptr;
  made.own.zName = made.name.c_str();
  made.own.pAppData = &made;
  made.own.xOpen = open_file;
  made.own.szOsFile = sealed_file_bytes(base);
  sqlite3_vfs_register(&made.own, 0);
}

}  // namespace

int sync_wal_and_folder(sqlite3* db) {
  sqlite3_vfs* vfs = nullptr;
  if (const int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
      rc != SQLITE_OK) {
    return rc;
  }
  sqlite3_vfs* base = static_cast<const WalVfs*>(vfs->pAppData)->base;
  const char* path = sqlite3_filename_wal(sqlite3_db_filename(db, "main"));
  std::vector<std::max_align_t> room(
      static_cast<std::size_t>(base->szOsFile) / sizeof(std::max_align_t) + 1);
  auto* file = reinterpret_cast<sqlite3_file*>(room.data());
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;
  int rc = base->xOpen(base, path, file, kFlags, nullptr);
  if (rc == SQLITE_OK) rc = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (file->pMethods != nullptr) file->pMethods->xClose(file);
  return rc;
}

std::string wal_vfs(sqlite3_vfs& base) {
  static std::mutex mutex;
  // Never freed: a connection may be closed by who ends last.
  static auto& made = *new std::map<sqlite3_vfs*, WalVfs>;
  const std::lock_guard lock(mutex);
  const auto [at, is_new] = made.try_emplace(&base);
  if (is_new) begin(at->second, base);
  return at->second.name;
}

}  // namespace offsync::sqlite
