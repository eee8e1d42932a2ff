// A file system for SQLite whose disk can fail: the default one, but for syncs and writes that
// return an error while a switch is on.
#pragma once

#include <sqlite3.h>

#include <cerrno>
#include <map>

namespace offsync::test {

struct FaultyDisk {
  inline static bool fail_syncs = false;
  inline static bool disk_full = false;
  inline static bool late_full = false;  // an I/O error, of which the system says that it is full
  inline static int syncs = 0;           // counted since the start
};

namespace faulty {

// The default VFS has a table of methods for each kind of file; ours stand before them. A file
// stays the default VFS's own object, only its table is exchanged.
struct Methods {
  sqlite3_io_methods ours;  // first: a file's pMethods points here
  const sqlite3_io_methods* real;
};

inline sqlite3_vfs*& base() {
  static sqlite3_vfs* vfs = nullptr;
  return vfs;
}

inline const sqlite3_io_methods* real_of(sqlite3_file* file) {
  return reinterpret_cast<const Methods*>(file->pMethods)->real;
}

inline int sync(sqlite3_file* file, int flags) {
  ++FaultyDisk::syncs;
  return FaultyDisk::fail_syncs ? SQLITE_IOERR_FSYNC : real_of(file)->xSync(file, flags);
}

inline int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  if (FaultyDisk::late_full) return SQLITE_IOERR_WRITE;
  return FaultyDisk::disk_full ? SQLITE_FULL : real_of(file)->xWrite(file, bytes, count, at);
}

inline int last_error(sqlite3_vfs* /*vfs*/, int bytes, char* text) {
  return FaultyDisk::late_full ? ENOSPC : base()->xGetLastError(base(), bytes, text);
}

inline int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out) {
  static std::map<const sqlite3_io_methods*, Methods> tables;
  const int rc = base()->xOpen(base(), name, file, flags, out);
  if (rc != SQLITE_OK || file->pMethods == nullptr) return rc;
  Methods& methods = tables[file->pMethods];
  methods.real = file->pMethods;
  methods.ours = *methods.real;
  methods.ours.xSync = sync;
  methods.ours.xWrite = write;
  file->pMethods = &methods.ours;
  return rc;
}

}  // namespace faulty

// Makes it the file system of every database opened from here on, as long as this object lives.
class FaultyVfs {
 public:
  FaultyVfs() : base_(sqlite3_vfs_find(nullptr)), vfs_(*base_) {
    faulty::base() = base_;
    vfs_.zName = "faulty";
    vfs_.xOpen = faulty::open;
    vfs_.xGetLastError = faulty::last_error;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyVfs() {
    FaultyDisk::fail_syncs = FaultyDisk::disk_full = FaultyDisk::late_full = false;
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(base_, 1);
  }
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

 private:
  sqlite3_vfs* base_;
  sqlite3_vfs vfs_;
};

}  // namespace offsync::test
