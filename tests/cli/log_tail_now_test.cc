// LogTail: what is new from now on.
#include "cli/log_tail_fixture.h"

using namespace offsync;
using namespace offsync::test::tail;

TEST_CASE_METHOD(Fixture, "now: behind the head when the proxy is first reached") {
  log.head = 5;
  log.reachable = false;
  auto tail = this->tail({From::now, {}});
  REQUIRE(tail.begin().ok());
  REQUIRE(run(tail).empty());
  log.reachable = true;
  log.head = 6;
  clock.advance(limits::kBackoffCapMs);
  REQUIRE(run(tail).empty());  // asked, though the replica is empty
  log.head = 8;
  bootstrap(4);
  pull(8);
  REQUIRE(run(tail) == Sequences{7, 8});
}

TEST_CASE("now: of an empty replica whose proxy was away, behind when it began") {
  constexpr std::int64_t kBegun = 1'795'176'000'000;  // by the proxy's clock, which is another
  const auto [old, oldest] = GENERATE(table<std::uint64_t, std::uint64_t>(
      {{0, 1}, {1, 1}, {4, 1}, {5, 3}, {7, 3}, {8, 1}, {1, 3}}));
  Fixture w;
  w.log.head = 8;
  w.log.oldest = oldest;
  w.log.taken = [old = old](auto n) {
    return format_rfc3339(kBegun + (n <= old ? -60'000 : 2'000));
  };
  w.log.reachable = false;
  auto tail = w.tail({From::now, {}});
  REQUIRE(tail.begin().ok());
  REQUIRE(w.run(tail).empty());
  w.clock.advance(limits::kBackoffCapMs);
  w.log.time = std::to_string(kBegun + limits::kBackoffCapMs);
  w.log.reachable = true;
  w.bootstrap(8);
  Sequences expected;
  for (auto n = std::max(old + 1, oldest); n <= 8; ++n) expected.push_back(n);
  CHECK(w.run(tail) == expected);
  CHECK(w.notices.empty());
}

TEST_CASE_METHOD(Fixture, "now: fixed by what the replica has, where the proxy is away") {
  log.head = 7;
  bootstrap(5);
  log.reachable = false;
  auto tail = this->tail({From::now, {}});
  REQUIRE(tail.begin().ok());
  REQUIRE(run(tail).empty());
  REQUIRE(tail.position()->text() == "one-5");
  log.reachable = true;
  log.head = 9;  // 8 and 9 came after the watch began; so may have 6 and 7
  clock.advance(limits::kBackoffCapMs);
  pull(9);
  REQUIRE(run(tail) == Sequences{6, 7, 8, 9});
}

TEST_CASE_METHOD(Fixture, "now: of the proxy's log, where the replica has an older one") {
  log.head = 5;
  bootstrap(5);
  log.epoch = "two";
  log.head = 3;
  auto tail = this->tail({From::now, {}});
  REQUIRE(tail.begin().ok());
  REQUIRE(run(tail).empty());
  bootstrap(3);
  pull(4);
  REQUIRE(run(tail) == Sequences{4});
  REQUIRE(notices.empty());
}
