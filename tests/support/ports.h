// Ports for tests: a clock that stands still until it is moved, and a seeded generator.
#pragma once

#include <cstdint>

#include "base/ports.h"

namespace offsync::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_ms = 1'700'000'000'000) : wall_(wall_ms) {}
  std::int64_t wall_ms() override { return wall_; }
  std::int64_t steady_ms() override { return steady_; }
  Uptime uptime() override { return {boot_, steady_ - started_}; }
  // Time passes.
  void advance(std::int64_t ms) {
    wall_ += ms;
    steady_ += ms;
  }
  // Somebody sets the clock.
  void set_wall(std::int64_t ms) { wall_ = ms; }
  // The machine is started again.
  void restart() {
    ++boot_;
    started_ = steady_;
  }

 private:
  std::int64_t wall_;
  std::int64_t steady_ = 0;
  std::uint64_t boot_ = 1;
  std::int64_t started_ = 0;
};

// SplitMix64 (Steele, Lea, Flood 2014).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace offsync::test
