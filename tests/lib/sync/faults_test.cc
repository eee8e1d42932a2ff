// SQL that fails anywhere within a sync: it ends with an error or goes on, and the next one has
// everybody agree. Nothing is lost, nothing counts twice.
#include "lib/sync/fixture.h"
#include "support/failing_sql.h"

namespace offsync::test {
namespace {

constexpr const char* kCount = R"({"inc":{"sold":1}})";

// FailingSql comes before the connections that are to fail.
struct World : FailingSql, OneClient {};

using Act = std::function<void(World&)>;

// What must hold once SQL works again.
void check_whole(World& w, const std::string& queue) {
  const SyncReport report = w.a.sync();
  INFO((report.error ? report.error->code + ": " + report.error->detail : std::string()));
  REQUIRE_FALSE(report.error.has_value());
  REQUIRE(w.a.confirmed() == w.proxy.state());
  REQUIRE(w.a.queue() == queue);
  REQUIRE(w.a.info().cursor == Cursor{w.proxy.epoch(), w.proxy.head()});
}

// Has the 1st, 2nd, … request fail while `act` goes on, until none is left to fail.
void sweep(const Act& prepare, const Act& act, const std::string& queue = kNothingQueued) {
  std::uint64_t n = 1;
  for (bool failed = true; failed; ++n) {
    INFO("request " << n);
    World w;
    prepare(w);
    FailingSql::fail_at(n);
    act(w);
    failed = FailingSql::failed();
    FailingSql::fail_at(0);
    w.a.stop();
    check_whole(w, queue);
  }
  CHECK(n > 20);  // the sweep has swept something
}

void sync_once(World& w) {
  const SyncReport report = w.a.sync();
  if (!FailingSql::failed()) REQUIRE_FALSE(report.error.has_value());
  if (report.error) REQUIRE_FALSE(report.error->detail.empty());
}

void two_events(World& w) {
  w.proxy.append("stock/1", kCount);
  w.proxy.append("stock/1", kCount);
}

}  // namespace

TEST_CASE("sync: SQL fails anywhere in the first pull", "[sync][faults]") {
  sweep(two_events, sync_once);
}

TEST_CASE("sync: SQL fails anywhere in a push and a page", "[sync][faults]") {
  const Act prepare = [](World& w) {
    two_events(w);
    REQUIRE_FALSE(w.a.sync().error.has_value());
    w.proxy.append("stock/2", kCount);
    w.a.count_up("stock/1", "sold");
    w.a.emit("todo/1", "n", "1");
  };
  sweep(prepare, sync_once);
}

TEST_CASE("sync: SQL fails anywhere where events are rejected and held", "[sync][faults]") {
  const Act prepare = [](World& w) {
    REQUIRE_FALSE(w.a.sync().error.has_value());
    w.a.emit("todo/1", "n", "1", "test.refused");
    w.a.emit("todo/1", "n", "2");
    w.a.emit("todo/2", "n", "3");
  };
  sweep(prepare, sync_once, "queued 0 accepted 0 rejected 1 held 1");
}

TEST_CASE("sync: SQL fails anywhere on the way to a new epoch", "[sync][faults]") {
  const Act prepare = [](World& w) {
    two_events(w);
    w.a.count_up("stock/1", "sold");
    REQUIRE_FALSE(w.a.sync().error.has_value());
    w.a.count_up("stock/1", "sold");
    w.proxy.begin_anew("e2", 1);
  };
  sweep(prepare, sync_once);
}

TEST_CASE("watch: SQL fails anywhere in a stream", "[sync][faults]") {
  const Act act = [](World& w) {
    SyncOptions options;
    options.poll_queue_ms = 20'000;
    w.a.watch(options);
    w.a.run_for(1'000);
    w.proxy.append("stock/1", kCount);
    w.a.run_for(100'000);
    if (!w.a.done() && FailingSql::failed()) REQUIRE(w.a.confirmed() == w.proxy.state());
  };
  const Act prepare = [](World& w) {
    two_events(w);
    w.a.count_up("stock/1", "sold");
  };
  sweep(prepare, act);
}

}  // namespace offsync::test
