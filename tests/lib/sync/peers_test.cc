// Bugs that other sync systems really had, as far as a sync engine can have them.
#include "lib/sync/fixture.h"

namespace offsync::test {
namespace {

using World = TwoClients;

// The log that a replica keeps has no hole and no duplicate, and ends at its cursor.
void check_log(Client& client) {
  const ReplicaInfo info = client.info();
  const auto log = client.log();
  REQUIRE(info.cursor.has_value());
  REQUIRE(log.size() == info.cursor->sequence - info.log_after);
  for (std::size_t i = 0; i < log.size(); ++i) CHECK(log[i] == info.log_after + 1 + i);
}

TEST_CASE("peer: checkpoint saved before the data (PouchDB#1240)", "[sync][peer]") {
  for (std::size_t bytes = 0;; bytes += 23) {
    World w;
    REQUIRE_FALSE(w.a.sync().error.has_value());
    std::size_t length = 0;
    for (int i = 0; i < 4; ++i) {
      w.proxy.append("stock/1", R"({"inc":{"sold":1}})");
      length += w.proxy.lines().back().size() + 1;
    }
    if (bytes > length) break;
    w.a.transport.on({"page", Fault::Kind::cut, bytes});
    const SyncReport cut = w.a.sync();
    // Nothing of the cut page counts; where an event of it came, a shorter one is asked for.
    CHECK(cut.error.has_value() == (bytes <= w.proxy.lines()[0].size()));
    if (cut.error) CHECK(cut.error->kind == Errc::unreachable);
    // The cursor is exactly as far as the data.
    const std::uint64_t cursor = w.a.info().cursor->sequence;
    CHECK(cursor == (cut.error ? 0 : 4));
    CHECK(w.a.get("stock/1", "sold") == (cursor == 0 ? "" : std::to_string(cursor)));
    check_log(w.a);
    REQUIRE_FALSE(w.a.sync().error.has_value());
    CHECK(w.a.get("stock/1", "sold") == "4");
    CHECK(w.a.confirmed() == w.proxy.state());
  }
}

TEST_CASE("peer: an event pulled during a push is dropped (RxDB#5571)", "[sync][peer]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.watch();
  w.a.run([&] { return w.a.watcher.connected == 1; });
  // The stream brings our own event, and somebody else's, before the answer to the push comes.
  w.a.transport.on({"push", Fault::Kind::delay, 5000});
  w.a.count_up("stock/1", "sold");
  w.a.run([&] { return w.proxy.head() == 1; });
  w.proxy.append("stock/1", R"({"inc":{"sold":1}})");
  w.a.run_for(1000);
  CHECK(w.a.info().cursor->sequence == 2);
  CHECK(w.a.get("stock/1", "sold") == "2");
  w.a.run_for(10'000);
  CHECK(w.a.report().pushed == 1);
  CHECK(w.a.get("stock/1", "sold") == "2");
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.confirmed() == w.proxy.state());
  CHECK(std::count(w.a.transport.seen.begin(), w.a.transport.seen.end(), "push") == 1);
  check_log(w.a);
}

TEST_CASE("peer: gap between snapshot and stream (electric#3871)", "[sync][peer]") {
  World w;
  w.proxy.append("stock/1", R"({"inc":{"sold":1}})");
  // Events go on arriving while the snapshot is on its way and before the stream is asked for.
  w.a.transport.chunk = 10;
  int polls = 0;
  w.a.transport.meanwhile = [&] {
    if (++polls % 3 == 0 && polls < 90) w.proxy.append("stock/1", R"({"inc":{"sold":1}})");
  };
  w.a.watch();
  w.a.run([&] { return polls > 90 && w.a.info().cursor->sequence == w.proxy.head(); });
  CHECK(w.a.get("stock/1", "sold") == std::to_string(w.proxy.head()));
  CHECK(w.a.confirmed() == w.proxy.state());
  CHECK(w.a.watcher.resets.size() == 1);
  check_log(w.a);
}

TEST_CASE("peer: duplicates after a reset (electric#3363)", "[sync][peer]") {
  World w;
  for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", R"({"inc":{"sold":1}})");
  w.a.watch();
  w.a.run([&] { return w.a.watcher.connected == 1; });
  w.proxy.begin_anew("e2", 2);
  w.a.transport.cut_streams();
  w.a.run([&] { return w.a.watcher.connected == 2; });
  w.proxy.append("stock/1", R"({"inc":{"sold":1}})");
  w.a.run([&] { return w.a.info().cursor == Cursor{"e2", 3}; });
  CHECK(w.a.watcher.resets == std::vector<Cursor>{{"e1", 3}, {"e2", 2}});
  CHECK(w.a.get("stock/1", "sold") == "3");
  CHECK(w.a.log() == std::vector<std::uint64_t>{3});
  CHECK(w.a.confirmed() == w.proxy.state());
}

TEST_CASE("peer: one refused event blocks the queue for ever (powersync)", "[sync][peer]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.emit("todo/1", "n", "1", "test.refused");
  w.a.emit("todo/1", "n", "2");
  for (int i = 0; i < 5; ++i) w.a.emit("todo/2", "n", std::to_string(i));
  SyncOptions options;
  options.push_events = 2;
  const SyncReport report = w.a.sync(options);
  CHECK_FALSE(report.error.has_value());
  CHECK(report.rejected == 1);
  CHECK(report.pushed == 5);
  CHECK(w.a.queue() == "queued 0 accepted 0 rejected 1 held 1");
  CHECK(w.a.get("todo/2", "n") == "4");
  CHECK(w.a.get("todo/1", "n") == "2");  // the refused one is rolled back, the held one shows

  w.a.transport.seen.clear();
  w.a.emit("todo/3", "n", "1");
  CHECK(w.a.sync().pushed == 1);
  CHECK(w.a.queue() == "queued 0 accepted 0 rejected 1 held 1");
}

TEST_CASE("peer: an event that the proxy cannot even read does not block the queue",
          "[sync][peer]") {
  World w;
  w.a.emit("todo/1", "n", "1");
  w.a.emit("todo/2", "n", "2");
  Fault fault{"push", Fault::Kind::rewrite};
  fault.rewrite = [](const std::string& body) {
    return encode_outcome({"", OutcomeKind::rejected, 0, 1, "malformed", "cannot read it", 0}) +
           body.substr(body.find('\n'));
  };
  w.a.transport.on(fault);
  const SyncReport report = w.a.sync();
  CHECK_FALSE(report.error.has_value());
  CHECK(report.rejected == 1);
  CHECK(report.pushed == 1);
}

TEST_CASE("peer: a 200 that dropped rejected operations", "[sync][peer]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.emit("todo/1", "n", "1");
  w.a.emit("todo/2", "n", "1", "test.refused");
  w.a.emit("todo/3", "n", "1");
  Fault fault{"push", Fault::Kind::rewrite};
  fault.rewrite = [](std::string body) {  // the second of three lines is gone
    const std::size_t first = body.find('\n') + 1;
    return body.erase(first, body.find('\n', first) + 1 - first);
  };
  w.a.transport.on(fault);
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::protocol);
  // Of an answer that is not whole nothing counts, and nothing is lost.
  CHECK(report.pushed == 0);
  CHECK(w.a.queue() == "queued 3 accepted 0 rejected 0 held 0");

  const SyncReport again = w.a.sync();
  CHECK_FALSE(again.error.has_value());
  CHECK(again.rejected == 1);
  CHECK(again.duplicate == 2);
  CHECK(w.a.queue() == "queued 0 accepted 0 rejected 1 held 0");
}

TEST_CASE("peer: an answer with too few or too many outcomes", "[sync][peer]") {
  const auto extra = encode_outcome({"other", OutcomeKind::accepted, 9, 4, "", "", 0}) + "\n";
  const std::vector<std::function<std::string(std::string)>> wrong = {
      [](const std::string&) { return std::string(); },
      [](const std::string& body) { return body.substr(0, body.find('\n') + 1); },
      [&](const std::string& body) { return body + extra; },
      [&](const std::string& body) { return extra + body; },
      [](const std::string& body) { return body + body; },
      [](const std::string&) { return std::string("{}\n{}\n{}\n"); },
      [](const std::string&) { return std::string("OK"); },
      [](std::string body) {  // the right place, another event
        const std::size_t id = body.find("\"id\":\"") + 6;
        return body.replace(id, 8, "00000000");
      },
      [](std::string body) {  // the right event, another place
        return body.replace(body.find("\"line\":1"), 8, "\"line\":2");
      },
  };
  for (const auto& rewrite : wrong) {
    World w;
    REQUIRE_FALSE(w.a.sync().error.has_value());
    for (int i = 0; i < 3; ++i) w.a.count_up("stock/1", "sold");
    Fault fault{"push", Fault::Kind::rewrite};
    fault.rewrite = rewrite;
    w.a.transport.on(fault);
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::protocol);
    CHECK(report.pushed == 0);
    CHECK(w.a.queue() == "queued 3 accepted 0 rejected 0 held 0");
    REQUIRE_FALSE(w.a.sync().error.has_value());
    CHECK(w.a.queue() == kNothingQueued);
    CHECK(w.a.get("stock/1", "sold") == "3");
    CHECK(w.a.confirmed() == w.proxy.state());
  }
}

TEST_CASE("peer: told that it had caught up when history was gone (mercure#1321)", "[sync][peer]") {
  const std::string event = R"({"inc":{"sold":1}})";
  SECTION("below retention") {
    World w;
    w.proxy.append("stock/1", event);
    REQUIRE_FALSE(w.a.sync().error.has_value());
    for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", event);
    w.proxy.forget_until(3);
    const SyncReport report = w.a.sync();
    CHECK_FALSE(report.error.has_value());
    CHECK(report.snapshots == 1);
    CHECK(w.a.get("stock/1", "sold") == "4");
    check_log(w.a);
  }
  SECTION("a log that is shorter than what we have of it") {
    World w;
    for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", event);
    REQUIRE_FALSE(w.a.sync().error.has_value());
    w.proxy.truncate(2);
    const SyncReport report = w.a.sync();
    CHECK_FALSE(report.error.has_value());
    CHECK(report.snapshots == 1);
    CHECK(w.a.get("stock/1", "sold") == "2");
  }
  SECTION("a log that is shorter, and a proxy that does not mind") {
    World w;
    for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", event);
    REQUIRE_FALSE(w.a.sync().error.has_value());
    w.proxy.truncate(2);
    Fault fault{"page", Fault::Kind::answer};
    fault.answer.headers = {
        {"offsync-epoch", "e1"}, {"offsync-head", "2"}, {"offsync-cursor", "e1-3"}};
    w.a.transport.on(fault);
    const SyncReport report = w.a.sync();
    CHECK_FALSE(report.error.has_value());
    CHECK(report.snapshots == 1);
    CHECK(w.a.get("stock/1", "sold") == "2");
  }
  SECTION("pages that say less than they claim") {
    const std::vector<std::function<std::string(std::string)>> wrong = {
        [](const std::string&) { return std::string(); },  // nothing
        [](std::string body) {
          return body.substr(0, body.find('\n') + 1);
        },  // the rest is missing
        [](const std::string& body) {
          return body.substr(body.find('\n') + 1);
        },  // the first is missing
        [](const std::string&) { return std::string("rubbish\n"); },
    };
    for (const auto& rewrite : wrong) {
      World w;
      REQUIRE_FALSE(w.a.sync().error.has_value());
      for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", event);
      for (int i = 0; i < 10; ++i) {
        Fault fault{"page", Fault::Kind::rewrite};
        fault.rewrite = rewrite;
        w.a.transport.on(fault);
      }
      const SyncReport report = w.a.sync();
      REQUIRE(report.error.has_value());
      CHECK(report.error->kind == Errc::protocol);
      CHECK(w.a.transport.seen.size() < 10);
      check_log(w.a);
    }
  }
  SECTION("an empty page below the head") {
    World w;
    REQUIRE_FALSE(w.a.sync().error.has_value());
    w.proxy.append("stock/1", event);
    Fault fault{"page", Fault::Kind::answer};
    fault.answer.headers = {
        {"offsync-epoch", "e1"}, {"offsync-head", "1"}, {"offsync-cursor", "e1-0"}};
    w.a.transport.on(fault);
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::protocol);
    CHECK(w.a.info().cursor == Cursor{"e1", 0});
  }
}

TEST_CASE("peer: bootstrap overwrites pending edits (the original demo)", "[sync][peer]") {
  World w;
  w.proxy.append("todo/1", R"({"set":{"title":"theirs","n":1}})");
  w.a.emit("todo/1", "title", "\"mine\"");
  SyncOptions pull_only;
  pull_only.push = false;
  REQUIRE_FALSE(w.a.sync(pull_only).error.has_value());
  CHECK(w.a.get("todo/1", "title") == "\"mine\"");
  CHECK(w.a.get("todo/1", "n") == "1");
  CHECK(w.a.get("todo/1", "title", Replica::View::confirmed) == "\"theirs\"");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.get("todo/1", "title") == "\"mine\"");
}

TEST_CASE("peer: an edit uploaded late reaches those already past it (live-state#203)",
          "[sync][peer]") {
  World w;
  REQUIRE_FALSE(w.b.sync().error.has_value());
  w.a.emit("todo/1", "n", "1");  // long ago
  w.clock.advance(86'400'000);
  w.b.watch();
  w.b.run([&] { return w.b.watcher.connected == 1; });
  w.proxy.append("todo/2", R"({"set":{"n":1}})");
  w.b.run([&] { return w.b.info().cursor->sequence == 1; });
  REQUIRE(w.a.sync().pushed == 1);
  w.b.run([&] { return w.b.info().cursor->sequence == 2; });
  CHECK(w.b.get("todo/1", "n") == "1");
}

}  // namespace
}  // namespace offsync::test
