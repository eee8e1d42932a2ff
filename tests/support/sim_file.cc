#include "support/sim_file.h"

#include <cerrno>
#include <cstring>

namespace offsync::test {
namespace {

constexpr int kSectorBytes = 4096;  // as the unix VFS reports

SimHandle& handle_of(sqlite3_file* file) {
  return *reinterpret_cast<SimFile*>(file)->handle;
}

// A dead machine answers nothing else.
int if_alive(const SimHandle& handle, int error) {
  if (!handle.disk->dead()) return SQLITE_OK;
  sim_set_errno(EIO);
  return error;
}

int close_file(sqlite3_file* file) {
  SimHandle& handle = handle_of(file);
  handle.shm_unmap();
  handle.unlock(SQLITE_LOCK_NONE);
  --handle.disk->handles;
  delete &handle;
  file->pMethods = nullptr;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int count, sqlite3_int64 at) {
  const SimHandle& handle = handle_of(file);
  if (const int rc = if_alive(handle, SQLITE_IOERR_READ); rc != SQLITE_OK) return rc;
  auto* bytes = static_cast<char*>(to);
  const auto size = static_cast<std::size_t>(count);
  const std::size_t got =
      handle.inode->store.seen().read(bytes, size, static_cast<std::uint64_t>(at));
  if (got == size) return SQLITE_OK;
  std::memset(bytes + got, 0, size - got);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 at) {
  const SimHandle& handle = handle_of(file);
  return handle.disk->write(handle.inode->store, handle.name, static_cast<const char*>(from),
                            static_cast<std::size_t>(count), static_cast<std::uint64_t>(at));
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const SimHandle& handle = handle_of(file);
  return handle.disk->truncate(handle.inode->store, handle.name, static_cast<std::uint64_t>(size));
}

int sync_file(sqlite3_file* file, int /*flags*/) {
  SimHandle& handle = handle_of(file);
  const int rc = handle.disk->sync(handle.inode->store, handle.name, handle.folder_due);
  if (rc == SQLITE_OK) handle.folder_due = false;
  return rc;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  const SimHandle& handle = handle_of(file);
  *size = static_cast<sqlite3_int64>(handle.inode->store.seen().size());
  return if_alive(handle, SQLITE_IOERR_FSTAT);
}

int lock_file(sqlite3_file* file, int level) {
  SimHandle& handle = handle_of(file);
  if (const int rc = if_alive(handle, SQLITE_IOERR_LOCK); rc != SQLITE_OK) return rc;
  return handle.lock(level);
}

int unlock_file(sqlite3_file* file, int level) {
  handle_of(file).unlock(level);
  return SQLITE_OK;
}

int check_reserved(sqlite3_file* file, int* reserved) {
  const SimHandle& handle = handle_of(file);
  *reserved = handle.inode->reserved != nullptr ? 1 : 0;
  return if_alive(handle, SQLITE_IOERR_CHECKRESERVEDLOCK);
}

int control(sqlite3_file* file, int operation, void* argument) {
  const SimHandle& handle = handle_of(file);
  switch (operation) {
    case SQLITE_FCNTL_LOCKSTATE:
      *static_cast<int*>(argument) = handle.level;
      return SQLITE_OK;
    case SQLITE_FCNTL_HAS_MOVED:
      *static_cast<int*>(argument) = handle.disk->find(handle.name) == handle.inode ? 0 : 1;
      return SQLITE_OK;
    case SQLITE_FCNTL_VFSNAME:
      *static_cast<char**>(argument) = sqlite3_mprintf("simdisk");
      return SQLITE_OK;
    case SQLITE_FCNTL_SIZE_HINT:
    case SQLITE_FCNTL_CHUNK_SIZE:
      return SQLITE_OK;
    default:
      return SQLITE_NOTFOUND;
  }
}

int sector_size(sqlite3_file* /*file*/) {
  return kSectorBytes;
}

int characteristics(sqlite3_file* /*file*/) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int shm_map(sqlite3_file* file, int region, int bytes, int extend, void volatile** memory) {
  SimHandle& handle = handle_of(file);
  if (const int rc = if_alive(handle, SQLITE_IOERR_SHMMAP); rc != SQLITE_OK) return rc;
  return handle.shm_map(region, bytes, extend != 0, memory);
}

int shm_lock(sqlite3_file* file, int first, int count, int flags) {
  SimHandle& handle = handle_of(file);
  if ((flags & SQLITE_SHM_UNLOCK) == 0) {
    if (const int rc = if_alive(handle, SQLITE_IOERR_SHMLOCK); rc != SQLITE_OK) return rc;
  }
  return handle.shm_lock(first, count, flags);
}

// One thread holds a SimDisk, so nobody's reads could pass its writes.
void shm_barrier(sqlite3_file* /*file*/) {}

int shm_unmap(sqlite3_file* file, int /*remove*/) {
  handle_of(file).shm_unmap();
  return SQLITE_OK;
}

// Version 2: with shared memory, without memory maps.
constexpr sqlite3_io_methods kMethods = {
    2,         close_file,  read_file,      write_file, truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_reserved, control,    sector_size,   characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,      nullptr,    nullptr,
};

}  // namespace

void sim_file_begin(SimFile* file, std::unique_ptr<SimHandle> handle) {
  ++handle->disk->handles;
  file->handle = handle.release();
  file->base.pMethods = &kMethods;
}

}  // namespace offsync::test
