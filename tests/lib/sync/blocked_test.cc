// Something between here and the proxy that refuses requests: one event must not stop all others,
// and want of credentials must not park them all.
#include <algorithm>

#include "lib/sync/fixture.h"
#include "wire/compress.h"

namespace offsync::test {
namespace {

// Whether the body of a request, packed or not, has `word`.
bool says(const HttpRequest& request, const std::string& word) {
  if (request.body.find(word) != std::string::npos) return true;
  const auto plain = decompress(request.body, Coding::gzip, 1 << 20);
  return plain && plain->find(word) != std::string::npos;
}

// TwoClients, of which A is behind something that refuses every request that `bad` is true of.
struct World : TwoClients {
  void refuse(int status, std::function<bool(const HttpRequest&)> bad) {
    a.transport.between = [=](const HttpRequest& request) -> std::optional<Answer> {
      if (!bad(request)) return std::nullopt;
      return Answer{status, {{"content-type", "text/html"}}, "<h1>Forbidden</h1>"};
    };
  }
  void refuse_word(int status, const std::string& word) {
    refuse(status, [word](const HttpRequest& request) { return says(request, word); });
  }
  // A has what B wrote, but for the latest.
  void leave_news() {
    b.emit("todo/9", "n", "9");
    b.sync();
    a.sync();
    b.emit("todo/8", "n", "8");
    b.sync();
  }
  void emit_some() {
    a.emit("todo/1", "n", "1");
    a.emit("todo/2", "n", R"("DROP TABLE")");
    a.emit("todo/2", "n", "3");
    a.emit("todo/3", "n", "4");
  }
  std::vector<PendingEvent> rejected() {
    std::vector<PendingEvent> events;
    REQUIRE(a.replica.for_each_pending([&](const PendingEvent& event) {
      if (event.state == PendingState::rejected) events.push_back(event);
      return true;
    }));
    return events;
  }
};

}  // namespace

TEST_CASE("blocked: one event that something refuses is parked, all else goes on", "[sync]") {
  for (const int status : {400, 403, 406, 413, 451}) {
    World w;
    w.leave_news();
    w.emit_some();
    w.refuse_word(status, "DROP TABLE");
    const SyncReport report = w.a.sync();
    CHECK_FALSE(report.error.has_value());
    CHECK(report.pushed == 2);
    CHECK(report.rejected == 1);
    CHECK(report.blocked == 1);
    CHECK(report.pulled == 3);
    CHECK(w.a.queue() == "queued 0 accepted 0 rejected 1 held 1");
    REQUIRE(w.rejected().size() == 1);
    CHECK(w.rejected()[0].code == "refused_on_the_way");
    CHECK(w.rejected()[0].detail.find(std::to_string(status)) != std::string::npos);
    CHECK(w.a.get("todo/2", "n") == "3");  // what is held shows

    // Once nothing refuses it any more, it goes.
    w.a.transport.between = {};
    const PendingEvent parked = w.rejected()[0];
    REQUIRE(w.a.replica.retry(parked.id, parked.source));
    CHECK(w.a.sync().pushed == 2);
    CHECK(w.a.get("todo/2", "n") == "3");
  }
}

TEST_CASE("blocked: behind a gate that refuses every push nothing is parked", "[sync]") {
  for (const int status : {401, 403, 407}) {
    World w;
    w.b.emit("todo/9", "n", "9");
    w.b.sync();
    w.emit_some();
    w.refuse(status, [](const HttpRequest& request) { return request.method == "POST"; });
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::auth);
    CHECK(w.a.queue() == "queued 4 accepted 0 rejected 0 held 0");
    CHECK(w.a.get("todo/9", "n") == "9");  // fetched all the same
    CHECK(std::count(w.a.transport.seen.begin(), w.a.transport.seen.end(), "push") <= 2);
  }
}

TEST_CASE("blocked: what the proxy itself refuses is not parked", "[sync]") {
  World w;
  w.emit_some();
  w.a.transport.between = [](const HttpRequest& request) -> std::optional<Answer> {
    if (!says(request, "DROP TABLE")) return std::nullopt;
    return Answer{403, {{"offsync-epoch", "e1"}, {"offsync-time", "1700000000000"}}, "no"};
  };
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::auth);
  CHECK(report.rejected == 0);
}

TEST_CASE("blocked: a push that fails keeps nobody from fetching", "[sync]") {
  for (const int status : {400, 403, 404, 500, 507}) {
    World w;
    w.leave_news();
    w.a.emit("todo/1", "n", "1");
    w.refuse(status, [](const HttpRequest& request) { return request.method == "POST"; });
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->code == "http_" + std::to_string(status));
    CHECK(report.pulled == 1);
    CHECK(w.a.get("todo/8", "n") == "8");
  }
  World w;
  w.a.sync();
  w.a.emit("todo/1", "n", "1");
  w.a.transport.down = true;
  w.a.transport.seen.clear();
  CHECK(w.a.sync().error.has_value());
  CHECK(w.a.transport.seen.size() == 1);  // without a connection there is nothing to fetch over
}

TEST_CASE("blocked: a watch goes on, too, and says which event it is", "[sync][watch]") {
  World w;
  w.a.sync();
  w.emit_some();
  w.refuse_word(403, "DROP TABLE");
  w.a.watch();
  w.a.run([&] { return w.a.queue() == "queued 0 accepted 0 rejected 1 held 1"; });
  w.b.emit("todo/8", "n", "8");
  w.b.sync();
  w.a.run([&] { return w.a.get("todo/8", "n") == "8"; });
  CHECK_FALSE(w.a.done());
  REQUIRE(w.a.watcher.blocked.size() == 1);
  CHECK(w.a.watcher.blocked[0].find("event " + w.rejected()[0].id + " of todo/2") !=
        std::string::npos);
  w.a.stop();
}

}  // namespace offsync::test
