// What the proxy says that the time is: believed as far as stamps stay within the guard.
#include "replica_fixture.h"
#include "sync_fixture.h"
#include "wire/answer_limits.h"

namespace offsync::test {
namespace {

constexpr std::int64_t kYear = 365LL * 24 * 3600 * 1000;

std::int64_t stamp_ahead(Fixture& f) {
  const Emitted emitted = f.set("todo/1", "n", "1");
  return seen(emitted.line).stamp.ms() - f.clock.wall_ms();
}

// What `time` in that answer makes of the offset.
std::int64_t offset_after(const std::string& on, Answer answer, std::int64_t ahead_ms) {
  OneClient w;
  w.proxy.append("stock/1", R"({"inc":{"sold":1}})");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  answer.headers.emplace_back("offsync-time", std::to_string(w.clock.wall_ms() + ahead_ms));
  Fault fault{on, Fault::Kind::answer};
  fault.answer = std::move(answer);
  w.a.transport.on(fault);
  SyncOptions options;
  options.push = false;
  (void)w.a.sync(options);
  return w.a.info().clock_offset_ms;
}

Answer good_page() {
  return {200, {{"offsync-epoch", "e1"}, {"offsync-head", "1"}, {"offsync-cursor", "e1-1"}}, ""};
}

}  // namespace

TEST_CASE("offset: a clock ahead is believed up to the guard, one behind wholly") {
  Fixture f;
  must(f.replica.note_clock_offset(5'000));
  CHECK(must(f.replica.info()).clock_offset_ms == 5'000);
  must(f.replica.note_clock_offset(100 * kYear));
  CHECK(must(f.replica.info()).clock_offset_ms == limits::kClockGuardMs);
  for (int i = 0; i < 5; ++i) {
    must(f.replica.note_clock_offset(100 * kYear));
    CHECK(stamp_ahead(f) <= limits::kClockGuardMs + 1);
  }
  must(f.replica.note_clock_offset(-10 * kYear));
  CHECK(must(f.replica.info()).clock_offset_ms == -10 * kYear);
}

TEST_CASE("offset: what the log confirms is believed") {
  Fixture f;
  f.set("todo/1", "n", "1");
  f.push();
  f.pull();  // recorded at the time of the fixture's log
  const std::int64_t recorded = 1'700'000'000'000;
  f.clock.set_wall(recorded - kYear);
  must(f.replica.note_clock_offset(kYear));
  CHECK(must(f.replica.info()).clock_offset_ms == kYear);
  CHECK(std::abs(stamp_ahead(f) - kYear) <= limits::kClockGuardMs);
  // Once believed it stays so, but grows no further.
  must(f.replica.note_clock_offset(3 * kYear));
  CHECK(must(f.replica.info()).clock_offset_ms <= kYear + limits::kClockGuardMs);
}

TEST_CASE("offset: only the proxy's own answers tell the time") {
  constexpr std::int64_t kAhead = 20'000;
  CHECK(std::abs(offset_after("page", good_page(), kAhead) - kAhead) < 500);
  Answer refused = good_page();
  refused.status = 500;
  CHECK(offset_after("page", refused, kAhead) == 0);
  refused.status = 404;
  CHECK(offset_after("page", refused, kAhead) == 0);
  Answer no_log = good_page();
  no_log.headers.erase(no_log.headers.begin());
  CHECK(offset_after("page", no_log, kAhead) == 0);
  Answer broken = good_page();
  broken.body = "nonsense\n";
  CHECK(offset_after("page", broken, kAhead) == 0);
  CHECK(offset_after("page", good_page(), limits::kLastProxyMs) == 0);
  CHECK(offset_after("page", good_page(), -1'600'000'000'000) == 0);
  CHECK(offset_after("page", good_page(), 5 * kYear) == limits::kClockGuardMs);
}

TEST_CASE("offset: a machine whose clock is a year slow learns it with its first events") {
  OneClient w;
  w.proxy.clock_ahead_ms = kYear;
  w.a.emit("todo/1", "n", "1");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(std::abs(w.a.info().clock_offset_ms - kYear) < 1000);
}

}  // namespace offsync::test
