// A replica belongs to one log: it is not led to another one, and follows its own wherever it goes.
#include <algorithm>

#include "lib/sync/fixture.h"
#include "sync/session.h"

using namespace offsync;
using namespace offsync::test;

namespace {

constexpr const char* kShop = "http://proxy.test:8080/v1/spaces/shop";
constexpr const char* kShpo = "http://proxy.test:8080/v1/spaces/shpo";

SyncOptions to(const std::string& remote) {
  SyncOptions options;
  options.remote = remote;
  return options;
}

// A replica that belongs to `shop`, with an event in its queue; and another log.
struct Elsewhere : OneClient {
  explicit Elsewhere(bool names = true) {
    if (names) {
      proxy.log_name = "logofshop";
      other.log_name = "logofshpo";
    }
    other.begin_anew("e9");
    other.append("todo/9", R"({"set":{"n":9}})");
    proxy.append("todo/1", R"({"set":{"n":1}})");
    REQUIRE_FALSE(a.sync().error.has_value());
    a.emit("todo/77", "title", "\"important\"");
    before = a.info();
  }
  // The same replica, in another process that speaks to the other log.
  Client astray() { return Client(other, clock, folder.file("a.db"), 5); }
  void check_unharmed() {
    const ReplicaInfo now = a.info();
    CHECK(now.cursor == before.cursor);
    CHECK(now.log == before.log);
    CHECK(now.place == before.place);
    CHECK(a.get("todo/77", "title") == "\"important\"");
    CHECK(a.get("todo/1", "n") == "1");
    CHECK(a.queue() == "queued 1 accepted 0 rejected 0 held 0");
    CHECK(a.log() == std::vector<std::uint64_t>{});
    CHECK(other.head() == 1);
    const SyncReport back = a.sync();
    CHECK_FALSE(back.error.has_value());
    CHECK(back.pushed == 1);
    CHECK(proxy.head() == 2);
  }

  FakeProxy other{clock};
  ReplicaInfo before;
};

void check_refused(const std::optional<Error>& error) {
  REQUIRE(error.has_value());
  CHECK(error->kind == Errc::config);
  CHECK(error->code == "other_log");
  CHECK(error->detail.find(kShop) != std::string::npos);
  CHECK(error->detail.find(kShpo) != std::string::npos);
  CHECK(error->hint.find("offsync remote set " + std::string(kShpo) + " --switch") !=
        std::string::npos);
}

}  // namespace

TEST_CASE("sync: another space is refused, and nothing pushed or replaced", "[sync]") {
  for (const bool names : {true, false}) {
    Elsewhere w(names);
    for (const bool push : {true, false}) {
      for (const bool pull : {true, false}) {
        if (!push && !pull) continue;
        SyncOptions options = to(std::string(kShpo) + "/");
        options.push = push;
        options.pull = pull;
        Client astray = w.astray();
        check_refused(astray.sync(options).error);
        CHECK(astray.transport.seen.size() == 1);
      }
    }
    w.check_unharmed();
  }
}

TEST_CASE("watch: another space ends it", "[sync][watch]") {
  Elsewhere w;
  Client astray = w.astray();
  astray.watch(to(kShpo));
  astray.run([&] { return astray.done(); });
  check_refused(astray.report().error);
  CHECK(astray.watcher.resets.empty());
  astray.stop();
  w.check_unharmed();
}

TEST_CASE("sync: an answer with an error from another log is refused like any other", "[sync]") {
  Elsewhere w;
  for (const int status : {410, 503, 404}) {
    Client astray = w.astray();
    Fault refusal{"push", Fault::Kind::answer};
    refusal.answer.status = status;
    refusal.answer.headers = {{"offsync-epoch", "e9"}, {"offsync-log", "logofshpo"}};
    astray.transport.on(refusal);
    check_refused(astray.sync(to(kShpo)).error);
  }
  w.check_unharmed();
}

TEST_CASE("sync: the log of the same name is the same one at any address", "[sync]") {
  OneClient w;
  w.proxy.log_name = "logofshop";
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.info().place == kShop);
  CHECK(w.a.info().log == "logofshop");
  w.a.emit("todo/1", "n", "1");
  const std::string moved = "http://ben:secret@elsewhere.test/v1/spaces/shop//";
  const SyncReport report = w.a.sync(to(moved));
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.pushed == 1);
  CHECK(report.snapshots == 0);
  CHECK(w.a.info().place == "http://elsewhere.test/v1/spaces/shop");

  w.proxy.begin_anew("e2", 1);  // a restored backup that was moved: the name tells
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.info().cursor == Cursor{"e2", 1});
  CHECK(w.a.info().place == kShop);
}

TEST_CASE("sync: the same epoch is the same log, whatever it is called", "[sync]") {
  OneClient w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.info().log.empty());
  w.proxy.log_name = "logofshop";  // the proxy was brought up to date, and moved
  w.a.emit("todo/1", "n", "1");    // so that two answers say it
  REQUIRE_FALSE(w.a.sync(to(kShpo)).error.has_value());
  CHECK(w.a.info().log == "logofshop");

  OneClient old;
  old.proxy.log_name = "e1";  // the first epoch of a store is its name
  REQUIRE_FALSE(old.a.sync().error.has_value());
  old.proxy.log_name.clear();
  Client forgetful(old.proxy, old.clock, old.folder.file("b.db"), 7);
  REQUIRE_FALSE(forgetful.sync().error.has_value());
  old.proxy.log_name = "e1";
  old.proxy.begin_anew("e2");
  CHECK_FALSE(forgetful.sync(to(kShpo)).error.has_value());
  CHECK(forgetful.info().cursor == Cursor{"e2", 0});
}

TEST_CASE("sync: a log that began anew in the place of ours is followed, whatever its name",
          "[sync]") {
  OneClient w;
  w.proxy.log_name = "logofshop";
  const Emitted own = w.a.emit("todo/1", "n", "1");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.proxy.begin_anew("e2");
  w.proxy.log_name = "anotherone";
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.replaced == 1);
  CHECK(report.again == 1);
  REQUIRE(w.proxy.head() == 1);
  CHECK(w.proxy.lines()[0].find(own.id) != std::string::npos);
  CHECK(w.a.info().log == "anotherone");
}

TEST_CASE("sync: a replica that never synced may go anywhere, and belongs there then", "[sync]") {
  for (const bool names : {true, false}) {
    OneClient w;
    FakeProxy other{w.clock};
    if (names) w.proxy.log_name = "logofshop";
    if (names) other.log_name = "logofshpo";
    other.begin_anew("e9");
    w.a.emit("todo/1", "n", "1");
    SyncOptions push_only = to(kShpo);
    push_only.pull = false;
    Client there(other, w.clock, w.folder.file("a.db"), 5);
    REQUIRE(there.sync(push_only).pushed == 1);
    CHECK(there.info().place == kShpo);
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->code == "other_log");
    CHECK(w.proxy.head() == 0);
    CHECK(there.sync(to(kShpo)).error.has_value() == false);
  }
}

namespace {

SyncOptions only_push(const std::string& remote = "") {
  SyncOptions options = to(remote);
  options.pull = false;
  return options;
}

// Two logs, and a replica that belongs to none yet.
struct TwoLogs : OneClient {
  explicit TwoLogs(bool names) {
    if (names) {
      proxy.log_name = "logofshop";
      other.log_name = "logofshpo";
    }
    other.begin_anew("e9");
    a.emit("todo/1", "n", "1");
  }
  Client astray() { return Client(other, clock, folder.file("a.db"), 5); }
  // Makes the replica leave the log of the shop for the other one.
  void leave() {
    REQUIRE(a.replica.leave_log(folder.file("kept.db"), kShpo, "e9", {other.log_name, kShpo}));
  }

  FakeProxy other{clock};
};

}  // namespace

TEST_CASE("sync: nothing is pushed to another log by who has not pulled yet", "[sync]") {
  for (const bool names : {true, false}) {
    for (const bool answered : {true, false}) {
      TwoLogs w(names);
      if (!answered) w.a.transport.on({"push", Fault::Kind::lose});
      CHECK(w.a.sync(only_push()).error.has_value() != answered);
      REQUIRE(w.proxy.head() == 1);
      w.a.emit("todo/1", "n", "2");
      Client astray = w.astray();
      check_refused(astray.sync(only_push(kShpo)).error);
      CHECK(w.other.head() == 0);
      REQUIRE_FALSE(w.a.sync().error.has_value());
      CHECK(w.proxy.head() == 2);
      CHECK(w.a.queue() == kNothingQueued);
    }
  }
}

TEST_CASE("sync: nothing is pushed to a log that the replica has left", "[sync]") {
  for (const bool names : {true, false}) {
    TwoLogs w(names);
    REQUIRE_FALSE(w.a.sync().error.has_value());
    w.leave();
    w.a.emit("todo/1", "n", "2");
    const SyncReport report = w.a.sync(only_push(kShop));
    REQUIRE(report.error.has_value());
    CHECK(report.error->code == "other_log");
    CHECK(w.proxy.head() == 1);
    Client there = w.astray();
    CHECK(there.sync(only_push(kShpo)).pushed == 1);
    CHECK(w.other.head() == 1);
  }
}

TEST_CASE("watch: it ends before it pushes where its replica left the log", "[sync][watch]") {
  for (const bool empty : {true, false}) {
    TwoLogs w(true);
    if (!empty) REQUIRE_FALSE(w.a.sync().error.has_value());
    if (empty) REQUIRE(w.a.replica.drop(w.a.replica.to_push(0, 1, 1000)->front().id));
    w.a.watch();
    w.a.run([&] { return w.a.watcher.connected == 1; });
    const std::uint64_t head = w.proxy.head();
    const auto pushes = [&] {
      return std::count(w.a.transport.seen.begin(), w.a.transport.seen.end(), "push");
    };
    const auto before = pushes();
    Client switching = w.astray();
    REQUIRE(
        switching.replica.leave_log(w.folder.file("kept.db"), kShpo, "e9", {"logofshpo", kShpo}));
    switching.emit("todo/1", "n", "2");
    w.proxy.append("todo/9", R"({"set":{"n":9}})");
    w.a.run([&] { return w.a.done(); });
    REQUIRE(w.a.report().error.has_value());
    CHECK(w.a.report().error->kind == Errc::config);
    CHECK(w.a.report().error->code == "other_log");
    CHECK(w.proxy.head() == head + 1);
    CHECK(pushes() == before);
    CHECK_FALSE(w.a.info().cursor.has_value());
    CHECK(w.a.queue() == "queued 1 accepted 0 rejected 0 held 0");
    const SyncReport report = switching.sync(to(kShpo));
    CHECK_FALSE(report.error.has_value());
    CHECK(w.other.head() == 1);
  }
}

TEST_CASE("a snapshot of another log is not put in, whoever fetched it", "[sync]") {
  Elsewhere w;
  const std::string snapshot = R"({"cursor":"e9-1","entities":0,"conflicts":0})"
                               "\n";
  REQUIRE(w.a.replica.begin_snapshot());
  REQUIRE(w.a.replica.stage_snapshot(snapshot));
  const auto installed = w.a.replica.install_snapshot({"logofshpo", kShpo});
  REQUIRE_FALSE(installed);
  CHECK(installed.error().code == "other_log");
  w.check_unharmed();
}

TEST_CASE("sync: a replica is bound to the log that the space says of itself", "[sync]") {
  OneClient w;
  w.a.emit("todo/1", "n", "1");
  std::string epoch = "e7";
  std::string body = R"({"space":"shop","epoch":"e1","head":0,"oldest":1,"applied":0})";
  w.a.transport.between = [&](const HttpRequest& request) -> std::optional<Answer> {
    if (!request.target.ends_with("/shop")) return std::nullopt;
    return Answer{200, {{"offsync-epoch", epoch}, {"content-type", "application/json"}}, body};
  };
  SyncOptions push;
  push.pull = false;
  const auto check_unbound = [&] {
    const SyncReport report = w.a.sync(push);
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::protocol);
    CHECK(w.a.info().epoch.empty());
    CHECK(w.proxy.head() == 0);
  };
  check_unbound();
  body = "{}";
  check_unbound();
  w.a.transport.between = nullptr;
  CHECK_FALSE(w.a.sync(push).error.has_value());
  CHECK(w.a.info().epoch == "e1");
  CHECK(w.proxy.head() == 1);
}

TEST_CASE("place_of: a remote without what is nobody's business") {
  CHECK(place_of("http://h/v1/spaces/s") == "http://h/v1/spaces/s");
  CHECK(place_of("https://a:b@h:1/v1/spaces/s///") == "https://h:1/v1/spaces/s");
  CHECK(place_of("https://a@b:c@h:1/x@y/v1/spaces/s") == "https://h:1/x@y/v1/spaces/s");
}
