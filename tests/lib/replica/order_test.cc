// P6 in a replica: whatever the order in which events come, by the log, in a snapshot or queued
// here, it shows the same. Stamps are drawn from two or three values, so that most writes meet an
// equal one.
#include <algorithm>
#include <numeric>
#include <random>

#include "lib/replica/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

std::string some_data(std::mt19937_64& random) {
  const auto value = random() % 3;
  switch (random() % 8) {
    case 0:
    case 1:
      return fmt::format(R"({{"set":{{"title":{}}}}})", value);
    case 2:
      return R"({"unset":["title"]})";
    case 3:
      return fmt::format(R"({{"inc":{{"count":{}}}}})", value);
    case 4:
      return fmt::format(R"({{"add":{{"tags":[{}]}}}})", value);
    case 5:
      return fmt::format(R"({{"remove":{{"tags":[{}]}}}})", value);
    case 6:
      return fmt::format(R"({{"create":true,"set":{{"title":{}}}}})", value);
    default:
      return R"({"delete":true})";
  }
}

// Events of one entity; ids in no order, some of them of two sources.
std::vector<std::string> some_events(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  const std::uint64_t stamps = 2 + seed % 2;
  std::vector<std::string> events;
  for (std::size_t i = 0; i < count; ++i) {
    const auto stamp = random() % stamps;
    events.push_back(fmt::format(
        R"({{"specversion":"1.0","id":"{}","source":"/s/{}","type":"t","subject":"todo/1",)"
        R"("stamp":"{}","data":{}}})",
        (i * 7 + seed) % count / 2, i % 2,
        Stamp::make(1'700'000'000'000 + static_cast<std::int64_t>(stamp / 2), 0, 1 + stamp % 2)
            .text(),
        some_data(random)));
  }
  return events;
}

// What a replica shows that got the first `base` of them in a snapshot, those up to `log` from the
// log, and has the rest in its queue.
std::string shown_by(const std::vector<std::string>& events, std::size_t base, std::size_t log) {
  Fixture f;
  for (std::size_t i = 0; i < base; ++i) f.log.append(events[i]);
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(f.log.snapshot()));
  must(f.replica.install_snapshot());
  for (std::size_t i = base; i < log; ++i) f.log.append(events[i]);
  f.pull();
  CHECK(states(f.replica, Replica::View::confirmed) == folded(f.replica));
  auto batch = must(f.replica.begin_batch());
  for (std::size_t i = log; i < events.size(); ++i) must(batch.add_line(events[i]));
  must(batch.commit());
  const auto all = states(f.replica, Replica::View::visible);
  return all.empty() ? "" : all.at("todo/1");
}

}  // namespace

TEST_CASE("a replica shows the same for all orders of events with equal stamps") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    auto events = some_events(seed, 4);
    std::sort(events.begin(), events.end());
    const std::string expected = shown_by(events, 0, events.size());
    std::size_t turn = 0;
    do {
      // Every split of some order is tried, and every order with some split.
      const std::size_t base = turn % 5, log = base + turn / 5 % (5 - base);
      ++turn;
      INFO(seed << ": " << base << ", " << log << " of "
                << fmt::format("{}", fmt::join(events, "\n")));
      CHECK(shown_by(events, base, log) == expected);
    } while (std::next_permutation(events.begin(), events.end()));
    CHECK(turn == 24);
  }
}
