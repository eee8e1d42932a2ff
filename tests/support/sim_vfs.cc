// The VFS "simdisk": finds the disk of a path, and passes on what is on none.
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/sim_file.h"

namespace offsync::test {
namespace {

using Disk = std::shared_ptr<SimDisk::Impl>;

struct Registry {
  std::mutex mutex;
  std::vector<Disk> disks;
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs vfs{};
  SimRandom random;
};

Registry& registry() {
  static Registry the;
  return the;
}

thread_local int last_errno = 0;

Disk disk_of(const char* path) {
  if (path == nullptr) return nullptr;
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  Disk best;
  for (const Disk& disk : all.disks) {
    if (disk->has(path) && (!best || disk->prefix().size() > best->prefix().size())) best = disk;
  }
  return best;
}

sqlite3_vfs* real() {
  return registry().real;
}

int refuse(int rc, int error) {
  sim_set_errno(error);
  return rc;
}

int open_file(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* out, int flags,
              int* out_flags) {
  const Disk disk = disk_of(path);
  if (!disk) return real()->xOpen(real(), path, out, flags, out_flags);
  out->pMethods = nullptr;
  if (disk->dead()) return refuse(SQLITE_CANTOPEN, EIO);
  auto handle = std::make_unique<SimHandle>();
  handle->disk = disk;
  handle->name = disk->name_of(path);
  handle->inode = disk->find(handle->name);
  const bool create = (flags & SQLITE_OPEN_CREATE) != 0;
  if (handle->inode && (flags & SQLITE_OPEN_EXCLUSIVE) != 0) return refuse(SQLITE_CANTOPEN, EEXIST);
  if (!handle->inode) {
    if (!create) return refuse(SQLITE_CANTOPEN, ENOENT);
    if (const int rc = disk->create(handle->name, handle->inode); rc != SQLITE_OK) return rc;
  }
  constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  handle->folder_due = create && (flags & kJournals) != 0;
  sim_file_begin(reinterpret_cast<SimFile*>(out), std::move(handle));
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* /*vfs*/, const char* path, int sync_folder) {
  const Disk disk = disk_of(path);
  if (!disk) return real()->xDelete(real(), path, sync_folder);
  return disk->remove(disk->name_of(path), sync_folder != 0);
}

// As the unix VFS: an empty file does not count as existing.
int access_file(sqlite3_vfs* /*vfs*/, const char* path, int flags, int* result) {
  const Disk disk = disk_of(path);
  if (!disk) return real()->xAccess(real(), path, flags, result);
  if (disk->dead()) return refuse(SQLITE_IOERR_ACCESS, EIO);
  const auto inode = disk->find(disk->name_of(path));
  *result = inode && (flags != SQLITE_ACCESS_EXISTS || inode->store.seen().size() != 0) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* path, int size, char* out) {
  if (!disk_of(path)) return real()->xFullPathname(real(), path, size, out);
  const std::size_t length = std::strlen(path);
  if (length >= static_cast<std::size_t>(size)) return refuse(SQLITE_CANTOPEN, ENAMETOOLONG);
  std::memcpy(out, path, length + 1);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* /*vfs*/, int count, char* out) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  for (int i = 0; i < count; ++i) out[i] = static_cast<char>(all.random.next());
  return count;
}

int sleep_not(sqlite3_vfs* /*vfs*/, int microseconds) {
  return microseconds;
}

constexpr sqlite3_int64 kJulianMs =
    212'566'760'000'000;  // 2023-11-14T22:13:20Z, in ms of Julian days

int now_ms(sqlite3_vfs* /*vfs*/, sqlite3_int64* now) {
  *now = kJulianMs;
  return SQLITE_OK;
}

int now_days(sqlite3_vfs* /*vfs*/, double* now) {
  *now = static_cast<double>(kJulianMs) / 86'400'000.0;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs* /*vfs*/, int size, char* text) {
  const int ours = std::exchange(last_errno, 0);
  return ours != 0 ? ours : real()->xGetLastError(real(), size, text);
}

void begin_vfs(Registry& all) {
  all.real = sqlite3_vfs_find(nullptr);
  if (all.real == nullptr) throw std::runtime_error("SQLite has no VFS");
  all.vfs = *all.real;  // dynamic libraries, and all that is no file
  all.vfs.iVersion = 2;
  all.vfs.szOsFile = std::max(all.real->szOsFile, static_cast<int>(sizeof(SimFile)));
  all.vfs.pNext = nullptr;
  all.vfs.zName = "simdisk";
  all.vfs.xOpen = open_file;
  all.vfs.xDelete = delete_file;
  all.vfs.xAccess = access_file;
  all.vfs.xFullPathname = full_path;
  all.vfs.xRandomness = randomness;
  all.vfs.xSleep = sleep_not;
  all.vfs.xCurrentTime = now_days;
  all.vfs.xCurrentTimeInt64 = now_ms;
  all.vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&all.vfs, 1);
}

}  // namespace

void sim_register(const Disk& disk, std::uint64_t seed) {
  Registry& all = registry();
  bool first = false;
  {
    const std::lock_guard lock(all.mutex);
    first = all.disks.empty();
  }
  if (first) {
    begin_vfs(all);
    SimDisk::reseed_sqlite(seed);
  }
  const std::lock_guard lock(all.mutex);
  all.disks.push_back(disk);
}

void sim_unregister(const Disk& disk) {
  Registry& all = registry();
  {
    const std::lock_guard lock(all.mutex);
    std::erase(all.disks, disk);
    if (!all.disks.empty()) return;
  }
  // Not under the lock: SQLite asks us for randomness under a lock of its own.
  sqlite3_vfs_unregister(&all.vfs);
  sqlite3_vfs_register(all.real, 1);
  sqlite3_randomness(0, nullptr);
}

void sim_set_errno(int code) {
  last_errno = code;
}

void SimDisk::reseed_sqlite(std::uint64_t seed) {
  {
    const std::lock_guard lock(registry().mutex);
    registry().random.state = seed;
  }
  sqlite3_randomness(0, nullptr);  // forgets its state, and so asks us again
}

}  // namespace offsync::test
