// The hybrid logical clock of one node. Passive: the caller gives the time and keeps `state()`
// in the transaction that uses a stamp.
#pragma once

#include <cstdint>

#include "base/limits.h"
#include "event/stamp.h"

namespace offsync {

class HybridClock {
 public:
  // `last` is the greatest stamp time (ms << 16 | counter) that this node used or saw.
  HybridClock(std::uint64_t node, std::uint64_t last) : node_(node), last_(last) {}

  // A new stamp, greater than all before it, than all that was observed, and than `floor` (the
  // stamps that the author of the write has seen). A counter that overflows advances the ms.
  // Precondition: the clock is before the year 10889.
  Stamp tick(std::int64_t wall_ms, std::uint64_t floor = 0);

  // Takes note of another node's stamp, but moves at most `guard_ms` beyond the wall clock.
  void observe(const Stamp& seen, std::int64_t wall_ms,
               std::int64_t guard_ms = limits::kClockGuardMs);

  std::uint64_t node() const { return node_; }
  std::uint64_t last() const { return last_; }

 private:
  std::uint64_t node_;
  std::uint64_t last_;
};

}  // namespace offsync
