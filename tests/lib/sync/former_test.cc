// A log that was replaced: what the new one lacks of the old one is sent again, by whoever has it.
#include <algorithm>

#include "lib/sync/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// Both clients have the whole log of four events: of a, of b, of a, of somebody else.
struct Replaced : TwoClients {
  Replaced() {
    REQUIRE_FALSE(a.sync().error.has_value());
    REQUIRE_FALSE(b.sync().error.has_value());
    first = a.emit("todo/1", "n", "1");
    REQUIRE_FALSE(a.sync().error.has_value());
    second = b.emit("todo/2", "n", "2");
    REQUIRE_FALSE(b.sync().error.has_value());
    third = a.emit("todo/1", "n", "3");
    REQUIRE_FALSE(a.sync().error.has_value());
    proxy.append("todo/3", R"({"set":{"n":4}})");
    REQUIRE_FALSE(a.sync().error.has_value());
    REQUIRE_FALSE(b.sync().error.has_value());
    REQUIRE(proxy.head() == 4);
    whole = proxy.state();
  }
  std::size_t count_in_log(const std::string& id) const {
    return static_cast<std::size_t>(
        std::count_if(proxy.lines().begin(), proxy.lines().end(), [&](const std::string& line) {
          return line.find("\"id\":\"" + id + "\"") != std::string::npos;
        }));
  }
  static std::vector<std::string> lost(Client& client) {
    std::vector<std::string> ids;
    REQUIRE(client.replica.for_each_lost([&](const FormerEvent& event) {
      ids.push_back(event.id);
      return true;
    }));
    return ids;
  }
  static void send_all(Client& client) {
    std::vector<std::uint64_t> all;
    REQUIRE(client.replica.for_each_lost([&](const FormerEvent& event) {
      all.push_back(event.n);
      return true;
    }));
    for (const std::uint64_t n : all) REQUIRE(client.replica.send_lost(n));
  }
  static FormerCounts counts(Client& client) { return client.replica.former_counts().value(); }
  // What a log that is put back to its first event has lost comes back.
  void check_recovered() {
    CHECK(proxy.state() == whole);
    for (const std::string& id : {first.id, second.id, third.id, std::string("other-1")}) {
      CHECK(count_in_log(id) == 1);
    }
    for (Client* client : {&a, &b}) {
      CHECK(client->queue() == kNothingQueued);
      CHECK(client->confirmed() == whole);
      CHECK(lost(*client).empty());
      CHECK(counts(*client).doubtful == 0);
    }
  }

  Emitted first, second, third;
  std::map<std::string, std::string> whole;
};

}  // namespace

TEST_CASE("sync: what a replaced log lacks of one's own is sent again, others' is kept", "[sync]") {
  Replaced w;
  const bool anew = GENERATE(true, false);
  if (anew) {
    w.proxy.begin_anew("e2", 1);
  } else {
    w.proxy.truncate(1);
  }
  w.clock.advance(1);
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.replaced == 1);
  CHECK(report.again == 1);
  CHECK(report.lost == 2);
  CHECK(report.pushed == 1);
  CHECK(Replaced::lost(w.a) == std::vector<std::string>{w.second.id, "other-1"});
  CHECK(w.a.queue() == kNothingQueued);
  REQUIRE(w.proxy.head() == 2);
  CHECK(w.proxy.lines()[1].starts_with(w.third.line.substr(0, w.third.line.size() - 1)));
  CHECK(w.a.get("todo/1", "n") == "3");

  SECTION("its author sends it, too") {
    w.b.emit("todo/2", "m", "5");
    const SyncReport of_b = w.b.sync();
    REQUIRE_FALSE(of_b.error.has_value());
    CHECK(of_b.again == 1);
    CHECK(of_b.lost == 1);
    CHECK(w.count_in_log(w.second.id) == 1);
  }
  SECTION("whoever has it sends it for its author, who finds it there") {
    Replaced::send_all(w.a);
    CHECK(Replaced::lost(w.a).empty());
    const SyncReport sent = w.a.sync();
    REQUIRE_FALSE(sent.error.has_value());
    CHECK(sent.pushed == 2);
    w.a.sync();
    const SyncReport of_b = w.b.sync();
    REQUIRE_FALSE(of_b.error.has_value());
    CHECK(of_b.lost == 0);
    CHECK(of_b.snapshots == 1);  // in the same epoch, too: the log has grown past b's place
    w.check_recovered();
  }
}

TEST_CASE("sync: a log that was put back and has grown past one's place", "[sync]") {
  for (const bool pushes : {true, false}) {
    Replaced w;
    if (pushes) w.a.emit("todo/9", "n", "9");
    w.proxy.truncate(2);
    for (int i = 0; i < 5; ++i) w.proxy.append("todo/4", R"({"set":{"n":1}})");
    const SyncReport report = w.a.sync();
    REQUIRE_FALSE(report.error.has_value());
    CHECK(report.snapshots == 1);
    CHECK(report.again == 1);
    CHECK(report.lost == 1);
    CHECK(w.count_in_log(w.third.id) == 1);
    CHECK(w.a.confirmed() == w.proxy.state());
    w.b.watch();
    w.b.run([&] { return w.b.watcher.connected == 1; });
    CHECK(w.b.watcher.resets.size() == 2);
    w.b.run([&] { return w.b.confirmed() == w.proxy.state(); });
    w.b.stop();
  }
}

TEST_CASE("sync: what is lost shows as soon as it is to be sent again", "[sync]") {
  Replaced w;
  w.proxy.begin_anew("e2");
  SyncOptions pull_only;
  pull_only.push = false;
  const SyncReport report = w.a.sync(pull_only);
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.again == 2);
  CHECK(report.pushed == 0);
  CHECK(w.a.queue() == "queued 2 accepted 0 rejected 0 held 0");
  CHECK(w.a.get("todo/1", "n") == "3");
  CHECK(w.a.get("todo/1", "n", Replica::View::confirmed).empty());
  CHECK(w.a.get("todo/3", "n").empty());
  Replaced::send_all(w.a);
  CHECK(w.a.get("todo/3", "n") == "4");
}

TEST_CASE("sync: what is sent again goes before what came after it", "[sync]") {
  Replaced w;
  const Emitted fourth = w.a.emit("todo/1", "n", "9");
  w.proxy.begin_anew("e2");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  REQUIRE(w.proxy.head() == 3);
  const std::string order[] = {w.first.id, w.third.id, fourth.id};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(w.proxy.lines()[i].find(order[i]) != std::string::npos);
  }
  CHECK(w.a.get("todo/1", "n") == "9");
}

TEST_CASE("watch: what a replaced log lacks is sent again", "[sync][watch]") {
  Replaced w;
  w.a.watch();
  w.a.run([&] { return w.a.watcher.connected == 1; });
  w.proxy.begin_anew("e2", 1);
  w.a.transport.cut_streams();
  w.a.run([&] { return w.proxy.head() == 2 && w.a.queue() == kNothingQueued; });
  CHECK(w.a.report().again == 1);
  CHECK(w.a.report().lost == 2);
  Replaced::send_all(w.a);
  w.a.run([&] { return w.proxy.head() == 4 && w.a.queue() == kNothingQueued; });
  w.a.stop();
  REQUIRE_FALSE(w.b.sync().error.has_value());
  w.check_recovered();
}

TEST_CASE("sync: an answer about what is missing that is cut counts for nothing", "[sync]") {
  for (std::size_t bytes = 0; bytes < 400; bytes += 7) {
    Replaced w;
    w.proxy.begin_anew("e2");
    // As behind a gateway that takes a closed connection for the end.
    Fault cut{"missing", Fault::Kind::rewrite};
    bool whole = false;
    cut.rewrite = [&](std::string body) {
      whole = bytes >= body.size();
      return body.substr(0, bytes);
    };
    w.a.transport.on(cut);
    const SyncReport failed = w.a.sync();
    INFO(bytes);
    if (!whole) {
      REQUIRE(failed.error.has_value());
      CHECK(failed.error->kind == Errc::protocol);
      CHECK(Replaced::counts(w.a).doubtful == 4);
      CHECK(w.proxy.head() == 0);
    }
    REQUIRE_FALSE(w.a.sync().error.has_value());
    CHECK(w.proxy.head() == 2);
    CHECK(Replaced::lost(w.a).size() == 2);
    if (whole) return;
  }
  FAIL("no answer was whole");
}

TEST_CASE("sync: a hostile answer about what is missing is refused", "[sync][hostile]") {
  Replaced w;
  w.proxy.begin_anew("e2");
  for (const std::string body : {"", "\n", "[]\n",
                                 R"({"asked":4,"missing":0})"
                                 "\n"
                                 R"({"source":"/x","id":"y"})"
                                 "\n",
                                 R"({"asked":4,"missing":1})"
                                 "\n"
                                 R"({"source":"/x","id":"y"})"
                                 "\n",
                                 R"({"asked":4,"missing":1})"
                                 "\n"
                                 R"({"source":"/other"})"
                                 "\n",
                                 R"({"asked":3,"missing":0})"
                                 "\n",
                                 R"({"asked":4,"missing":1})"
                                 "\n",
                                 R"({"asked":4,"missing":-1})"
                                 "\n",
                                 R"({"asked":4,"missing":2})"
                                 "\n"
                                 R"({"source":"/other","id":"other-1"})"
                                 "\n"
                                 R"({"source":"/other","id":"other-1"})"
                                 "\n"}) {
    INFO(body);
    Fault wrong{"missing", Fault::Kind::rewrite};
    wrong.rewrite = [&](const std::string&) { return body; };
    w.a.transport.on(wrong);
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::protocol);
    CHECK(Replaced::counts(w.a).doubtful == 4);
    CHECK(Replaced::counts(w.a).lost == 0);
  }
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.proxy.head() == 2);
}

TEST_CASE("sync: a proxy that does not know the question is sent what is one's own", "[sync]") {
  Replaced w;
  w.proxy.knows_missing = false;
  w.proxy.begin_anew("e2", 1);
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.pushed == 1);
  CHECK(report.duplicate == 1);
  CHECK(w.proxy.head() == 2);
  CHECK(Replaced::lost(w.a).size() == 2);
}

TEST_CASE("sync: history that is not kept any more is not lost", "[sync]") {
  Replaced w;
  for (int i = 0; i < 5; ++i) w.proxy.append("todo/4", R"({"set":{"n":1}})");
  w.proxy.forget_until(7);
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.snapshots == 1);
  CHECK(report.replaced == 0);
  CHECK(report.again == 0);
  CHECK(report.lost == 0);
  CHECK(w.proxy.head() == 9);
  CHECK(Replaced::counts(w.a).doubtful == 0);
}

TEST_CASE("sync: a log is replaced twice, and the second one lacks more", "[sync]") {
  Replaced w;
  w.proxy.begin_anew("e2", 3);
  REQUIRE(w.a.sync().lost == 1);
  CHECK(w.proxy.head() == 3);
  w.proxy.begin_anew("e3", 0);
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.again == 2);
  CHECK(report.lost == 2);
  CHECK(w.proxy.head() == 2);
  REQUIRE_FALSE(w.b.sync().error.has_value());
  Replaced::send_all(w.b);
  REQUIRE_FALSE(w.b.sync().error.has_value());
  REQUIRE_FALSE(w.b.sync().error.has_value());
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.check_recovered();
}

TEST_CASE("sync: lost, and there again in the log that comes next", "[sync]") {
  Replaced w;
  const std::vector<std::string> good = w.proxy.lines();  // the good backup
  w.proxy.begin_anew("e2", 1);
  REQUIRE(w.a.sync().lost == 2);
  w.proxy.put_back("e3", good);
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.lost == 0);
  CHECK(report.again == 0);
  CHECK(Replaced::lost(w.a).empty());
  CHECK(w.a.confirmed() == w.whole);
}

TEST_CASE("sync: what only a snapshot covers of one's own is kept for the next loss", "[sync]") {
  Replaced w;
  SyncOptions push_only;
  push_only.pull = false;
  const Emitted fifth = w.a.emit("todo/5", "n", "5");
  REQUIRE(w.a.sync(push_only).pushed == 1);
  w.proxy.forget_until(5);  // no copy of it will come
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.log().empty());
  w.proxy.forget_until(0);
  w.proxy.begin_anew("e2");
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.again == 3);
  CHECK(w.count_in_log(fifth.id) == 1);
}

TEST_CASE("sync: what somebody drops stays dropped", "[sync]") {
  Replaced w;
  w.proxy.begin_anew("e2");
  REQUIRE(w.a.sync().lost == 2);
  std::uint64_t n = 0;
  REQUIRE(w.a.replica.for_each_lost([&](const FormerEvent& event) {
    n = event.n;
    return false;
  }));
  REQUIRE(w.a.replica.drop_lost(n));
  CHECK(Replaced::lost(w.a) == std::vector<std::string>{"other-1"});
  const auto again = w.a.replica.drop_lost(n);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "no_event");
  CHECK(w.a.replica.send_lost(n).error().code == "no_event");
  w.proxy.begin_anew("e3");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(Replaced::lost(w.a) == std::vector<std::string>{"other-1"});
}

// The proxy knows the event already when it is sent again, and says so late: another process has
// meanwhile the snapshot of the log as it was put back, which lacks it.
TEST_CASE("sync: a duplicate of a log that was put back meanwhile is asked about", "[sync]") {
  Replaced w;
  w.proxy.knows_missing = GENERATE(true, false);
  const Emitted late = w.a.emit("todo/5", "n", "5");
  w.a.transport.on({"push", Fault::Kind::lose});
  REQUIRE(w.a.sync().error.has_value());
  w.a.transport.on({"push", Fault::Kind::delay, 1000});
  bool put_back = false;
  w.a.transport.meanwhile = [&] {
    if (put_back || w.a.transport.seen.back() != "push") return;
    put_back = true;
    w.proxy.truncate(3);
    for (int i = 0; i < 4; ++i) w.proxy.append("todo/6", R"({"inc":{"n":1}})");
    Client other(w.proxy, w.clock, w.folder.file("a.db"), 9);
    SyncOptions pull_alone;
    pull_alone.push = false;
    REQUIRE(other.sync(pull_alone).snapshots == 1);
  };
  const SyncReport report = w.a.sync();
  REQUIRE(put_back);
  REQUIRE_FALSE(report.error.has_value());
  CHECK(w.count_in_log(late.id) == 1);
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.get("todo/5", "n") == "5");
  CHECK(Replaced::counts(w.a).doubtful == 0);
}

TEST_CASE("sync: an answer about what is missing of a log that is no more", "[sync]") {
  Replaced w;
  w.proxy.begin_anew("e2");
  w.a.transport.on({"missing", Fault::Kind::delay, 1000});
  bool replaced = false;
  w.a.transport.meanwhile = [&] {
    if (replaced || w.a.transport.seen.back() != "missing") return;
    replaced = true;
    w.proxy.begin_anew("e3");
    Client other(w.proxy, w.clock, w.folder.file("a.db"), 9);
    REQUIRE_FALSE(other.sync().error.has_value());
  };
  const SyncReport report = w.a.sync();
  REQUIRE(replaced);
  REQUIRE_FALSE(report.error.has_value());
  CHECK(w.proxy.head() == 2);
  CHECK(Replaced::lost(w.a).size() == 2);
  CHECK(w.a.queue() == kNothingQueued);
}
