// The workload: events about 50,000 to-dos, of two fields each, of about 250 bytes. The same seed
// gives the same bytes, everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace offsync::bench {

inline constexpr std::uint32_t kEntities = 50'000;

// SplitMix64 (Steele, Lea, Flood 2014).
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((next() >> 32) * bound >> 32);
  }

 private:
  std::uint64_t state_;
};

// One event as the generator made it. `line` and `note` point into Events::text.
struct Event {
  std::uint32_t entity;
  bool done;
  std::string_view line;  // without its newline
  std::string_view note;  // the JSON text of the field "note"
};

struct Events {
  std::string text;  // NDJSON
  std::vector<Event> list;
  std::uint32_t entities = kEntities;
  std::vector<std::string> order;  // of each event that has a stamp: stamp and id, as text
};

// As an application hands them to `emit --batch`: type, subject, data. Both fields are set.
Events own_events(std::size_t count, std::uint64_t seed);
// Of a log: complete CloudEvents by 50 writers, with id, time and stamp; they arrive up to a minute
// late, so not in the order of their stamps.
Events logged_events(std::size_t count, std::uint64_t seed);

// What `state -o ndjson` must print after them. It knows nothing of our fold: of each entity the
// last event counts (or, where they have stamps, the one of the greatest stamp and id).
std::string expected_state(const Events& events);

std::string subject_of(std::uint32_t entity);

}  // namespace offsync::bench
