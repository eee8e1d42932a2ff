// A log that was put back in its epoch: what it had accepted, and nobody had read yet, is sent
// again.
#include <algorithm>
#include <regex>

#include "lib/sync/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

SyncOptions only_push() {
  SyncOptions options;
  options.pull = false;
  return options;
}

// The log of two events, of which a has both; a has had two more accepted, and not read them.
struct PutBack : TwoClients {
  explicit PutBack(bool pulled = true) {
    if (pulled) REQUIRE_FALSE(a.sync().error.has_value());
    proxy.append("todo/1", R"({"set":{"n":1}})");
    proxy.append("todo/2", R"({"set":{"n":2}})");
    if (pulled) REQUIRE_FALSE(a.sync().error.has_value());
    first = a.emit("todo/3", "n", "3");
    second = a.emit("todo/3", "n", "4");
    REQUIRE(a.sync(only_push()).pushed == 2);
    REQUIRE(a.queue() == "queued 0 accepted 2 rejected 0 held 0");
    REQUIRE(proxy.head() == 4);
  }
  // The place of an event in the log; 0: it is not there, or more than once.
  std::size_t place(const std::string& id) const {
    std::size_t at = 0, found = 0;
    for (std::size_t i = 0; i < proxy.lines().size(); ++i) {
      if (proxy.lines()[i].find("\"id\":\"" + id + "\"") == std::string::npos) continue;
      at = i + 1;
      ++found;
    }
    return found == 1 ? at : 0;
  }
  // Others' events come until the log is of `length`.
  void grow(std::size_t length) {
    while (proxy.head() < length) proxy.append("todo/9", R"({"inc":{"n":1}})");
  }
  void check_in_order() {
    CHECK(place(first.id) != 0);
    CHECK(place(first.id) < place(second.id));
    CHECK(a.queue() == kNothingQueued);
    CHECK(a.get("todo/3", "n", Replica::View::confirmed) == "4");
    CHECK(a.confirmed() == proxy.state());
  }

  Emitted first, second;
};

}  // namespace

TEST_CASE("sync: what a log had accepted and lost is sent again", "[sync]") {
  const std::size_t grown = GENERATE(0, 3, 4, 5, 9);
  const bool more = GENERATE(false, true);
  const bool names = GENERATE(true, false);
  CAPTURE(grown, more, names);
  PutBack w;
  w.proxy.knows_names = names;
  w.proxy.truncate(2);
  w.grow(grown);
  const Emitted third = more ? w.a.emit("todo/3", "m", "5") : Emitted{};
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.again == 2);
  CHECK(report.snapshots == 0);
  CHECK(report.pushed == (more ? 3U : 2U));
  w.check_in_order();
  if (more && (names || grown < 4)) CHECK(w.place(w.second.id) < w.place(third.id));
}

TEST_CASE("sync: only those are sent again that the log has lost", "[sync]") {
  PutBack w;
  w.proxy.truncate(3);
  const bool grows = GENERATE(false, true);
  if (grows) w.grow(5);
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.again == 1);
  CHECK(report.pushed == 1);
  w.check_in_order();
  CHECK(w.place(w.first.id) == 3);
}

TEST_CASE("sync: a push alone takes nothing to a log that was put back", "[sync]") {
  PutBack w(GENERATE(true, false));
  w.proxy.truncate(2);
  const bool grows = GENERATE(false, true);
  if (grows) w.grow(6);
  w.a.emit("todo/3", "m", "5");
  const std::size_t head = w.proxy.head();
  const SyncReport report = w.a.sync(only_push());
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::partial);
  CHECK(w.proxy.head() == head);
  REQUIRE_FALSE(w.a.sync().error.has_value());
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.check_in_order();
}

TEST_CASE("sync: a pull alone queues again what the log has lost", "[sync]") {
  PutBack w;
  w.proxy.truncate(2);
  const bool grows = GENERATE(false, true);
  if (grows) w.grow(6);
  SyncOptions options;
  options.push = false;
  const SyncReport report = w.a.sync(options);
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.again == 2);
  CHECK(w.a.queue() == "queued 2 accepted 0 rejected 0 held 0");
  CHECK(w.a.get("todo/3", "n") == "4");
  CHECK(w.a.replica.drop(w.second.id).ok());
}

TEST_CASE("sync: a first snapshot covers only what the log has", "[sync]") {
  const std::size_t grown = GENERATE(0, 4, 9);
  CAPTURE(grown);
  PutBack w(false);
  w.proxy.truncate(2);
  w.grow(grown);
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.check_in_order();
}

TEST_CASE("watch: what a log had accepted and lost is sent again", "[sync][watch]") {
  const std::size_t grown = GENERATE(0, 4, 9);
  const bool more = GENERATE(false, true);
  CAPTURE(grown, more);
  PutBack w;
  w.proxy.truncate(2);
  w.grow(grown);
  if (more) w.a.emit("todo/4", "m", "5");
  w.a.watch();
  w.a.run([&] { return w.place(w.second.id) != 0 && w.a.queue() == kNothingQueued; });
  CHECK(w.a.report().again == 2);
  w.check_in_order();
}

TEST_CASE("sync: an answer from before an acceptance gives nothing up", "[sync]") {
  OneClient w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.transport.on({"page", Fault::Kind::delay, 1000});
  const Emitted event = w.a.emit("todo/1", "n", "1");
  Client other(w.proxy, w.clock, w.folder.file("a.db"), 5);
  bool pushed = false;
  w.a.transport.meanwhile = [&] {
    if (pushed || w.a.transport.seen.empty() || !w.a.transport.seen.back().starts_with("page"))
      return;
    pushed = true;
    CHECK(other.sync(only_push()).pushed == 1);
  };
  SyncOptions options;
  options.push = false;
  const SyncReport report = w.a.sync(options);
  REQUIRE_FALSE(report.error.has_value());
  CHECK(pushed);
  CHECK(report.again == 0);
  CHECK(w.a.queue() == "queued 0 accepted 1 rejected 0 held 0");
}

TEST_CASE("sync: who has nothing but a state sees a log that was put back, too", "[sync]") {
  const bool watches = GENERATE(true, false);
  TwoClients w;
  for (int i = 0; i < 3; ++i) w.proxy.append("todo/1", R"({"set":{"n":1}})");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  REQUIRE(w.a.info().log_after == 3);
  w.proxy.truncate(2);
  for (int i = 0; i < 5; ++i) w.proxy.append("todo/4", R"({"set":{"n":2}})");
  w.a.emit("todo/9", "n", "9");
  if (watches) {
    w.a.watch();
    w.a.run([&] { return w.a.confirmed() == w.proxy.state(); });
    CHECK(w.a.watcher.resets.size() == 2);
    return;
  }
  SyncOptions pull_only;
  pull_only.push = GENERATE(true, false);
  const SyncReport report = w.a.sync(pull_only);
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.snapshots == 1);
  CHECK(w.a.confirmed() == w.proxy.state());
}

TEST_CASE("sync: numbers that were given before are sent under another name, once", "[sync]") {
  OneClient w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  const std::string before = w.a.info().source;
  w.a.emit("todo/1", "a", "1");
  const auto refuse = [](const std::string& body) {
    return std::regex_replace(body, std::regex(R"("outcome":"accepted","sequence":"\d+")"),
                              R"("outcome":"rejected","code":"already_decided")");
  };
  w.a.transport.on({.on = "push", .kind = Fault::Kind::rewrite, .rewrite = refuse});
  SECTION("the log takes it under that name") {
    const SyncReport report = w.a.sync();
    CHECK_FALSE(report.error.has_value());
    CHECK(report.rejected == 0);
    CHECK(report.pushed == 1);
    CHECK(report.renamed == w.a.info().source);
    CHECK(report.renamed != before);
    CHECK(w.a.queue() == kNothingQueued);
  }
  SECTION("a proxy that says so of a name just made is none") {
    w.a.transport.on({.on = "push", .kind = Fault::Kind::rewrite, .rewrite = refuse});
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->code == "bad_answer");
    CHECK(w.a.queue() == "queued 1 accepted 0 rejected 0 held 0");
  }
}
