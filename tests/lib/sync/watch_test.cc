// SyncEngine, mode watch: the live stream, its ends and its resumption, pushes beside it.
#include <set>

#include "base/limits.h"
#include "lib/sync/fixture.h"
#include "wire/problem.h"
#include "wire/sse.h"

namespace offsync::test {
namespace {

using Seen = std::vector<std::string>;

constexpr const char* kCount = R"({"inc":{"sold":1}})";

struct World : OneClient {
  // A client that watches from the beginning of an empty log.
  void connect() {
    REQUIRE_FALSE(a.sync().error.has_value());
    a.watch();
    a.run([&] { return a.watcher.connected == 1; });
    a.transport.seen.clear();
    a.transport.times.clear();
  }
  void expect_in_step() {
    a.run([&] { return a.info().cursor == Cursor{proxy.epoch(), proxy.head()}; });
    CHECK(a.confirmed() == proxy.state());
  }
};

Fault answer(const std::string& on, int status, const std::string& body = "") {
  Fault fault{on, Fault::Kind::answer};
  fault.answer.status = status;
  fault.answer.body = body;
  return fault;
}

TEST_CASE("watch: bootstraps, then streams, then says that it is in sync", "[sync][watch]") {
  World w;
  w.proxy.append("stock/1", kCount);
  w.a.watch();
  w.a.run([&] { return w.a.watcher.connected == 1; });
  CHECK(w.a.transport.seen == Seen{"state", "stream e1-1"});
  CHECK(w.a.watcher.resets == std::vector<Cursor>{{"e1", 1}});
  w.proxy.append("stock/1", kCount);
  w.a.run_for(100);
  CHECK(w.a.watcher.applied.back() == Cursor{"e1", 2});
  CHECK(w.a.get("stock/1", "sold") == "2");
  CHECK(w.a.report().pulled == 1);
  CHECK(w.a.info().last_sync_ms > 0);
  CHECK(w.a.info().head >= 1);
}

TEST_CASE("watch: pushes what is queued, also by another process", "[sync][watch]") {
  World w;
  w.connect();
  w.a.count_up("stock/1", "sold");
  SeededRandom random(77);
  auto other = Replica::open(w.folder.file("a.db"), w.clock, random).value();
  EventDraft draft;
  draft.type = "test.counted";
  draft.subject = "stock/1";
  draft.inc["sold"] = "1";
  REQUIRE(other.emit(draft).ok());
  const std::int64_t begun = w.clock.steady_ms();
  w.a.run([&] { return w.proxy.head() == 2; });
  CHECK(w.clock.steady_ms() - begun <= 250);
  w.expect_in_step();
  w.a.run_for(1000);
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.a.get("stock/1", "sold") == "2");
  CHECK(w.a.report().pushed == 2);
}

TEST_CASE("watch: looks at the queue now and then, not all the time", "[sync][watch]") {
  World w;
  w.connect();
  int ticks = 0;
  w.a.transport.meanwhile = [&] { ++ticks; };
  w.a.run_for(60'000);
  CHECK(ticks < 2 * 60'000 / 200);
  CHECK(w.a.transport.seen.empty());
}

TEST_CASE("watch: a stream that was cut goes on behind the last event", "[sync][watch]") {
  World w;
  w.connect();
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  w.a.transport.cut_streams();
  w.proxy.append("stock/1", kCount);
  w.a.run([&] { return w.a.watcher.connected == 2; });
  w.expect_in_step();
  CHECK(w.a.transport.seen == Seen{"stream e1-1"});
  const HttpRequest& request = w.a.transport.requests.back();
  CHECK(std::find(request.headers.begin(), request.headers.end(),
                  std::pair<std::string, std::string>("Last-Event-ID", "e1-1")) !=
        request.headers.end());
  CHECK(w.a.report().reconnects == 1);
  REQUIRE(w.a.report().error.has_value());
  CHECK(w.a.report().error->code == "cut");
}

TEST_CASE("watch: an event that was cut in the middle comes once and whole", "[sync][watch]") {
  for (std::size_t chunk : {1, 3, 50}) {
    for (int polls_until_cut = 5; polls_until_cut < 200; polls_until_cut += 37) {
      World w;
      w.connect();
      w.a.transport.chunk = chunk;
      for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", kCount);
      int polls = 0;
      w.a.transport.meanwhile = [&] {
        if (++polls == polls_until_cut) w.a.transport.cut_streams();
      };
      w.expect_in_step();
      CHECK(w.a.get("stock/1", "sold") == "3");
      CHECK(w.a.log() == std::vector<std::uint64_t>{1, 2, 3});
      CHECK(w.a.report().pulled == 3);
    }
  }
}

TEST_CASE("watch: heartbeats keep a silent stream alive, silence ends it", "[sync][watch]") {
  World w;
  w.connect();
  w.a.run_for(600'000);
  CHECK(w.a.transport.seen.empty());
  CHECK(w.a.watcher.troubles.empty());

  w.a.transport.heartbeats = false;
  w.a.run([&] { return !w.a.watcher.troubles.empty(); });
  CHECK(w.a.watcher.troubles.front() == "timeout");
  w.a.transport.heartbeats = true;
  w.a.run([&] { return w.a.watcher.connected == 2; });
  CHECK(w.a.transport.open_streams() == 1);
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
}

TEST_CASE("watch: a stream is dead after stream_dead_ms without a byte", "[sync][watch]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.transport.heartbeats = false;
  SyncOptions options;
  options.stream_dead_ms = 20'000;
  w.a.watch(options);
  w.a.run([&] { return w.a.watcher.connected == 1; });
  const std::int64_t begun = w.clock.steady_ms();
  w.a.run([&] { return !w.a.watcher.troubles.empty(); });
  CHECK(w.clock.steady_ms() - begun >= 20'000);
  CHECK(w.clock.steady_ms() - begun <= 20'400 + w.a.watcher.waits.front());
}

TEST_CASE("watch: the longest wait between tries can be set", "[sync][watch]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.transport.down = true;
  SyncOptions options;
  options.backoff_cap_ms = 100;  // below the first wait, too
  w.a.watch(options);
  w.a.run([&] { return w.a.watcher.waits.size() == 50; });
  for (const std::int64_t wait : w.a.watcher.waits) CHECK(wait <= 100);
}

TEST_CASE("watch: cut before an event came, it waits longer each time; after one, it does not",
          "[sync][watch]") {
  // What an end-to-end test cannot wait for: connections that bring nothing are asked for less and
  // less often, though each of them was made.
  World w;
  w.connect();
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  w.proxy.append("stock/1", kCount);
  for (int i = 0; i < 12; ++i) w.a.transport.on({"stream", Fault::Kind::cut, 10});
  const std::size_t before = w.a.watcher.waits.size();
  w.a.transport.cut_streams();
  w.a.run([&] { return w.a.watcher.waits.size() - before == 13; });  // the first, and twelve more
  w.expect_in_step();                                                // by a page in between
  CHECK(w.a.watcher.waits[before] <= 2000);  // it had brought events: `retry:` counts
  const auto begin = w.a.watcher.waits.begin() + static_cast<std::ptrdiff_t>(before);
  CHECK(*std::max_element(begin, w.a.watcher.waits.end()) > 5000);
  // As soon as one brings an event, the next wait is short again.
  w.a.run([&] { return w.a.transport.open_streams() == 1; });
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  for (int i = 0; i < 12; ++i) {
    w.a.transport.cut_streams();
    w.proxy.append("stock/1", kCount);
    w.expect_in_step();
    CHECK(w.a.watcher.waits.back() <= 2000);
  }
}

TEST_CASE("watch: a proxy that is down is asked less and less often", "[sync][watch]") {
  World w;
  w.connect();
  w.a.emit("todo/1", "n", "1");
  w.a.transport.down = true;
  w.a.transport.cut_streams();
  w.a.run_for(3'600'000);
  // Full jitter with a cap of 10 s: some 720 tries in an hour, and a few more at the beginning.
  CHECK(w.a.transport.seen.size() > 400);
  CHECK(w.a.transport.seen.size() < 1200);
  for (const std::int64_t wait : w.a.watcher.waits) CHECK(wait <= limits::kBackoffCapMs);
  CHECK_FALSE(w.a.done());
  CHECK(w.a.queue() == "queued 1 accepted 0 rejected 0 held 0");

  w.a.transport.down = false;
  w.a.run([&] { return w.a.watcher.connected == 2; });
  w.expect_in_step();
  w.a.run([&] { return w.a.queue() == kNothingQueued; });
}

TEST_CASE("watch: clients do not all come back at the same moment", "[sync][watch]") {
  World w;
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 10; seed < 30; ++seed) {
    Client client(w.proxy, w.clock, w.folder.file("c" + std::to_string(seed)), seed);
    client.watch();
    client.run([&] { return client.watcher.connected == 1; });
    client.run_for(60'000);
    client.transport.cut_streams();
    client.run([&] { return !client.watcher.waits.empty(); });
    waits.insert(client.watcher.waits.front());
    CHECK(client.watcher.waits.front() <= 2000);  // what `retry` said
  }
  CHECK(waits.size() > 10);
  CHECK(*waits.rbegin() > 1000);
}

TEST_CASE("watch: a stream that always breaks at once does not make it hasty", "[sync][watch]") {
  World w;
  w.connect();
  w.a.transport.meanwhile = [&] { w.a.transport.cut_streams(); };
  w.a.transport.cut_streams();
  w.a.run_for(600'000);
  CHECK(w.a.transport.seen.size() < 300);  // 10 s at most between two tries, 5 s on the average
}

TEST_CASE("watch: Retry-After is honoured", "[sync][watch]") {
  for (const std::string on : {"stream", "push"}) {
    World w;
    w.connect();
    Fault busy = answer(on, 503);
    busy.answer.headers = {{"retry-after", "100"}};
    w.a.transport.on(busy);
    if (on == "push") {
      w.a.emit("todo/1", "n", "1");
    } else {
      w.a.transport.cut_streams();
    }
    w.a.run([&] { return !w.a.watcher.waits.empty() && w.a.watcher.waits.back() >= 100'000; });
    const std::size_t asked = w.a.transport.times.size();
    w.a.run([&] { return w.a.transport.times.size() > asked; });
    const std::int64_t waited = w.a.transport.times[asked] - w.a.transport.times[asked - 1];
    CHECK(waited >= 100'000);
    CHECK(waited <= 101'000);
    CHECK_FALSE(w.a.done());
  }
}

TEST_CASE("watch: what trying again cannot mend ends it", "[sync][watch]") {
  for (const int status : {400, 401, 403, 404, 204}) {
    for (const std::string on : {"stream", "push"}) {
      // A push that is refused where others pass is that event's affair: blocked_test.cc.
      if (on == "push" && (status == 400 || status == 403 || status == 404)) continue;
      World w;
      w.connect();
      w.a.transport.on(answer(on, status));
      w.a.emit("todo/1", "n", "1");
      w.a.transport.cut_streams();
      w.a.run([&] { return w.a.done(); });
      REQUIRE(w.a.report().error.has_value());
      const bool auth = status == 401 || status == 403;
      CHECK(w.a.report().error->kind == (auth ? Errc::auth : Errc::protocol));
      CHECK(w.a.transport.open_streams() == 0);
    }
  }
}

TEST_CASE("watch: what stands in between does not end it", "[sync][watch]") {
  Fault portal = answer("stream", 200, "<html>Please log in</html>");
  Fault moved = answer("stream", 302);
  Fault page = answer("stream", 200, "{}\n");
  page.answer.headers = {{"offsync-epoch", "e1"}, {"content-type", "application/x-ndjson"}};
  Fault rubbish = answer("stream", 200, std::string(limits::kSseLineBytes + 10, 'x'));
  rubbish.answer.headers = {{"offsync-epoch", "e1"}, {"content-type", "text/event-stream"}};
  Fault foreign = answer("stream", 200, "id: 42\ndata: {}\n\n");
  foreign.answer.headers = rubbish.answer.headers;
  Fault no_event = answer("stream", 200, "id: e1-1\ndata: {}\n\n");
  no_event.answer.headers = rubbish.answer.headers;
  for (const Fault& fault :
       {portal, moved, page, rubbish, foreign, no_event, answer("stream", 502)}) {
    World w;
    w.connect();
    w.a.transport.on(fault);
    w.a.transport.cut_streams();
    w.proxy.append("stock/1", kCount);
    w.a.run([&] { return w.a.watcher.connected == 2; });
    CHECK(w.a.watcher.troubles.size() == 2);
    w.expect_in_step();
  }
}

TEST_CASE("watch: a new epoch, told by 410", "[sync][watch]") {
  World w;
  w.connect();
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  w.proxy.begin_anew("e2");
  w.proxy.append("stock/2", kCount);
  w.a.transport.cut_streams();
  w.expect_in_step();
  CHECK(w.a.transport.seen == Seen{"stream e1-1", "state", "stream e2-1"});
  CHECK(w.a.get("stock/1", "sold").empty());
  CHECK(w.a.report().snapshots == 1);
}

TEST_CASE("watch: a new epoch, told by event: reset", "[sync][watch]") {
  World w;
  w.connect();
  for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  w.proxy.append("stock/1", kCount);
  w.proxy.append("stock/1", kCount);
  w.proxy.forget_until(4);
  Fault reset = answer("stream", 200);
  reset.answer.headers = {{"offsync-epoch", "e1"}, {"content-type", "text/event-stream"}};
  append_sse(reset.answer.body, "", "hello", encode_hello({"e1", 5}));
  append_sse(reset.answer.body, "", "reset", encode_problem({410, "cursor_expired", "Gone", ""}));
  w.a.transport.on(reset);
  w.a.transport.cut_streams();
  w.a.run([&] { return w.a.watcher.resets.size() == 2; });
  w.expect_in_step();
  CHECK(w.a.get("stock/1", "sold") == "5");
}

TEST_CASE("watch: a new epoch, or less of the old one, told by head or hello", "[sync][watch]") {
  for (const Cursor& at : {Cursor{"e2", 3}, Cursor{"e1", 1}}) {
    World w;
    w.connect();
    for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", kCount);
    w.expect_in_step();
    w.proxy.begin_anew(at.epoch, at.sequence);
    Fault silent = answer("stream", 200);
    silent.answer.stream = true;  // it would stay open
    silent.answer.headers = {{"offsync-epoch", at.epoch}, {"content-type", "text/event-stream"}};
    append_sse(silent.answer.body, "", "hello", encode_hello({at.epoch, at.sequence}));
    w.a.transport.on(silent);
    w.a.transport.cut_streams();
    w.a.run_for(5000);
    CHECK(w.a.watcher.resets.back() == at);
    CHECK(w.a.get("stock/1", "sold") == std::to_string(at.sequence));
    CHECK(w.a.watcher.connected == 2);
  }
}

TEST_CASE("watch: an event of another log is not taken", "[sync][watch]") {
  World w;
  w.connect();
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  w.proxy.append("stock/1", kCount);
  Fault mixed = answer("stream", 200);
  mixed.answer.headers = {{"offsync-epoch", "e1"}, {"content-type", "text/event-stream"}};
  append_sse(mixed.answer.body, "e9-2", "", w.proxy.lines()[1]);
  w.a.transport.on(mixed);
  w.a.transport.cut_streams();
  w.a.run([&] { return w.a.watcher.troubles.size() == 2; });
  CHECK(w.a.watcher.troubles.back() == "bad_answer");
  CHECK(w.a.info().cursor == Cursor{"e1", 1});
  w.expect_in_step();
}

TEST_CASE("watch: a replica in sync knows since when", "[sync][watch]") {
  World w;
  w.connect();
  for (int i = 0; i < 5; ++i) {
    w.a.run_for(120'000);
    CHECK(w.clock.wall_ms() - w.a.info().last_sync_ms <= 80'000);
  }
  w.a.transport.down = true;
  w.a.transport.cut_streams();
  const std::int64_t last = w.a.info().last_sync_ms;
  w.a.run_for(300'000);
  CHECK(w.a.info().last_sync_ms == last);
}

TEST_CASE("watch: a new epoch that only the push meets", "[sync][watch]") {
  World w;
  w.connect();
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  w.proxy.begin_anew("e2", 1);  // the old stream stays open and silent
  w.a.count_up("stock/1", "sold");
  w.expect_in_step();
  w.a.run([&] { return w.a.queue() == kNothingQueued; });
  CHECK(w.a.info().cursor == Cursor{"e2", 2});
  CHECK(w.a.get("stock/1", "sold") == "2");
}

TEST_CASE("watch: another process moves the cursor meanwhile", "[sync][watch]") {
  World w;
  w.connect();
  w.a.transport.chunk = 20;
  for (int i = 0; i < 5; ++i) w.proxy.append("stock/1", kCount);
  int polls = 0;
  w.a.transport.meanwhile = [&] { ++polls; };
  w.a.run([&] { return polls == 5; });  // in the middle of the first event
  Client other(w.proxy, w.clock, w.folder.file("a.db"), 5);
  REQUIRE(other.sync().pulled > 0);
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  CHECK(w.a.get("stock/1", "sold") == "6");
  CHECK(w.a.log() == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
  CHECK(w.a.watcher.troubles.empty());
  // The observer hears of what the other process stored, too.
  CHECK(w.a.watcher.applied.back() == Cursor{"e1", 6});
}

TEST_CASE("watch: another process takes the snapshot of a new epoch", "[sync][watch]") {
  World w;
  w.connect();
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  w.proxy.begin_anew("e2");
  w.proxy.append("stock/1", kCount);
  Client other(w.proxy, w.clock, w.folder.file("a.db"), 5);
  REQUIRE(other.sync().snapshots == 1);
  w.a.transport.cut_streams();
  w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  CHECK(w.a.watcher.resets == std::vector<Cursor>{{"e1", 0}, {"e2", 1}});
  CHECK(w.a.report().snapshots == 0);
}

TEST_CASE("watch: a hole in the stream is never stepped over", "[sync][watch]") {
  World w;
  w.connect();
  for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", kCount);
  w.expect_in_step();
  for (int i = 0; i < 3; ++i) w.proxy.append("stock/1", kCount);
  Fault hole = answer("stream", 200);
  hole.answer.headers = {{"offsync-epoch", "e1"}, {"content-type", "text/event-stream"}};
  append_sse(hole.answer.body, "", "hello", encode_hello({"e1", 6}));
  append_sse(hole.answer.body, "e1-5", "", w.proxy.lines()[4]);
  for (int i = 0; i < 6; ++i) w.a.transport.on(hole);
  w.a.transport.cut_streams();
  w.a.transport.seen.clear();
  w.a.run([&] { return w.a.watcher.troubles.size() >= 2; });
  CHECK(w.a.info().cursor == Cursor{"e1", 3});
  CHECK(w.a.watcher.troubles.back() == "gap");
  w.expect_in_step();
  REQUIRE(w.a.transport.seen.size() >= 2);
  CHECK(w.a.transport.seen[0] == "stream e1-3");
  CHECK(w.a.transport.seen[1] == "page e1-3");
  CHECK(w.a.get("stock/1", "sold") == "6");
}

TEST_CASE("watch: an event that the proxy holds for no reason is sent now and then",
          "[sync][watch]") {
  World w;
  w.connect();
  const Emitted event = w.a.emit("todo/1", "n", "1");
  Fault held{"push", Fault::Kind::rewrite};
  held.rewrite = [&](const std::string&) {
    return encode_outcome({event.id, OutcomeKind::held, 0, 1, "held", "", 0}) + "\n";
  };
  for (int i = 0; i < 500; ++i) w.a.transport.on(held);
  w.a.run_for(600'000);
  CHECK(w.a.transport.seen.size() < 100);
}

TEST_CASE("watch: only a push, and no stream", "[sync][watch]") {
  World w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  SyncOptions options;
  options.pull = false;
  w.a.transport.seen.clear();
  w.a.watch(options);
  w.a.run_for(1000);
  w.a.emit("todo/1", "n", "1");
  w.a.run([&] { return w.proxy.head() == 1; });
  w.a.run_for(1000);
  CHECK(w.a.transport.seen == Seen{"push"});
  CHECK(w.a.queue() == "queued 0 accepted 1 rejected 0 held 0");
}

TEST_CASE("watch: ending it in the middle leaves no exchange behind", "[sync][watch]") {
  World w;
  w.connect();
  w.a.transport.on({"push", Fault::Kind::stall});
  w.a.emit("todo/1", "n", "1");
  w.a.run_for(1000);
  w.a.stop();
  CHECK(w.a.transport.open_streams() == 0);
  w.a.transport.poll(10);
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.queue() == kNothingQueued);
}

}  // namespace
}  // namespace offsync::test
