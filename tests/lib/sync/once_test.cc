// SyncEngine, mode once: push, pull, snapshot; what ends it and what is left then.
#include "base/limits.h"
#include "lib/sync/fixture.h"

namespace offsync::test {
namespace {

using Seen = std::vector<std::string>;

using World = TwoClients;

Fault refused_with(const std::string& on, int status, const std::string& retry_after = "") {
  Fault fault{on, Fault::Kind::answer};
  fault.answer.status = status;
  fault.answer.headers = {{"content-type", "application/problem+json"}};
  if (!retry_after.empty()) fault.answer.headers.emplace_back("retry-after", retry_after);
  fault.answer.body = R"({"code":"some_code","detail":"some detail"})";
  return fault;
}

TEST_CASE("sync: what one client did is at the other", "[sync]") {
  World w;
  w.a.emit("todo/1", "title", "\"Buy milk\"");
  w.a.emit("todo/1", "title", "\"Buy oat milk\"");
  w.a.count_up("stock/1", "sold");
  const SyncReport sent = w.a.sync();
  CHECK_FALSE(sent.error.has_value());
  CHECK(sent.pushed == 3);
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.info().cursor == Cursor{"e1", 3});

  const SyncReport received = w.b.sync();
  CHECK_FALSE(received.error.has_value());
  CHECK(received.snapshots == 1);
  CHECK(w.b.get("todo/1", "title") == "\"Buy oat milk\"");
  CHECK(w.b.get("stock/1", "sold") == "1");
  CHECK(w.a.confirmed() == w.b.confirmed());
  CHECK(w.b.confirmed() == w.proxy.state());
}

TEST_CASE("sync: two processes fetch the first snapshot of one replica", "[sync]") {
  const std::string text(50'000, 'x');
  for (int when = 1; when <= 5; ++when) {
    World w;
    for (int i = 0; i < 60; ++i) {
      w.proxy.append("big/" + std::to_string(i), R"({"set":{"text":")" + text + "\"}}");
    }
    w.a.transport.chunk = 1'200'000;  // so that a part is staged before all of it is here
    int polls = 0;
    w.a.transport.meanwhile = [&] {
      if (++polls != when) return;
      Client other(w.proxy, w.clock, w.folder.file("a.db"), 5);
      CHECK_FALSE(other.sync().error.has_value());
    };
    const SyncReport report = w.a.sync();
    INFO("in poll " << when);
    CHECK_FALSE(report.error.has_value());
    CHECK(polls >= when);
    CHECK(w.a.info().cursor == Cursor{"e1", 60});
    CHECK(w.a.confirmed() == w.proxy.state());
  }
}

TEST_CASE("sync: the first pull is the snapshot, then the log from its cursor", "[sync]") {
  World w;
  w.proxy.append("todo/1", R"({"set":{"n":1}})");
  const SyncReport first = w.a.sync();
  CHECK_FALSE(first.error.has_value());
  CHECK(w.a.transport.seen == Seen{"state", "page e1-1"});
  CHECK(w.a.watcher.resets == std::vector<Cursor>{{"e1", 1}});
  CHECK(w.a.info().last_sync_ms == w.clock.wall_ms());

  w.proxy.append("todo/1", R"({"set":{"n":2}})");
  w.a.transport.seen.clear();
  const SyncReport second = w.a.sync();
  CHECK(second.pulled == 1);
  CHECK(second.snapshots == 0);
  CHECK(w.a.transport.seen == Seen{"page e1-1"});
  CHECK(w.a.watcher.applied.back() == Cursor{"e1", 2});
  CHECK(w.a.get("todo/1", "n") == "2");
  CHECK(w.a.info().head == 2);
}

TEST_CASE("sync: a long log comes in pages, a long queue in batches", "[sync]") {
  World w;
  REQUIRE_FALSE(w.b.sync().error.has_value());
  for (int i = 0; i < 25; ++i) w.a.emit("todo/" + std::to_string(i), "n", std::to_string(i));
  SyncOptions options;
  options.push_events = 10;
  options.page_events = 10;
  const SyncReport pushed = w.a.sync(options);
  CHECK(pushed.pushed == 25);
  CHECK(std::count(w.a.transport.seen.begin(), w.a.transport.seen.end(), "push") == 3);
  w.b.transport.seen.clear();
  const SyncReport pulled = w.b.sync(options);
  CHECK(pulled.pulled == 25);
  CHECK(w.b.transport.seen == Seen{"page e1-0", "page e1-10", "page e1-20"});
  CHECK(w.b.confirmed() == w.proxy.state());
}

TEST_CASE("sync: only a push, only a pull", "[sync]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.emit("todo/1", "n", "1");
  SyncOptions push_only;
  push_only.pull = false;
  w.a.transport.seen.clear();
  CHECK(w.a.sync(push_only).pushed == 1);
  CHECK(w.a.transport.seen == Seen{"push"});
  CHECK(w.a.queue() == "queued 0 accepted 1 rejected 0 held 0");

  w.a.emit("todo/1", "n", "2");
  SyncOptions pull_only;
  pull_only.push = false;
  CHECK(w.a.sync(pull_only).pulled == 1);
  CHECK(w.a.queue() == "queued 1 accepted 0 rejected 0 held 0");
  CHECK(w.a.get("todo/1", "n") == "2");
}

TEST_CASE("sync: a body over a KiB goes out compressed", "[sync]") {
  World w;
  w.a.emit("todo/1", "n", "1");
  REQUIRE(w.a.sync().pushed == 1);
  for (int i = 0; i < 20; ++i) w.a.emit("todo/1", "n", std::to_string(i));
  REQUIRE(w.a.sync().pushed == 20);
  const auto encoding = [](const HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
      if (name == "Content-Encoding") return value;
    }
    return std::string("none");
  };
  std::vector<std::string> encodings;
  for (const HttpRequest& request : w.a.transport.requests) {
    if (request.method == "POST") encodings.push_back(encoding(request));
  }
  CHECK(encodings == std::vector<std::string>{"none", "gzip"});
}

TEST_CASE("sync: the credentials are on every request", "[sync]") {
  World w;
  w.a.emit("todo/1", "n", "1");
  SyncOptions options;
  options.authorization = "Bearer abc";
  REQUIRE_FALSE(w.a.sync(options).error.has_value());
  for (const HttpRequest& request : w.a.transport.requests) {
    CHECK(request.headers.back() ==
          std::pair<std::string, std::string>("Authorization", "Bearer abc"));
  }
}

TEST_CASE("sync: what a new replica pushes is in its received log", "[sync]") {
  World w;
  w.a.emit("todo/1", "n", "1");
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(w.a.transport.seen == Seen{"state", "push", "page e1-0"});
  CHECK(report.pulled == 1);
  CHECK(report.snapshots == 0);  // of nothing
  CHECK(w.a.replica.info()->log_after == 0);
}

TEST_CASE("sync: without the proxy nothing is lost, and it is tried once", "[sync]") {
  World w;
  w.a.emit("todo/1", "n", "1");
  w.a.transport.down = true;
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::unreachable);
  CHECK_FALSE(report.error->detail.empty());
  CHECK(w.a.transport.seen == Seen{"state"});
  CHECK(w.a.queue() == "queued 1 accepted 0 rejected 0 held 0");
  CHECK(w.a.get("todo/1", "n") == "1");

  w.a.transport.down = false;
  CHECK(w.a.sync().pushed == 1);
}

TEST_CASE("sync: a short Retry-After is waited for, as long as for an answer", "[sync]") {
  for (const int status : {429, 503}) {
    for (const int times : {1, 3, 6, 60}) {
      World w;
      w.a.emit("todo/1", "n", "1");
      for (int i = 0; i < times; ++i) w.a.transport.on(refused_with("push", status, "2"));
      const std::int64_t begun = w.clock.steady_ms();
      const SyncReport report = w.a.sync();
      const std::int64_t took = w.clock.steady_ms() - begun;
      const std::size_t waits = w.a.watcher.troubles.size();
      CHECK(took >= static_cast<std::int64_t>(waits) * 2000);
      CHECK(report.error.has_value() == (times == 60));
      if (times != 60) CHECK(waits == static_cast<std::size_t>(times));
      if (times == 60) {
        CHECK(report.error->kind == Errc::unreachable);
        CHECK(took > limits::kRequestTimeoutMs / 2);
        CHECK(took <= limits::kRequestTimeoutMs + limits::kBackoffCapMs);
      }
    }
  }
}

TEST_CASE("sync: everything else ends it at once", "[sync]") {
  struct Case {
    int status;
    const char* retry_after;
    Errc kind;
  };
  for (const Case& c :
       {Case{503, "6", Errc::unreachable}, Case{503, "", Errc::unreachable},
        Case{429, "", Errc::unreachable}, Case{500, "1", Errc::unreachable},
        Case{502, "", Errc::unreachable}, Case{408, "", Errc::unreachable},
        Case{400, "", Errc::protocol}, Case{404, "", Errc::protocol}, Case{415, "", Errc::protocol},
        Case{301, "", Errc::protocol}, Case{204, "", Errc::protocol}, Case{401, "", Errc::auth},
        Case{403, "", Errc::auth}}) {
    for (const std::string on : {"push", "page", "state"}) {
      World w;
      if (on == "page") REQUIRE_FALSE(w.a.sync().error.has_value());
      w.a.emit("todo/1", "n", "1");
      w.a.transport.seen.clear();
      w.a.transport.on(refused_with(on, c.status, c.retry_after));
      const SyncReport report = w.a.sync();
      INFO(on << " " << c.status);
      REQUIRE(report.error.has_value());
      CHECK(report.error->kind == c.kind);
      CHECK(report.error->detail.find("some detail") != std::string::npos);
      CHECK(report.error->detail.find(std::to_string(c.status)) != std::string::npos);
      // Behind a push that is refused there is a pull all the same.
      CHECK(w.a.transport.seen.size() == (on == "state" ? 1 : on == "page" ? 2 : 3));
      CHECK_FALSE(w.a.sync().error.has_value());
      CHECK(w.a.queue() == kNothingQueued);
    }
  }
}

TEST_CASE("sync: an answer that is not from an offsync proxy is a protocol error", "[sync]") {
  for (const std::string on : {"push", "page", "state"}) {
    World w;
    if (on == "page") REQUIRE_FALSE(w.a.sync().error.has_value());
    w.a.emit("todo/1", "n", "1");
    Fault portal{on, Fault::Kind::answer};
    portal.answer.headers = {{"content-type", "text/html"}};
    portal.answer.body = "<html>Please log in to the hotel's network</html>";
    w.a.transport.on(portal);
    const SyncReport report = w.a.sync();
    INFO(on);
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::protocol);
    CHECK(report.error->code == "not_offsync");
  }
}

TEST_CASE("sync: a proxy that says nothing is given up after its time", "[sync]") {
  for (const std::string on : {"push", "page", "state"}) {
    World w;
    if (on == "page") REQUIRE_FALSE(w.a.sync().error.has_value());
    w.a.emit("todo/1", "n", "1");
    w.a.transport.on({on, Fault::Kind::stall, 10});
    const std::int64_t begun = w.clock.steady_ms();
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::unreachable);
    CHECK(report.error->code == "timeout");
    CHECK(w.clock.steady_ms() - begun >= limits::kRequestTimeoutMs);
    CHECK(w.clock.steady_ms() - begun <= limits::kRequestTimeoutMs + 1000);
  }
}

TEST_CASE("sync: how long a silent proxy is waited for can be set", "[sync]") {
  for (const std::string on : {"push", "page", "state"}) {
    World w;
    if (on == "page") REQUIRE_FALSE(w.a.sync().error.has_value());
    w.a.emit("todo/1", "n", "1");
    w.a.transport.on({on, Fault::Kind::stall, 10});
    SyncOptions options;
    options.request_timeout_ms = 1500;
    const std::int64_t begun = w.clock.steady_ms();
    const SyncReport report = w.a.sync(options);
    REQUIRE(report.error.has_value());
    CHECK(report.error->code == "timeout");
    if (on != "push") CHECK(report.error->detail.find(" 1.500 s") != std::string::npos);
    CHECK(w.clock.steady_ms() - begun >= 1500);
    CHECK(w.clock.steady_ms() - begun <= 2000);
  }
}

TEST_CASE("sync: no remote, or none that names a space", "[sync]") {
  for (const std::string remote : {"", "http://host", "http://host/", "shop", "http://h/v1?x=1"}) {
    World w;
    REQUIRE(w.a.replica.set_remote(remote).ok());
    const SyncReport report = w.a.sync();
    INFO(remote);
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::config);
    CHECK(w.a.transport.seen.empty());
  }
}

TEST_CASE("sync: the clock's offset is measured from half the way there and back", "[sync]") {
  World w;
  w.proxy.clock_ahead_ms = 5000;
  // The proxy looks at its clock when the request begins; its answer takes 400 ms.
  w.a.transport.on({"state", Fault::Kind::delay, 400});
  w.a.transport.on({"page", Fault::Kind::delay, 400});
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(std::abs(w.a.info().clock_offset_ms - 4800) <= 10);

  // A quicker answer knows better.
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(std::abs(w.a.info().clock_offset_ms - 5000) <= 10);

  // What a slow answer says is no better than what is known.
  w.a.transport.on({"page", Fault::Kind::delay, 3000});
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(std::abs(w.a.info().clock_offset_ms - 5000) <= 10);

  w.proxy.clock_ahead_ms = -90'000;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(std::abs(w.a.info().clock_offset_ms + 90'000) <= 200);
}

TEST_CASE("sync: an answer that got lost is asked for again", "[sync]") {
  World w;
  w.a.count_up("stock/1", "sold");
  w.a.count_up("stock/1", "sold");
  w.a.transport.on({"push", Fault::Kind::lose});
  const SyncReport first = w.a.sync();
  REQUIRE(first.error.has_value());
  CHECK(first.error->kind == Errc::unreachable);
  CHECK(w.proxy.head() == 2);
  CHECK(w.a.queue() == "queued 2 accepted 0 rejected 0 held 0");

  const SyncReport second = w.a.sync();
  CHECK_FALSE(second.error.has_value());
  CHECK(second.duplicate == 2);
  CHECK(second.pushed == 0);
  CHECK(w.proxy.head() == 2);
  CHECK(w.a.get("stock/1", "sold") == "2");
  CHECK(w.a.queue() == kNothingQueued);
}

TEST_CASE("sync: a request that the network delivers twice changes nothing", "[sync]") {
  World w;
  w.a.count_up("stock/1", "sold");
  w.a.transport.on({"push", Fault::Kind::twice});
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.proxy.head() == 1);
  CHECK(w.a.get("stock/1", "sold") == "1");
  CHECK(w.a.queue() == kNothingQueued);
}

TEST_CASE("sync: a batch that something in between finds too large is halved", "[sync]") {
  World w;
  for (int i = 0; i < 8; ++i) w.a.emit("todo/1", "n", std::to_string(i));
  w.a.transport.on(refused_with("push", 413));
  w.a.transport.on(refused_with("push", 413));
  const SyncReport report = w.a.sync();
  CHECK_FALSE(report.error.has_value());
  CHECK(report.pushed == 8);
  CHECK(std::count(w.a.transport.seen.begin(), w.a.transport.seen.end(), "push") == 6);

  w.a.emit("todo/1", "n", "9");
  w.a.transport.on(refused_with("push", 413));
  const SyncReport single = w.a.sync();
  REQUIRE(single.error.has_value());
  CHECK(single.error->kind == Errc::protocol);
  CHECK(single.error->detail.find("(event 0") != std::string::npos);
}

TEST_CASE("sync: a new epoch is followed, and what only the old one knew is pushed again",
          "[sync]") {
  World w;
  w.a.count_up("stock/1", "sold");
  w.a.count_up("stock/1", "sold");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.count_up("stock/1", "sold");
  SyncOptions push_only;
  push_only.pull = false;
  REQUIRE(w.a.sync(push_only).pushed == 1);  // accepted, but never seen to come back

  w.proxy.begin_anew("e2", 2);
  w.a.count_up("stock/1", "sold");
  w.a.transport.seen.clear();
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.snapshots == 1);
  CHECK(w.proxy.head() == 4);
  CHECK(w.a.info().cursor == Cursor{"e2", 4});
  CHECK(w.a.get("stock/1", "sold") == "4");
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.confirmed() == w.proxy.state());
}

TEST_CASE("sync: what was accepted by a log that is gone is pushed again", "[sync]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.count_up("stock/1", "sold");
  SyncOptions push_only;
  push_only.pull = false;
  REQUIRE(w.a.sync(push_only).pushed == 1);
  w.proxy.begin_anew("e2");
  const SyncReport report = w.a.sync();  // its queue is empty when it begins
  CHECK_FALSE(report.error.has_value());
  CHECK(report.pushed == 1);
  CHECK(w.proxy.head() == 1);
  CHECK(w.a.get("stock/1", "sold") == "1");
  CHECK(w.a.queue() == kNothingQueued);
}

TEST_CASE("sync: what is pushed again goes before what came after it", "[sync]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.proxy.append("todo/1", R"({"set":{"n":1}})");
  REQUIRE(w.a.sync().pulled == 1);
  const Emitted first = w.a.emit("todo/1", "n", "2");
  SyncOptions push_only;
  push_only.pull = false;
  REQUIRE(w.a.sync(push_only).pushed == 1);
  const Emitted second = w.a.emit("todo/1", "n", "3");
  SECTION("to a log that began anew") {
    w.proxy.begin_anew("e2");
  }
  SECTION("to one that was put back to an earlier place") {
    w.proxy.truncate(0);
  }
  const SyncReport report = w.a.sync();
  CHECK_FALSE(report.error.has_value());
  CHECK(report.pushed == 2);
  REQUIRE(w.proxy.head() == 2);
  CHECK(w.proxy.lines()[0].find(first.id) != std::string::npos);
  CHECK(w.proxy.lines()[1].find(second.id) != std::string::npos);
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.get("todo/1", "n") == "3");
}

TEST_CASE("sync: what a new epoch kept queued is pushed though others took the snapshot",
          "[sync]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.proxy.begin_anew("e2");
  w.a.count_up("stock/1", "sold");
  w.a.transport.on({"page", Fault::Kind::delay, 1000});
  Client other(w.proxy, w.clock, w.folder.file("a.db"), 5);
  const std::int64_t begun = w.clock.steady_ms();
  bool taken = false;
  w.a.transport.meanwhile = [&] {
    if (taken || w.a.transport.seen.back() != "page e1-0") return;
    taken = true;
    SyncOptions pull_only;
    pull_only.push = false;
    REQUIRE(other.sync(pull_only).snapshots == 1);
  };
  const SyncReport report = w.a.sync();
  CHECK_FALSE(report.error.has_value());
  CHECK(taken);
  CHECK(w.clock.steady_ms() - begun >= 1000);
  CHECK(report.snapshots == 0);
  CHECK(report.pushed == 1);
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.get("stock/1", "sold") == "1");
}

TEST_CASE("sync: pushes answered from another log again and again", "[sync]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  const Emitted event = w.a.emit("todo/1", "n", "1");
  Fault other_log{"push", Fault::Kind::answer};
  other_log.answer.headers = {{"offsync-epoch", "zz"}};
  other_log.answer.body = encode_outcome({event.id, OutcomeKind::accepted, 7, 1, "", "", 0}) + "\n";
  for (int i = 0; i < 10; ++i) w.a.transport.on(other_log);
  w.a.transport.seen.clear();
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::partial);
  CHECK(std::count(w.a.transport.seen.begin(), w.a.transport.seen.end(), "push") == 3);
  CHECK(w.a.queue() == "queued 1 accepted 0 rejected 0 held 0");
}

TEST_CASE("sync: a proxy that finds every cursor expired", "[sync]") {
  World w;
  w.proxy.append("todo/1", R"({"set":{"n":1}})");
  for (int i = 0; i < 20; ++i) w.a.transport.on(refused_with("page", 410));
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::protocol);
  CHECK(w.a.transport.seen.size() < 10);
  CHECK(w.a.get("todo/1", "n") == "1");
}

TEST_CASE("sync: an event that the proxy holds for no reason is not sent over and over", "[sync]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  const Emitted event = w.a.emit("todo/1", "n", "1");
  Fault held{"push", Fault::Kind::rewrite};
  held.rewrite = [&](const std::string&) {
    return encode_outcome({event.id, OutcomeKind::held, 0, 1, "held", "", 0}) + "\n";
  };
  w.a.transport.on(held);
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::protocol);
  CHECK(report.held == 0);
  CHECK(std::count(w.a.transport.seen.begin(), w.a.transport.seen.end(), "push") == 1);
  CHECK(w.a.queue() == "queued 1 accepted 0 rejected 0 held 0");
}

TEST_CASE("sync: only a push cannot follow a new epoch, and says so", "[sync]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.proxy.begin_anew("e2");
  w.a.emit("todo/1", "n", "1");
  SyncOptions push_only;
  push_only.pull = false;
  const SyncReport report = w.a.sync(push_only);
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::partial);
  CHECK(report.error->code == "epoch_changed");
  CHECK(w.a.queue() == "queued 1 accepted 0 rejected 0 held 0");
}

TEST_CASE("sync: a log that begins anew all the time ends the sync, not the queue", "[sync]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.emit("todo/1", "n", "1");
  int epoch = 1;
  w.a.transport.meanwhile = [&] { w.proxy.begin_anew("e" + std::to_string(++epoch)); };
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(w.a.transport.seen.size() < 40);
  w.a.transport.meanwhile = {};
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.confirmed() == w.proxy.state());
}

TEST_CASE("sync: the snapshot may be cut at any byte", "[sync]") {
  for (std::size_t bytes = 0;; bytes += 41) {
    World w;
    for (int i = 0; i < 3; ++i) {
      w.proxy.append("todo/" + std::to_string(i), R"({"set":{"n":1},"inc":{"c":1}})");
    }
    w.a.emit("todo/1", "mine", "true");
    w.a.transport.on({"state", Fault::Kind::cut, bytes});
    const SyncReport first = w.a.sync();
    if (!first.error) {
      CHECK(bytes > 300);
      break;
    }
    CHECK(first.error->kind == Errc::unreachable);
    CHECK_FALSE(w.a.info().cursor.has_value());
    CHECK(w.a.confirmed().empty());
    CHECK(w.a.get("todo/1", "mine") == "true");
    REQUIRE_FALSE(w.a.sync().error.has_value());
    CHECK(w.a.confirmed() == w.proxy.state());
  }
}

TEST_CASE("sync: a snapshot that is short of a record is not taken", "[sync]") {
  World w;
  w.proxy.append("todo/1", R"({"set":{"n":1}})");
  w.proxy.append("todo/2", R"({"set":{"n":1}})");
  Fault fault{"state", Fault::Kind::rewrite};
  fault.rewrite = [](std::string body) {
    body.resize(body.rfind('\n', body.size() - 2) + 1);
    return body;
  };
  w.a.transport.on(fault);
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::protocol);
  CHECK_FALSE(w.a.info().cursor.has_value());
  CHECK(w.a.confirmed().empty());
}

TEST_CASE("sync: bytes may come one by one", "[sync]") {
  World w;
  w.a.transport.chunk = 1;
  for (int i = 0; i < 3; ++i) w.proxy.append("todo/1", R"({"inc":{"c":1}})");
  w.a.emit("todo/1", "mine", "\"é\"");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.proxy.append("todo/1", R"({"inc":{"c":1}})");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.get("todo/1", "c") == "4");
  CHECK(w.a.confirmed() == w.proxy.state());
}

}  // namespace
}  // namespace offsync::test
