// Full-jitter exponential backoff (Marc Brooker, "Exponential Backoff And Jitter", AWS 2015).
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/limits.h"
#include "base/ports.h"

namespace offsync {

class Backoff {
 public:
  explicit Backoff(std::int64_t base_ms = limits::kBackoffBaseMs,
                   std::int64_t cap_ms = limits::kBackoffCapMs)
      : base_ms_(base_ms), cap_ms_(cap_ms) {}

  // The wait before the next try: uniform in [0, min(cap, base * 2^failures)], but never less
  // than `at_least_ms` (a Retry-After). Counts one more failure.
  std::int64_t next(Random& random, std::int64_t at_least_ms = 0) {
    const int shift = std::min(failures_, 20);
    const std::int64_t top = std::min(cap_ms_, base_ms_ << shift);
    ++failures_;
    const auto wait =
        static_cast<std::int64_t>(random.next() % (static_cast<std::uint64_t>(top) + 1));
    return std::max(wait, at_least_ms);
  }

  void reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  std::int64_t base_ms_;
  std::int64_t cap_ms_;
  int failures_ = 0;
};

}  // namespace offsync
