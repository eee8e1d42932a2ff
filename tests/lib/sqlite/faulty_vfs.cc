#include "faulty_vfs.h"

#include <sqlite3.h>

#include <map>

namespace offsync::test {

bool FaultyVfs::fail_syncs = false;
bool FaultyVfs::disk_full = false;
int FaultyVfs::syncs = 0;

namespace {

// The default VFS has a table of methods for each kind of file; ours stand before them. A file
// stays the default VFS's own object, only its table is exchanged.
struct Methods {
  sqlite3_io_methods ours;  // first: a file's pMethods points here
  const sqlite3_io_methods* real;
};

const sqlite3_io_methods* real_of(sqlite3_file* file) {
  return reinterpret_cast<const Methods*>(file->pMethods)->real;
}

int sync(sqlite3_file* file, int flags) {
  ++FaultyVfs::syncs;
  return FaultyVfs::fail_syncs ? SQLITE_IOERR_FSYNC : real_of(file)->xSync(file, flags);
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  return FaultyVfs::disk_full ? SQLITE_FULL : real_of(file)->xWrite(file, bytes, count, at);
}

int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out) {
  static std::map<const sqlite3_io_methods*, Methods> tables;
  sqlite3_vfs* base = sqlite3_vfs_find(nullptr);
  const int rc = base->xOpen(base, name, file, flags, out);
  if (rc != SQLITE_OK || file->pMethods == nullptr) return rc;
  Methods& methods = tables[file->pMethods];
  methods.real = file->pMethods;
  methods.ours = *methods.real;
  methods.ours.xSync = sync;
  methods.ours.xWrite = write;
  file->pMethods = &methods.ours;
  return rc;
}

}  // namespace

void FaultyVfs::install() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs copy = *sqlite3_vfs_find(nullptr);
    copy.zName = kName;
    copy.xOpen = open;
    return copy;
  }();
  sqlite3_vfs_register(&vfs, 0);
}

}  // namespace offsync::test
