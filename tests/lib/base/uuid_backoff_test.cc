#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "base/backoff.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "support/catch.h"
#include "support/ports.h"

namespace offsync::test {
namespace {

// Always the same.
class Stuck final : public Random {
 public:
  explicit Stuck(std::uint64_t value) : value_(value) {}
  std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

TEST_CASE("uuid: version, variant and time are in their places") {
  Stuck zeros(0);
  Stuck ones(~0ULL);
  CHECK(uuid_v7(0x0123456789ab, zeros) == "01234567-89ab-7000-8000-000000000000");
  CHECK(uuid_v7(0x0123456789ab, ones) == "01234567-89ab-7fff-bfff-ffffffffffff");
  CHECK(uuid_v8(0, 0) == "00000000-0000-8000-8000-000000000000");
  CHECK(uuid_v8(~0ULL, ~0ULL) == "ffffffff-ffff-8fff-bfff-ffffffffffff");
  CHECK(uuid_v8(0x0123456789abcdef, 0x0123456789abcdef) == "01234567-89ab-8def-8123-456789abcdef");
}

TEST_CASE("uuid: version 7 sorts by time, and no two are the same") {
  SeededRandom random(1);
  std::set<std::string> seen;
  std::string last;
  for (std::int64_t ms = 1'700'000'000'000; ms < 1'700'000'001'000; ++ms) {
    std::string greatest;
    for (int i = 0; i < 20; ++i) {
      const std::string id = uuid_v7(ms, random);
      CHECK(id > last);
      CHECK(seen.insert(id).second);
      greatest = std::max(greatest, id);
    }
    last = greatest;
  }
}

TEST_CASE("backoff: a wait is anything up to a bound that doubles, then stays") {
  for (std::int64_t bound = limits::kBackoffBaseMs, n = 0; n < 100; ++n) {
    Backoff backoff;
    Backoff other;
    SeededRandom any(static_cast<std::uint64_t>(n));
    for (int i = 0; i < n; ++i) {
      backoff.next(any);
      other.next(any);
    }
    CHECK(backoff.failures() == n);
    Stuck least(0);
    Stuck greatest(static_cast<std::uint64_t>(bound));
    CHECK(backoff.next(least) == 0);
    CHECK(other.next(greatest) == bound);
    bound = std::min(2 * bound, limits::kBackoffCapMs);
  }
}

TEST_CASE("backoff: the whole range is used, so that clients do not come back together") {
  Backoff backoff(1000, 1000);
  SeededRandom random(7);
  int low = 0;
  int high = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::int64_t wait = backoff.next(random);
    REQUIRE(wait >= 0);
    REQUIRE(wait <= 1000);
    low += wait < 250 ? 1 : 0;
    high += wait > 750 ? 1 : 0;
  }
  CHECK(low > 800);
  CHECK(high > 800);
}

TEST_CASE("backoff: never earlier than was asked for, and short again after a success") {
  Backoff backoff(100, 30'000);
  SeededRandom random(3);
  for (int i = 0; i < 50; ++i) CHECK(backoff.next(random, 60'000) == 60'000);
  backoff.reset();
  CHECK(backoff.failures() == 0);
  CHECK(backoff.next(random) <= 100);
}

TEST_CASE("backoff: any number of failures overflows nothing") {
  Backoff backoff(30'000, 86'400'000);
  SeededRandom random(4);
  for (int i = 0; i < 100'000; ++i) {
    const std::int64_t wait = backoff.next(random);
    REQUIRE(wait >= 0);
    REQUIRE(wait <= 86'400'000);
  }
}

}  // namespace
}  // namespace offsync::test
