// An open file of a SimDisk as SQLite sees it. Internal to sim_disk.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "support/sim_disk_impl.h"

namespace offsync::test {

// Everything about one handle. Locks exclude handles, not processes.
struct SimHandle {
  std::shared_ptr<SimDisk::Impl> disk;
  SimDisk::Impl::Inode inode;
  std::string name;
  bool folder_due = false;  // the next sync is one of its folder, too
  int level = SQLITE_LOCK_NONE;
  bool has_shm = false;
  unsigned shm_shared = 0, shm_exclusive = 0;  // a bit for each lock

  int lock(int wanted);
  void unlock(int wanted);
  int shm_map(int region, int bytes, bool extend, void volatile** memory);
  int shm_lock(int first, int count, int flags);
  void shm_unmap();
};

// What SQLite allocates: the base class in C, and our handle.
struct SimFile {
  sqlite3_file base;
  SimHandle* handle;
};

// `handle` is owned by the file from here on.
void sim_file_begin(SimFile* file, std::unique_ptr<SimHandle> handle);

}  // namespace offsync::test
