// A rejection is of a log: where another one has taken its place, which has the event, it is void.
#include <algorithm>

#include "lib/sync/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// A log had two events of a; the one that was begun in its place has rejected the first, and so
// the second is held.
struct Rejected : TwoClients {
  Rejected() {
    REQUIRE_FALSE(a.sync().error.has_value());
    proxy.refuses = false;
    first = a.emit("todo/1", "n", "1", "test.refused");
    second = a.emit("todo/1", "m", "2");
    REQUIRE_FALSE(a.sync().error.has_value());
    backup = proxy.lines();
    REQUIRE(backup.size() == 2);
    proxy.refuses = true;
    proxy.begin_anew("e2");
    REQUIRE_FALSE(a.sync().error.has_value());
    REQUIRE(a.queue() == "queued 0 accepted 0 rejected 1 held 1");
  }
  std::size_t count_in_log(const std::string& id) const {
    return static_cast<std::size_t>(
        std::count_if(proxy.lines().begin(), proxy.lines().end(), [&](const std::string& line) {
          return line.find("\"id\":\"" + id + "\"") != std::string::npos;
        }));
  }
  std::size_t asked() const {
    const auto& seen = a.transport.seen;
    return static_cast<std::size_t>(std::count(seen.begin(), seen.end(), "missing"));
  }
  void check_all_there() {
    CHECK(a.queue() == kNothingQueued);
    CHECK(count_in_log(first.id) == 1);
    CHECK(count_in_log(second.id) == 1);
    CHECK(a.confirmed() == proxy.state());
    CHECK(a.get("todo/1", "n", Replica::View::confirmed) == "1");
    CHECK(a.get("todo/1", "m", Replica::View::confirmed) == "2");
    CHECK(a.replica.former_counts().value().doubtful == 0);
  }

  Emitted first, second;
  std::vector<std::string> backup;
};

}  // namespace

TEST_CASE("sync: what a log rejected and the one in its place has is not rejected", "[sync]") {
  const bool watch = GENERATE(false, true);
  const bool same_epoch = GENERATE(false, true);
  CAPTURE(watch, same_epoch);
  Rejected w;
  const Emitted third = w.a.emit("todo/1", "k", "3");
  REQUIRE_FALSE(third.behind.empty());
  w.proxy.append("todo/9", R"({"set":{"n":1}})");  // so that a pull goes beyond what is put back
  w.proxy.append("todo/9", R"({"set":{"n":2}})");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.proxy.put_back(same_epoch ? "e2" : "e3", w.backup);
  w.proxy.append("todo/9", R"({"set":{"n":3}})");
  if (watch) {
    w.a.watch();
    w.a.run([&] { return w.proxy.head() == 4 && w.a.queue() == kNothingQueued; });
    w.a.stop();
  } else {
    const SyncReport report = w.a.sync();
    REQUIRE_FALSE(report.error.has_value());
    CHECK(report.rejected == 0);
    CHECK(report.duplicate == 2);
    CHECK(report.pushed == 1);
  }
  w.check_all_there();
  CHECK(w.count_in_log(third.id) == 1);
  CHECK(w.a.get("todo/1", "k", Replica::View::confirmed) == "3");
}

TEST_CASE("sync: what was held and is in the log goes nowhere under another number", "[sync]") {
  Rejected w;
  const std::size_t asked_at_a_time = GENERATE(1, 2, 100);
  w.proxy.put_back("e3", w.backup);
  SyncOptions options;
  options.push_events = asked_at_a_time;
  REQUIRE_FALSE(w.a.sync(options).error.has_value());
  w.check_all_there();
  CHECK(w.proxy.head() == 2);
}

TEST_CASE("sync: what the log in its place lacks, too, stays rejected", "[sync]") {
  Rejected w;
  w.proxy.knows_missing = GENERATE(true, false);
  const std::size_t before = w.asked();
  w.proxy.begin_anew("e3");
  w.proxy.refuses = false;  // it would take it; but then in which order
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.asked() > before);
  CHECK(w.a.queue() == "queued 0 accepted 0 rejected 1 held 1");
  CHECK(w.proxy.head() == 0);
  CHECK(w.a.get("todo/1", "n").empty());
  const std::size_t then = w.asked();
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.asked() == then);
}

TEST_CASE("sync: another event of a rejected one's name is not that one", "[sync]") {
  Rejected w;
  std::vector<std::string> others = w.backup;
  others.resize(1);
  const std::size_t value = others[0].find("\"n\":1");
  REQUIRE(value != std::string::npos);
  others[0].replace(value, 5, "\"n\":7");
  w.proxy.put_back("e3", others);
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.queue() == "queued 0 accepted 0 rejected 1 held 1");
  const auto rejected = w.a.replica.pending(w.first.id);
  REQUIRE((rejected && *rejected));
  CHECK((*rejected)->code == "id_conflict");
  CHECK(w.a.get("todo/1", "n") == "7");
  CHECK(w.proxy.head() == 1);
}

TEST_CASE("sync: what is dropped or retried is not looked for", "[sync]") {
  const bool drop = GENERATE(true, false);
  CAPTURE(drop);
  Rejected w;
  w.proxy.begin_anew("e3");
  w.a.transport.on({"missing", Fault::Kind::lose});
  REQUIRE(w.a.sync().error.has_value());
  CHECK(w.a.replica.former_counts().value().doubtful == 2);
  if (drop) {
    REQUIRE(w.a.replica.drop(w.first.id));
  } else {
    REQUIRE(w.a.replica.retry(w.first.id));
    w.proxy.refuses = false;
  }
  CHECK(w.a.replica.former_counts().value().doubtful == 0);
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.proxy.head() == (drop ? 1U : 2U));
  CHECK(w.count_in_log(w.first.id) == 0);
  CHECK(w.a.replica.former_counts().value().lost == 0);
}

TEST_CASE("sync: what is not rejected any more and lost again is sent under its name", "[sync]") {
  Rejected w;
  const Emitted later = w.a.emit("todo/2", "n", "5");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  const std::string last = w.proxy.lines().back();
  const std::string source = w.a.info().source;
  w.proxy.keeps_marks = true;
  w.proxy.refuses = false;
  w.proxy.put_back("e3", w.backup);
  w.a.transport.on({"push", Fault::Kind::refuse});
  REQUIRE(w.a.sync().error.has_value());
  REQUIRE(w.a.queue() == "queued 3 accepted 0 rejected 0 held 0");
  w.proxy.put_back("e4", {last});
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.renamed.empty());
  CHECK(w.a.info().source == source);
  CHECK(w.count_in_log(later.id) == 1);
  w.check_all_there();
}

TEST_CASE("sync: a page voids a rejection before the log is asked", "[sync]") {
  Rejected w;
  // The log has the second event, and gets the first one behind it, from somebody who has it.
  w.proxy.put_back("e3", {w.backup[1]});
  w.a.transport.on({"missing", Fault::Kind::lose});
  REQUIRE(w.a.sync().error.has_value());
  w.proxy.put_back("e3", {w.backup[1], w.backup[0]});
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.check_all_there();
  CHECK(w.proxy.head() == 2);
}

TEST_CASE("sync: a snapshot that covers a rejected event of another source", "[sync]") {
  TwoClients w;
  const std::string line =
      R"({"specversion":"1.0","id":"x-1","source":"/till","type":"test.refused","subject":"todo/1",)"
      R"("time":"2020-01-01T00:00:00Z","data":{"inc":{"n":1}}})";
  REQUIRE_FALSE(w.a.sync().error.has_value());
  for (Client* client : {&w.a, &w.b}) {
    auto batch = client->replica.begin_batch();
    REQUIRE((batch && batch->add_line(line) && batch->commit()));
  }
  const Emitted behind = w.a.count_up("todo/1", "n");
  REQUIRE_FALSE(w.a.sync().error.has_value());
  REQUIRE(w.a.queue() == "queued 0 accepted 0 rejected 1 held 1");
  w.proxy.refuses = false;
  REQUIRE_FALSE(w.b.sync().error.has_value());
  for (int i = 0; i < 3; ++i) w.proxy.append("todo/9", R"({"set":{"n":1}})");
  w.proxy.forget_until(3);
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.snapshots == 1);
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.get("todo/1", "n", Replica::View::confirmed) == "2");
  CHECK(w.a.confirmed() == w.proxy.state());
  CHECK(w.proxy.head() == 5);
}
