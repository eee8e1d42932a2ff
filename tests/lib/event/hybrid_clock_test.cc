#include "event/hybrid_clock.h"

#include <rapidcheck.h>

#include <algorithm>
#include <string>

#include "support/catch.h"

using namespace offsync;

namespace {

constexpr std::uint64_t kNode = 7;
constexpr std::int64_t kNow = 1'700'000'000'000;

std::uint64_t at(std::int64_t ms, std::uint16_t counter = 0) {
  return Stamp::make(ms, counter, 0).time;
}

// How the wall clock goes between two events.
struct Walk {
  const char* name;
  std::int64_t steps[4];
};
constexpr Walk kWalks[] = {
    {"monotonic", {1, 5, 1, 20}},
    {"stuttering", {0, 0, 0, 0}},
    {"regressing", {-1, -500, -3'600'000, 2}},
};

}  // namespace

// The grid of Actual's clock tests: how the wall clock goes x where the greatest time comes from.
TEST_CASE("the clock grid: wall clock x origin of the greatest time") {
  for (const Walk& walk : kWalks) {
    SECTION(std::string(walk.name) + ", local only") {
      HybridClock clock(kNode, 0);
      std::int64_t wall = kNow;
      Stamp last = clock.tick(wall);
      CHECK(last == Stamp::make(kNow, 0, kNode));
      for (const std::int64_t step : walk.steps) {
        wall += step;
        const Stamp next = clock.tick(wall);
        CHECK(next > last);
        CHECK(next.ms() >= wall);
        last = next;
      }
    }
    SECTION(std::string(walk.name) + ", with stamps of others ahead of the wall clock") {
      HybridClock clock(kNode, 0);
      std::int64_t wall = kNow;
      Stamp last = clock.tick(wall);
      for (const std::int64_t step : walk.steps) {
        wall += step;
        const Stamp seen = Stamp::make(wall + 1000, 3, 99);
        clock.observe(seen, wall);
        const Stamp next = clock.tick(wall);
        CHECK(next > last);
        CHECK(next.time > seen.time);
        last = next;
      }
    }
    SECTION(std::string(walk.name) + ", with stamps of others behind the wall clock") {
      HybridClock clock(kNode, 0);
      std::int64_t wall = kNow;
      Stamp last = clock.tick(wall);
      for (const std::int64_t step : walk.steps) {
        wall += step;
        const std::uint64_t before = clock.last();
        clock.observe(Stamp::make(kNow - 10'000'000, 9, 99), wall);
        CHECK(clock.last() == before);
        const Stamp next = clock.tick(wall);
        CHECK(next > last);
        last = next;
      }
    }
  }
}

// And the other way to read it: of two nodes that write to each other by turns, the local one's
// clock, the remote one's, or both go so; the other one runs on.
TEST_CASE("the clock grid: how a clock goes x whose clock it is") {
  constexpr std::int64_t kRunning[] = {1, 5, 1, 20};
  for (const Walk& walk : kWalks) {
    for (const std::string whose : {"local", "remote", "global"}) {
      SECTION(std::string(walk.name) + ", " + whose) {
        HybridClock local(kNode, 0);
        HybridClock remote(kNode + 1, 0);
        std::int64_t local_wall = kNow;
        std::int64_t remote_wall = kNow;
        Stamp last = local.tick(local_wall);
        for (int round = 0; round < 40; ++round) {
          const std::int64_t step = walk.steps[round % 4];
          const std::int64_t running = kRunning[round % 4];
          local_wall += whose == "remote" ? running : step;
          remote_wall += whose == "local" ? running : step;
          for (HybridClock* clock : {&remote, &local}) {
            const std::int64_t wall = clock == &local ? local_wall : remote_wall;
            clock->observe(last, wall);
            // What was seen within the guard is behind what is written; no write is ever behind
            // the wall clock, nor further ahead of it than the greatest clock that was met.
            const std::uint64_t before = clock->last();
            const Stamp next = clock->tick(wall);
            CHECK(next.time > before);
            CHECK(next.ms() >= wall);
            CHECK(next.ms() <= std::max({kNow + 300, local_wall, remote_wall}));
            if (last.ms() <= wall + limits::kClockGuardMs) CHECK(next > last);
            last = next;
          }
        }
        // The counter takes up what the wall clocks do not give: standing clocks use it alone.
        if (std::string(walk.name) == "stuttering" && whose == "global") {
          CHECK(last == Stamp::make(kNow, 80, kNode));
        }
      }
    }
  }
}

TEST_CASE("a counter that overflows advances the millisecond") {
  HybridClock clock(kNode, at(kNow, 0xffff));
  CHECK(clock.tick(kNow) == Stamp::make(kNow + 1, 0, kNode));
}

TEST_CASE("a stamp is later than what its author had seen, however far that was ahead") {
  HybridClock clock(kNode, 0);
  const std::uint64_t seen = at(kNow + 3'600'000, 4);
  CHECK(clock.tick(kNow, seen).time == seen + 1);
}

TEST_CASE("no stamp of others moves the clock further than the guard") {
  HybridClock clock(kNode, 0);
  clock.observe(Stamp::make(limits::kMaxMs, 0xffff, 1), kNow);
  CHECK(clock.last() <= at(kNow + limits::kClockGuardMs, 0xffff));
  clock.observe(Stamp::make(kNow + 10, 0, 1), kNow);
  CHECK(clock.tick(kNow).ms() <= kNow + limits::kClockGuardMs + 1);
}

TEST_CASE("the clock never goes back, and goes on from where it was kept") {
  CHECK(rc::check([](std::vector<std::int32_t> steps) {
    HybridClock clock(kNode, 0);
    Stamp last = clock.tick(kNow);
    std::int64_t wall = kNow;
    for (const std::int32_t step : steps) {
      wall += step;
      if (step % 3 == 0)
        clock.observe(Stamp::make(std::max<std::int64_t>(wall, 0) + step % 100'000, 1, 5), wall);
      if (step % 5 == 0) clock = HybridClock(kNode, clock.last());  // a restart
      const Stamp next = clock.tick(wall);
      RC_ASSERT(next > last);
      last = next;
    }
  }));
}

TEST_CASE("a clock before 1970, or beyond all years, stays within them") {
  HybridClock clock(kNode, 0);
  CHECK(clock.tick(-1'000'000'000).ms() == 0);
  CHECK(clock.tick(INT64_MIN).ms() == 0);
  clock.observe(Stamp::make(5000, 0, 9), -1'000'000'000, 0);
  CHECK(clock.tick(-1'000'000'000).ms() <= 1);
  CHECK(clock.tick(INT64_MAX).ms() == limits::kMaxMs);
}

TEST_CASE("a stamp in the last millisecond of the guard is learned with its counter") {
  HybridClock clock(kNode, 0);
  clock.observe(Stamp::make(kNow + 500, 77, 9), kNow, 500);
  CHECK(clock.tick(kNow) == Stamp::make(kNow + 500, 78, kNode));
  HybridClock other(kNode, 0);
  other.observe(Stamp::make(kNow + 501, 0, 9), kNow, 500);
  CHECK(other.tick(kNow).ms() <= kNow + 501);
}
