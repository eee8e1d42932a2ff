// A file of a SimDisk: what is seen of it, what of that is on the disk, and the locks on it.
// Internal to sim_disk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/sim_content.h"
#include "support/sim_disk.h"

namespace offsync::test {

struct SimRandom {
  std::uint64_t state = 0;
  std::uint64_t next() { return sim_mix(state += 0x9e3779b97f4a7c15); }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(std::uint64_t of) { return below(of) == 0; }  // one in `of`
};

// What a power failure does to the unsynced operations of a file.
enum class SimFate { kept, dropped, prefix, subset };

// The part of a file that a saved image holds.
class SimStore {
 public:
  const SimContent& seen() const { return seen_; }
  void write(const char* from, std::size_t count, std::uint64_t at);
  void truncate(std::uint64_t size);
  void sync();
  // A sync that failed: some of it is on the disk, the rest will never be.
  void fail_sync(SimRandom& random);
  // What is seen from here on is what the disk kept.
  void lose_power(SimFate fate, SimRandom& random, SimDisk::Counters& counters);

 private:
  struct Operation {
    std::uint64_t at = 0;  // truncate: the new size
    std::size_t count = 0;
    std::shared_ptr<const char[]> bytes;  // none: truncate
    bool truncate() const { return bytes == nullptr; }
  };
  struct Outcome {
    bool kept = true, torn = false;
  };
  static Outcome draw(SimFate fate, std::size_t number, std::size_t first_lost,
                      std::uint64_t one_in, SimRandom& random);
  static void put(SimContent& disk, const Operation& operation, bool torn, SimRandom& random);
  static void grow(SimContent& disk, std::uint64_t size, bool garbage, SimRandom& random);
  void forget();

  SimContent seen_, synced_;
  std::vector<Operation> operations_;  // since the last sync
  std::optional<std::uint64_t> cut_;   // the lowest truncation among them
};

// The shared memory of a WAL's index, and its locks.
struct SimShm {
  static constexpr std::size_t kLocks = 8;
  static constexpr int kExclusive = -1;
  std::vector<std::unique_ptr<char[]>> regions;
  std::array<int, kLocks> locks{};  // how many share it
  int users = 0;
};

struct SimInode {
  SimStore store;
  // Runtime only.
  int shared = 0;  // SHARED locks or more
  const void* reserved = nullptr;
  const void* pending = nullptr;  // PENDING or EXCLUSIVE
  SimShm shm;
};

}  // namespace offsync::test
