// Chance, drawn from a seed. Every purpose has its own stream, so that switching one kind of fault
// off leaves the rest of a run as it was.
#pragma once

#include <cstdint>
#include <string_view>

#include "support/ports.h"

namespace offsync::sim {

class Dice {
 public:
  Dice(std::uint64_t seed, std::string_view purpose) : random_(mix(seed, purpose)) {}

  std::uint64_t bits() { return random_.next(); }
  std::int64_t below(std::int64_t n) {
    return n <= 0 ? 0 : static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(n));
  }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool chance(std::int64_t permille) { return below(1000) < permille; }
  // Small numbers are likelier: half of the draws are below a quarter of `n`.
  std::int64_t small(std::int64_t n) { return below(below(n) + 1); }
  template <class Container>
  const typename Container::value_type& pick(const Container& from) {
    return from[static_cast<std::size_t>(below(static_cast<std::int64_t>(from.size())))];
  }

 private:
  static std::uint64_t mix(std::uint64_t seed, std::string_view purpose) {
    std::uint64_t hash = seed ^ 0xcbf29ce484222325;
    for (const char c : purpose) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return hash;
  }
  test::SeededRandom random_;
};

}  // namespace offsync::sim
