#include "sim/world.h"

#include <cstdio>
#include <cstring>

namespace offsync::sim {

void World::at(std::int64_t time, std::function<void()> what) {
  events_.push({std::max(time, now_), order_++, std::move(what)});
}

void World::run_until(std::int64_t time) {
  while (!broken() && !events_.empty() && events_.top().time <= time) {
    // The queue gives out const references only; what is moved from is popped at once.
    Event event = std::move(const_cast<Event&>(events_.top()));
    events_.pop();
    now_ = event.time;
    event.what();
  }
  if (!broken()) now_ = std::max(now_, time);
}

void World::note(const std::string& line) {
  for (const char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash_ = (hash_ ^ static_cast<std::uint64_t>(now_)) * 0x100000001b3;
  if (verbose_) std::fprintf(stderr, "%8lld  %s\n", static_cast<long long>(now_), line.c_str());
}

void World::report(int promise, const std::string& what) {
  violations_.push_back(fmt::format("P{} at {} ms: {}", promise, now_, what));
  if (verbose_) std::fprintf(stderr, "VIOLATION %s\n", violations_.back().c_str());
}

}  // namespace offsync::sim
