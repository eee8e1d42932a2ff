#include "support/sim_inode.h"

#include <algorithm>

namespace offsync::test {
namespace {

constexpr std::uint64_t kSector = 512;

}  // namespace

void SimStore::write(const char* from, std::size_t count, std::uint64_t at) {
  auto bytes = std::make_shared_for_overwrite<char[]>(count);
  std::copy_n(from, count, bytes.get());
  operations_.push_back({at, count, std::move(bytes)});
  seen_.write(from, count, at);
}

void SimStore::truncate(std::uint64_t size) {
  operations_.push_back({size, 0, nullptr});
  cut_ = std::min(cut_.value_or(size), size);
  seen_.resize(size);
}

void SimStore::forget() {
  operations_.clear();
  cut_.reset();
}

// Only the chunks that were touched are looked at, so that a sync costs what was written.
void SimStore::sync() {
  if (operations_.empty()) return;
  if (cut_ && *cut_ < synced_.size()) synced_.resize(*cut_);
  synced_.resize(seen_.size());
  if (cut_ && *cut_ < seen_.size()) synced_.adopt(seen_, *cut_, 1);
  for (const Operation& operation : operations_) {
    if (!operation.truncate()) synced_.adopt(seen_, operation.at, operation.count);
  }
  forget();
}

void SimStore::fail_sync(SimRandom& random) {
  SimContent seen = seen_;
  SimDisk::Counters ignored;
  lose_power(SimFate::subset, random, ignored);
  seen_ = std::move(seen);
}

void SimStore::lose_power(SimFate fate, SimRandom& random, SimDisk::Counters& counters) {
  SimContent disk = synced_;
  const bool garbage = random.chance(4);
  const std::size_t first_lost = random.below(operations_.size() + 1);
  constexpr std::uint64_t kOneIn[] = {2, 2, 4, 10};
  const std::uint64_t one_in = kOneIn[random.below(4)];
  bool lost_before = false;
  bool reordered = false;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    const Operation& operation = operations_[i];
    const Outcome outcome = draw(fate, i, first_lost, one_in, random);
    if (outcome.kept) {
      if (lost_before) reordered = true;
      if (operation.truncate()) {
        disk.resize(operation.at);
        continue;
      }
      if (operation.at > disk.size()) grow(disk, operation.at, garbage, random);
      put(disk, operation, outcome.torn, random);
      if (outcome.torn) ++counters.torn_writes;
      continue;
    }
    lost_before = true;
    if (operation.truncate()) continue;
    ++counters.lost_writes;
    // The file system may have written down the new size, and not what belongs there.
    const std::uint64_t end = operation.at + operation.count;
    if (fate != SimFate::dropped && end > disk.size() && random.chance(4)) {
      grow(disk, end, garbage, random);
    }
  }
  if (reordered) ++counters.reordered;
  forget();
  seen_ = disk;
  synced_ = std::move(disk);
}

SimStore::Outcome SimStore::draw(SimFate fate, std::size_t number, std::size_t first_lost,
                                 std::uint64_t one_in, SimRandom& random) {
  switch (fate) {
    case SimFate::kept:
      return {};
    case SimFate::dropped:
      return {.kept = false};
    case SimFate::prefix:
      if (number == first_lost && random.chance(2)) return {.kept = true, .torn = true};
      return {.kept = number < first_lost};
    case SimFate::subset:
      break;
  }
  if (random.chance(one_in)) return {.kept = false};
  return {.kept = true, .torn = random.chance(one_in)};
}

void SimStore::put(SimContent& disk, const Operation& operation, bool torn, SimRandom& random) {
  const char* from = operation.bytes.get();
  if (!torn) {
    disk.write(from, operation.count, operation.at);
    return;
  }
  for (std::size_t done = 0; done < operation.count;) {
    const std::uint64_t at = operation.at + done;
    const std::size_t part = std::min<std::size_t>(operation.count - done, kSector - at % kSector);
    if (random.chance(2)) {
      if (at > disk.size()) grow(disk, at, false, random);
      disk.write(from + done, part, at);
    }
    done += part;
  }
}

void SimStore::grow(SimContent& disk, std::uint64_t size, bool garbage, SimRandom& random) {
  std::uint64_t at = disk.size();
  disk.resize(size);
  if (!garbage) return;
  for (; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t noise = random.next();
    const auto count = std::min<std::uint64_t>(sizeof noise, size - at);
    disk.write(reinterpret_cast<const char*>(&noise), static_cast<std::size_t>(count), at);
  }
}

}  // namespace offsync::test
