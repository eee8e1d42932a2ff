// The ports through which logic reaches the world. Nothing in lib/ reads a clock, draws a random
// number, sleeps or opens a socket in any other way, so the same code runs under simulation.
// Implementations need not be thread-safe unless they say so.
#pragma once

#include <cstddef>
#include <cstdint>

namespace offsync {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01 UTC; may jump in both directions.
  virtual std::int64_t wall_ms() = 0;
  // Milliseconds since some start; never goes back. For timeouts and backoff.
  virtual std::int64_t steady_ms() = 0;
  // By which one sees that the wall clock was set: milliseconds since the machine was started, with
  // those in which it slept, and a number that is another one after each start (0: unknown).
  struct Uptime {
    std::uint64_t boot = 0;
    std::int64_t ms = 0;
  };
  virtual Uptime uptime() = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;  // 64 uniform bits
};

// The real ones. Both are thread-safe; SystemRandom reads the kernel's generator.
class SystemClock final : public Clock {
 public:
  std::int64_t wall_ms() override;
  std::int64_t steady_ms() override;
  Uptime uptime() override;
};

class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

}  // namespace offsync
