// The locks of a SimDisk's files: SQLite's five levels, and those of the WAL's index.
#include <cstring>

#include "support/sim_file.h"

namespace offsync::test {

int SimHandle::lock(int wanted) {
  if (level >= wanted) return SQLITE_OK;
  SimInode& file = *inode;
  const auto others = [this](const void* owner) { return owner != nullptr && owner != this; };
  if (others(file.pending)) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_NONE) {
    ++file.shared;
    level = SQLITE_LOCK_SHARED;
    if (wanted == SQLITE_LOCK_SHARED) return SQLITE_OK;
  }
  if (others(file.reserved)) return SQLITE_BUSY;
  file.reserved = this;
  if (wanted == SQLITE_LOCK_RESERVED) {
    level = SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
  }
  file.pending = this;  // keeps new readers out
  level = SQLITE_LOCK_PENDING;
  if (file.shared > 1) return SQLITE_BUSY;
  level = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

void SimHandle::unlock(int wanted) {
  if (level <= wanted) return;
  if (inode->reserved == this) inode->reserved = nullptr;
  if (inode->pending == this) inode->pending = nullptr;
  if (wanted == SQLITE_LOCK_NONE) --inode->shared;
  level = wanted;
}

int SimHandle::shm_map(int region, int bytes, bool extend, void volatile** memory) {
  SimShm& shm = inode->shm;
  if (!has_shm) {
    has_shm = true;
    ++shm.users;
  }
  *memory = nullptr;
  const auto at = static_cast<std::size_t>(region);
  if (at >= shm.regions.size() && !extend) return SQLITE_OK;
  while (at >= shm.regions.size()) {
    shm.regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(bytes)));
  }
  *memory = shm.regions[at].get();
  return SQLITE_OK;
}

int SimHandle::shm_lock(int first, int count, int flags) {
  auto& locks = inode->shm.locks;
  const unsigned mask = ((1U << count) - 1) << first;
  const auto each = [&](auto change) {
    for (int i = first; i < first + count; ++i) change(locks[static_cast<std::size_t>(i)], 1U << i);
  };
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    each([this](int& lock, unsigned bit) {
      if ((shm_exclusive & bit) != 0) lock = 0;
      if ((shm_shared & bit) != 0) --lock;
    });
    shm_shared &= ~mask;
    shm_exclusive &= ~mask;
    return SQLITE_OK;
  }
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  unsigned& held = exclusive ? shm_exclusive : shm_shared;
  if ((held & mask) == mask) return SQLITE_OK;
  bool busy = false;
  each([&](int lock, unsigned) { busy |= exclusive ? lock != 0 : lock == SimShm::kExclusive; });
  if (busy) return SQLITE_BUSY;
  each([&](int& lock, unsigned) { lock = exclusive ? SimShm::kExclusive : lock + 1; });
  held |= mask;
  return SQLITE_OK;
}

void SimHandle::shm_unmap() {
  if (!has_shm) return;
  shm_lock(0, SimShm::kLocks, SQLITE_SHM_UNLOCK);
  has_shm = false;
  SimShm& shm = inode->shm;
  if (--shm.users == 0) shm.regions.clear();
}

}  // namespace offsync::test
