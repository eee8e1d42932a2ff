// The real clock and random numbers, and what an Error says.
#include "base/ports.h"

#include <chrono>
#include <set>

#include "base/result.h"
#include "support/catch.h"

using namespace offsync;

TEST_CASE("the system's clock is the system's") {
  SystemClock clock;
  using namespace std::chrono;
  const auto now = [] {
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  };
  const std::int64_t before = now();
  const std::int64_t wall = clock.wall_ms();
  CHECK(wall >= before);
  CHECK(wall <= now());
  const std::int64_t first = clock.steady_ms();
  std::int64_t latest = first;
  for (const auto end = steady_clock::now() + milliseconds(20); steady_clock::now() < end;) {
    const std::int64_t next = clock.steady_ms();
    REQUIRE(next >= latest);
    latest = next;
  }
  latest = clock.steady_ms();  // however long the loop was interrupted
  CHECK(latest - first >= 19);
  CHECK(latest - first < 60'000);
}

TEST_CASE("the system's random numbers do not repeat") {
  SystemRandom random, other;
  std::set<std::uint64_t> drawn;
  std::uint64_t ones = 0, zeros = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t number = random.next();
    drawn.insert(number);
    drawn.insert(other.next());
    ones |= number;
    zeros |= ~number;
  }
  CHECK(drawn.size() == 2000);
  CHECK(ones == UINT64_MAX);
  CHECK(zeros == UINT64_MAX);
}

TEST_CASE("an error's message has its hint, if there is one") {
  CHECK(bad_data("code", "it is bad").message() == "it is bad");
  CHECK(bad_data("code", "it is bad", "mend it").message() == "it is bad; mend it");
}
