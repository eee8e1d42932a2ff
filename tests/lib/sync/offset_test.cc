// What the proxy says that the time is: believed as far as stamps stay within the guard.
#include "lib/replica/fixture.h"
#include "lib/sync/fixture.h"
#include "sqlite/db.h"
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

namespace {

constexpr std::int64_t kHour = 3'600'000;

// A client whose clock is `behind_ms` behind the proxy's, and which has learnt that.
struct Learnt : OneClient {
  explicit Learnt(std::int64_t behind_ms) {
    proxy.clock_ahead_ms = behind_ms;
    for (int i = 0; i < 2; ++i) {  // the second comes as an event, and confirms the time
      proxy.append("stock/1", R"({"inc":{"sold":1}})");
      REQUIRE_FALSE(a.sync().error.has_value());
    }
    CHECK(std::abs(ahead_of_proxy()) <= limits::kClockGuardMs);
  }
  // Somebody sets our clock; the proxy's goes on.
  void set_by(std::int64_t ms) {
    clock.set_wall(clock.wall_ms() + ms);
    proxy.clock_ahead_ms -= ms;
  }
  std::int64_t ahead_of_proxy() {
    const Emitted emitted = a.emit("todo/1", "n", std::to_string(++made_));
    return seen(emitted.line).stamp.ms() - (clock.wall_ms() + proxy.clock_ahead_ms);
  }

 private:
  int made_ = 0;
};

}  // namespace

TEST_CASE("offset: what a wrong clock has learnt is not added to one that is right again") {
  Learnt w(kHour);
  w.set_by(kHour);
  CHECK(w.ahead_of_proxy() <= limits::kClockGuardMs);
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(std::abs(w.a.info().clock_offset_ms) <= 1000);
  CHECK(w.a.info().clock_offset_holds);
}

TEST_CASE("offset: a clock that is set wrong after it was measured moves no stamp") {
  for (const std::int64_t behind : {std::int64_t{0}, kHour, -kHour}) {
    for (const std::int64_t by : {kHour, -kHour, 30 * kHour, -2 * kHour}) {
      INFO("behind " << behind << ", set by " << by);
      Learnt w(behind);
      w.clock.advance(kHour);
      w.set_by(by);
      CHECK(w.ahead_of_proxy() <= limits::kClockGuardMs);
      CHECK_FALSE(w.a.info().clock_offset_holds);
      CHECK(w.a.info().clock_offset_ms <= 0);
      REQUIRE_FALSE(w.a.sync().error.has_value());
      CHECK(w.a.info().clock_offset_holds);
    }
  }
}

TEST_CASE("offset: over a restart only what makes stamps earlier is believed") {
  Learnt behind(kHour);
  behind.clock.restart();
  CHECK(behind.a.info().clock_offset_ms == 0);
  behind.set_by(kHour);
  CHECK(behind.ahead_of_proxy() <= limits::kClockGuardMs);
  Learnt ahead(-kHour);
  ahead.clock.advance(60'000);
  ahead.clock.restart();
  CHECK(std::abs(ahead.ahead_of_proxy()) <= limits::kClockGuardMs);
  CHECK_FALSE(ahead.a.info().clock_offset_holds);
  REQUIRE_FALSE(ahead.a.sync().error.has_value());
  CHECK(ahead.a.info().clock_offset_holds);
}

TEST_CASE("offset: time that passes, and a clock that is corrected a little, change nothing") {
  Learnt w(20'000);
  w.clock.advance(1000 * kHour);
  CHECK(w.a.info().clock_offset_holds);
  w.set_by(900);
  CHECK(w.a.info().clock_offset_holds);
  CHECK(std::abs(w.a.info().clock_offset_ms - 20'000) <= 500);
}

TEST_CASE("offset: one that was kept by a former version makes no stamp later") {
  Fixture f;
  must(f.replica.note_clock_offset(30'000));
  must(must(sqlite::Db::open(f.file(), {}))
           .exec("UPDATE replica SET clock_boot = 0, clock_started = 0"));
  CHECK(must(f.replica.info()).clock_offset_ms == 0);
  CHECK(stamp_ahead(f) <= 1);
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
