// SyncEngine: whoever is sent back to a snapshot again and again asks ever more rarely.
#include <algorithm>

#include "base/limits.h"
#include "lib/sync/fixture.h"
#include "wire/problem.h"
#include "wire/sse.h"

namespace offsync::test {
namespace {

constexpr const char* kCount = R"({"inc":{"sold":1}})";
// Within a minute. Waits with full jitter give about 20; without them there are thousands.
constexpr std::size_t kMost = 60;
constexpr int kForEver = 5000;

struct World : OneClient {
  World() {
    proxy.append("stock/1", kCount);
    REQUIRE_FALSE(a.sync().error.has_value());
    proxy.append("stock/1", kCount);
  }
  void watch() {
    a.watch();
    a.transport.seen.clear();
  }
  std::size_t asked(const std::string& kind) const {
    const auto& seen = a.transport.seen;
    return static_cast<std::size_t>(std::count_if(
        seen.begin(), seen.end(), [&](const auto& one) { return one.starts_with(kind); }));
  }
  void expect_growing_waits() {
    a.run_for(60'000);
    CHECK(asked("state") + asked("stream") < kMost);
    CHECK(asked("state") > 1);
    REQUIRE_FALSE(a.watcher.waits.empty());
    CHECK(*std::max_element(a.watcher.waits.begin(), a.watcher.waits.end()) > 2000);
    CHECK_FALSE(a.done());
  }

  Fault stream(bool event, bool reset) {
    Fault fault{"stream", Fault::Kind::answer};
    fault.answer.headers = {{"offsync-epoch", "e1"}, {"content-type", "text/event-stream"}};
    std::string& body = fault.answer.body;
    append_sse(body, "", "hello", encode_hello({"e1", 2}));
    if (event) append_sse(body, "e1-2", "", proxy.lines()[1]);
    if (reset) {
      append_sse(body, "", "reset", encode_problem({410, "cursor_expired", "Gone", ""}));
    }
    return fault;
  }
  // The state of a log that is behind what its stream has.
  void snapshots_go_back() {
    Fault back{"state", Fault::Kind::rewrite};
    back.rewrite = [](const std::string&) {
      return std::string(R"({"cursor":"e1-1","entities":0,"conflicts":0})") + "\n";
    };
    for (int i = 0; i < kForEver; ++i) a.transport.on(back);
  }
};

TEST_CASE("anew: a stream that is always reset", "[sync][anew]") {
  World w;
  for (int i = 0; i < kForEver; ++i) w.a.transport.on(w.stream(false, true));
  w.watch();
  w.expect_growing_waits();
}

TEST_CASE("anew: a stream that is always refused", "[sync][anew]") {
  World w;
  Fault gone{"stream", Fault::Kind::answer};
  gone.answer.status = 410;
  gone.answer.headers = {{"offsync-epoch", "e1"}};
  for (int i = 0; i < kForEver; ++i) w.a.transport.on(gone);
  w.watch();
  w.expect_growing_waits();
}

TEST_CASE("anew: snapshots that go back behind what the stream has brought", "[sync][anew]") {
  for (const bool reset : {true, false}) {
    World w;
    w.snapshots_go_back();
    for (int i = 0; i < kForEver; ++i) {
      w.a.transport.on(w.stream(true, reset));
      w.a.transport.on(w.stream(false, true));
    }
    w.watch();
    w.expect_growing_waits();
  }
}

TEST_CASE("anew: an epoch that changes each time", "[sync][anew]") {
  World w;
  int epoch = 1;
  w.watch();
  w.a.transport.meanwhile = [&] { w.proxy.begin_anew("e" + std::to_string(++epoch), 1); };
  w.expect_growing_waits();
  w.a.transport.meanwhile = {};
  w.a.run([&] { return w.a.info().cursor == Cursor{w.proxy.epoch(), w.proxy.head()}; });
}

TEST_CASE("anew: a sync does not go round for ever", "[sync][anew]") {
  World w;
  w.snapshots_go_back();
  Fault gone{"page", Fault::Kind::answer};
  gone.answer.status = 410;
  gone.answer.headers = {{"offsync-epoch", "e1"}};
  Fault good{"page", Fault::Kind::answer};
  good.answer.headers = {
      {"offsync-epoch", "e1"}, {"offsync-head", "9"}, {"offsync-cursor", "e1-2"}};
  good.answer.body = w.proxy.lines()[1] + "\n";
  for (int i = 0; i < kForEver; ++i) {
    w.a.transport.on(good);
    w.a.transport.on(gone);
  }
  w.a.transport.seen.clear();
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::protocol);
  CHECK(w.a.transport.seen.size() < 20);
}

TEST_CASE("anew: a push that is refused leaves the pull its wait", "[sync][anew]") {
  World w;
  for (int i = 0; i < kForEver; ++i) w.a.transport.on(w.stream(false, true));
  Fault gone{"push", Fault::Kind::answer};
  gone.answer.status = 410;
  gone.answer.headers = {{"offsync-epoch", "e1"}};
  for (int i = 0; i < kForEver; ++i) w.a.transport.on(gone);
  w.a.emit("todo/1", "n", "1");
  w.watch();
  w.expect_growing_waits();
  CHECK(w.asked("push") < kMost);
}

TEST_CASE("anew: who has gone on since is at once there again", "[sync][anew]") {
  World w;
  w.watch();
  for (int epoch = 2; epoch < 12; ++epoch) {
    w.proxy.append("stock/1", kCount);
    w.a.run([&] { return w.a.info().cursor == Cursor{w.proxy.epoch(), w.proxy.head()}; });
    w.proxy.begin_anew("e" + std::to_string(epoch), w.proxy.head());
    w.a.transport.cut_streams();
    const std::int64_t begun = w.clock.steady_ms();
    w.a.run([&] { return w.a.info().epoch == w.proxy.epoch(); });
    CHECK(w.clock.steady_ms() - begun <= 4000);
  }
}

}  // namespace
}  // namespace offsync::test
