#include "event/hybrid_clock.h"

#include <algorithm>

namespace offsync {
namespace {

std::uint64_t at_ms(std::int64_t ms) {
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(ms, 0, limits::kMaxMs)) << 16;
}

}  // namespace

Stamp HybridClock::tick(std::int64_t wall_ms, std::uint64_t floor) {
  // ms and counter are one number, so that + 1 carries an overflowing counter into the ms.
  last_ = std::max(at_ms(wall_ms), std::max(last_, floor) + 1);
  return {last_, node_};
}

void HybridClock::observe(const Stamp& seen, std::int64_t wall_ms, std::int64_t guard_ms) {
  const std::uint64_t bound = at_ms(wall_ms + guard_ms) | 0xffff;
  last_ = std::max(last_, std::min(seen.time, bound));
}

}  // namespace offsync
