#include "base/rfc3339.h"
#include "lib/replica/fixture.h"

using namespace offsync;
using namespace offsync::test;

TEST_CASE("to_push gives queued events in order, within the limits") {
  Fixture f;
  for (int i = 0; i < 5; ++i) f.set("todo/1", "a", std::to_string(i));
  CHECK(must(f.replica.to_push(0, 3, 1 << 20)).size() == 3);
  const auto rest = must(f.replica.to_push(3, 10, 1 << 20));
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].n == 4);
  CHECK(must(f.replica.to_push(0, 10, 1)).size() == 1);  // at least one
  CHECK(must(f.replica.to_push(0, 10, 2 * rest[0].line.size() + 2)).size() == 2);
  f.push();
  CHECK(must(f.replica.to_push(0, 10, 1 << 20)).empty());
}

TEST_CASE("an accepted event waits for its confirmed copy") {
  Fixture f;
  f.set("todo/1", "a", "1");
  f.push();
  CHECK(f.queue() == "a:accepted");
  CHECK(f.confirmed() == "nothing");
  CHECK(f.shown() == "a=1");
  f.pull();
  CHECK(f.queue().empty());
  CHECK(f.confirmed() == "a=1");
  CHECK(f.shown() == "a=1");
}

TEST_CASE("answers of another log change nothing") {
  Fixture f;
  const Emitted a = f.set("todo/1", "a", "1");
  f.pull();
  Outcome outcome;
  outcome.id = a.id;
  outcome.kind = OutcomeKind::accepted;
  outcome.sequence = 1;
  CHECK(code_of(f.replica.settle("e2", std::vector{outcome})) == "epoch_changed");
  CHECK(f.queue() == "a:queued");
  outcome.sequence = 0;
  CHECK(code_of(f.replica.settle("e1", std::vector{outcome})) == "bad_outcome");
  CHECK(f.queue() == "a:queued");
}

TEST_CASE("a duplicate that we have pulled in a snapshot leaves the queue at once") {
  // The answer to the first push was lost; meanwhile the snapshot brought the event.
  Fixture f;
  const Emitted a = f.set("todo/1", "a", "1");
  must(f.add(R"({"inc":{"n":1}})"));
  for (const auto& event : must(f.replica.to_push(0, 10, 1 << 20))) f.log.append(event.line);
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(f.log.snapshot()));
  must(f.replica.install_snapshot());
  CHECK(f.queue() == "a:queued t:queued");
  CHECK(f.shown() == "a=1 n=1");
  Outcome outcome;
  outcome.id = a.id;
  outcome.kind = OutcomeKind::duplicate;
  outcome.sequence = 1;
  CHECK(must(f.replica.settle("e1", std::vector{outcome})).duplicate == 1);
  CHECK(f.queue() == "t:queued");
  CHECK(f.shown() == "a=1 n=1");
}

TEST_CASE("a rejected event is parked and rolled back; its entity's later ones are held") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"title":"old"}})", -1000));
  f.pull();
  const Emitted bad = f.set("todo/1", "title", R"("new")");
  f.set("todo/1", "done", "true");
  f.set("todo/2", "other", "1");
  const auto settled = f.reject(bad.id, "not_allowed");
  CHECK(settled.rejected == 1);
  CHECK(settled.held == 1);
  CHECK(f.queue() == "title:rejected done:held other:queued");
  CHECK(f.shown() == R"(done=true title="old")");
  CHECK(f.shown("todo/2") == "other=1");
  const auto parked = *must(f.replica.pending(bad.id));
  CHECK(parked.code == "not_allowed");
  CHECK(parked.detail == "because");
  const QueueCounts counts = must(f.replica.counts());
  CHECK(counts.queued == 1);
  CHECK(counts.rejected == 1);
  CHECK(counts.held == 1);
  CHECK(counts.accepted == 0);
  // What comes behind the held one is held as well; everything else goes on.
  f.set("todo/1", "more", "1");
  f.set("todo/3", "free", "1");
  CHECK(f.queue() == "title:rejected done:held other:queued more:held free:queued");
  f.push();
  CHECK(f.pull().events == 2);
  CHECK(f.queue() == "title:rejected done:held more:held");
}

TEST_CASE("behind one lone rejected event later ones are held, and go out when it is decided") {
  Fixture f;
  const Emitted bad = f.set("todo/1", "a", "1");
  CHECK(bad.behind.empty());
  CHECK(f.reject(bad.id).held == 0);
  const Emitted behind = f.set("todo/1", "b", "2");
  CHECK(behind.behind == bad.id);
  CHECK(must(f.replica.pending(behind.id))->code == "held");
  CHECK(f.set("todo/2", "c", "3").behind.empty());
  CHECK(f.queue() == "a:rejected b:held c:queued");
  CHECK(f.shown() == "b=2");
  SECTION("dropped") {
    must(f.replica.drop(bad.id));
    CHECK(f.queue() == "c:queued b:queued");
  }
  SECTION("retried") {
    must(f.replica.retry(bad.id));
    CHECK(f.queue() == "c:queued a:queued b:queued");
  }
  SECTION("in the log after all") {
    f.log.append(bad.line);
    f.pull();
    CHECK(f.queue() == "c:queued b:queued");
  }
  CHECK(f.set("todo/1", "d", "4").behind.empty());
  f.push();
  f.pull();
  CHECK(f.queue().empty());
}

TEST_CASE("an answer that comes twice is heard once") {
  Fixture f;
  const Emitted bad = f.set("todo/1", "a", "1");
  CHECK(f.reject(bad.id, "first").rejected == 1);
  CHECK(f.reject(bad.id, "second").rejected == 0);
  CHECK(must(f.replica.pending(bad.id))->code == "first");
  CHECK(f.reject("nobody's").rejected == 0);
}

TEST_CASE("the proxy's held is no decision") {
  Fixture f;
  const Emitted a = f.set("todo/1", "a", "1");
  Outcome outcome;
  outcome.id = a.id;
  outcome.kind = OutcomeKind::held;
  must(f.replica.settle("e1", std::vector{outcome}));
  CHECK(f.queue() == "a:queued");  // nothing of ours was rejected: it is pushed again
}

TEST_CASE("retry queues the event and what is held behind it anew, in order") {
  Fixture f;
  const Emitted bad = f.set("todo/1", "a", "1");
  const Emitted next = f.set("todo/1", "a", "2");
  const Emitted counted = must(f.add(R"({"inc":{"n":5}})"));
  f.set("todo/2", "b", "1");
  f.reject(bad.id);
  CHECK(f.shown() == "a=2 n=5");
  f.clock.advance(1000);

  CHECK(code_of(f.replica.retry("nobody's")) == "no_event");
  CHECK(code_of(f.replica.retry(next.id)) == "held");
  const auto again = must(f.replica.retry(bad.id));
  REQUIRE(again.size() == 3);
  CHECK(f.queue() == "b:queued a:queued a:queued t:queued");
  CHECK(f.shown() == "a=2 n=5");
  CHECK(code_of(f.replica.retry(again[0].id)) == "not_rejected");

  const Seen first = seen(again[0].line);
  const Seen second = seen(again[1].line);
  CHECK(first.id != bad.id);
  CHECK(first.clientseq == 5);
  CHECK(second.clientseq == 6);
  CHECK(first.stamp.ms() == f.clock.wall_ms());
  CHECK(first.time == seen(bad.line).time);  // it is still when it was done
  // The second was built upon the first, and says so with the first's new stamp.
  CHECK(seen(next.line).base.at("a") == seen(bad.line).stamp);
  CHECK(second.base.at("a") == first.stamp);
  CHECK(second.stamp > first.stamp);
  f.push();
  f.pull();
  CHECK(f.confirmed() == "a=2 n=5");
  CHECK(states(f.replica, Replica::View::visible) == folded(f.replica));
  CHECK_FALSE(must(f.replica.find_event(counted.id)));
}

TEST_CASE("drop throws an event away and frees what is held behind it") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":0}})", -1000));
  f.pull();
  const Emitted bad = f.set("todo/1", "a", "1");
  f.set("todo/1", "a", "2");
  f.reject(bad.id);
  must(f.replica.drop(bad.id));
  CHECK(f.queue() == "a:queued");
  CHECK(f.shown() == "a=2");
  const auto queued = must(f.replica.to_push(0, 10, 1 << 20));
  REQUIRE(queued.size() == 1);
  // It had seen what the dropped one had seen.
  CHECK(seen(queued[0].line).base.at("a") == Stamp::make(f.clock.wall_ms() - 1000, 0, 99));
  CHECK(code_of(f.replica.drop(bad.id)) == "no_event");
}

TEST_CASE("what was seen of elements follows what is retried or dropped") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"add":{"s":["a","c"]}})", -1000));
  f.pull();
  const Stamp seen_first = Stamp::make(f.clock.wall_ms() - 1000, 0, 99);
  const Emitted bad = must(f.add(R"({"add":{"s":["b"]},"remove":{"s":["a"]}})"));
  must(f.add(R"({"add":{"s":["a"]},"remove":{"s":["b","c"]}})"));
  f.reject(bad.id);
  f.clock.advance(1000);
  const auto base = [&](std::size_t n) {
    return seen(must(f.replica.to_push(0, 10, 1 << 20)).at(n).line).base;
  };
  SECTION("retried") {
    const auto again = must(f.replica.retry(bad.id));
    const Stamp fresh = seen(again.at(0).line).stamp;
    CHECK(base(0) == std::map<std::string, Stamp>{{R"(s"a")", seen_first}});
    CHECK(base(1) == std::map<std::string, Stamp>{
                         {R"(s"a")", fresh}, {R"(s"b")", fresh}, {R"(s"c")", seen_first}});
  }
  SECTION("dropped") {
    must(f.replica.drop(bad.id));
    CHECK(base(0) ==
          std::map<std::string, Stamp>{{R"(s"a")", seen_first}, {R"(s"c")", seen_first}});
  }
  f.push();
  f.pull();
  CHECK(f.confirmed() == R"(s=["a"])");
}

TEST_CASE("a base of a whole set outlives the drop of the latest write that it saw") {
  Fixture f;
  const std::string giant = fmt::format("\"{}\"", std::string(40'000, 'x'));
  const Stamp first = seen(must(f.add(R"({"add":{"s":[)" + giant + "]}}")).line).stamp;
  f.push();
  f.pull();
  const Emitted bad = must(f.add(R"({"add":{"s":["b"]}})"));
  const Stamp latest = seen(bad.line).stamp;
  const Emitted coarse = must(f.add(R"({"remove":{"s":["b",)" + giant + "]}}"));
  CHECK(seen(coarse.line).base == std::map<std::string, Stamp>{{"s", latest}});
  f.reject(bad.id);
  must(f.replica.drop(bad.id));
  const Seen again = seen(must(f.replica.to_push(0, 10, 1 << 20)).at(0).line);
  CHECK(again.base == std::map<std::string, Stamp>{{"s", latest}});
  CHECK(first < latest);
}

TEST_CASE("dropping a queued event undoes it; an accepted one stays") {
  Fixture f;
  f.set("todo/1", "a", "1");
  const Emitted b = must(f.add(R"({"inc":{"n":5}})"));
  must(f.replica.drop(b.id));
  CHECK(f.shown() == "a=1");
  f.push();
  CHECK_FALSE(must(f.replica.pending(b.id)));
  std::string accepted;
  must(f.replica.for_each_pending([&](const PendingEvent& event) {
    accepted = event.id;
    return true;
  }));
  CHECK(code_of(f.replica.drop(accepted)) == "accepted");
  const Emitted c = f.set("todo/2", "c", "1");
  must(f.replica.drop(c.id));
  CHECK(f.shown("todo/2") == "nothing");
  CHECK(states(f.replica, Replica::View::visible).size() == 1);
}

TEST_CASE("held events wait for every rejection before them") {
  Fixture f;
  const Emitted first = f.set("todo/1", "a", "1");
  const Emitted second = f.set("todo/1", "b", "2");
  f.reject(first.id);
  f.reject(second.id);
  CHECK(f.set("todo/1", "c", "3").behind == first.id);
  CHECK(f.queue() == "a:rejected b:rejected c:held");
  must(f.replica.drop(second.id));
  CHECK(f.queue() == "a:rejected c:held");
  must(f.replica.drop(first.id));
  CHECK(f.queue() == "c:queued");
  CHECK(f.shown() == "c=3");
}

TEST_CASE("another source's event is retried as it is") {
  Fixture f;
  auto batch = must(f.replica.begin_batch());
  const std::string line = foreign("x", "todo/1", R"({"set":{"a":1}})");
  must(batch.add_line(line));
  must(batch.commit());
  f.reject("x", "clock_ahead");
  CHECK(f.shown() == "nothing");
  const auto again = must(f.replica.retry("x"));
  REQUIRE(again.size() == 1);
  CHECK(again[0].line == line);
  CHECK(f.shown() == "a=1");
  CHECK(must(f.replica.to_push(0, 10, 1 << 20))[0].n == 2);
}

TEST_CASE("behind another source's rejected event own ones are held, each time it is refused") {
  Fixture f;
  auto batch = must(f.replica.begin_batch());
  must(batch.add_line(foreign("x", "todo/1", R"({"set":{"a":1}})")));
  must(batch.commit());
  const Emitted own = f.set("todo/1", "b", "2");
  f.reject("x");
  CHECK(f.queue() == "t:rejected b:held");
  const auto again = must(f.replica.retry("x"));
  REQUIRE(again.size() == 2);
  CHECK(f.queue() == "t:queued b:queued");
  // As the proxy answers where both are in one request.
  Outcome refused, held;
  refused.id = "x";
  refused.source = seen(again[0].line).source;
  refused.code = "kind_mismatch";
  held.id = again[1].id;
  held.source = seen(own.line).source;
  held.kind = OutcomeKind::held;
  const auto settled = must(f.replica.settle(f.log.epoch, std::vector{refused, held}));
  CHECK(settled.rejected == 1);
  CHECK(settled.held == 1);
  CHECK(f.queue() == "t:rejected b:held");
}

TEST_CASE("regression: one refused event blocked the queue for ever") {
  // powersync-native#15, powersync.dart#307
  Fixture f;
  const Emitted bad = f.set("todo/1", "a", "1");
  f.set("todo/2", "b", "1");
  f.reject(bad.id);
  const auto next = must(f.replica.to_push(0, 10, 1 << 20));
  REQUIRE(next.size() == 1);
  CHECK(next[0].type == "b");
}

TEST_CASE("regression: one bad clock poisoned all") {
  // actual#8905: our clock ran a day ahead, then was put right.
  Fixture f;
  const std::uint64_t node = must(f.replica.info()).node;
  const std::int64_t now = f.clock.wall_ms();
  f.clock.set_wall(now + 86'400'000);
  const Emitted bad = f.set("todo/1", "a", "1");
  f.set("todo/1", "a", "2");
  f.clock.set_wall(now);
  f.reject(bad.id, "clock_ahead");
  const auto again = must(f.replica.retry(bad.id));
  REQUIRE(again.size() == 2);
  for (const Emitted& one : again) {
    CHECK(seen(one.line).stamp.ms() == now);
    CHECK(seen(one.line).time == format_rfc3339(now));  // that clock had given it, too
  }
  CHECK(seen(again[0].line).stamp.node != node);
  CHECK(must(f.replica.info()).node == seen(again[0].line).stamp.node);
  CHECK(f.shown() == "a=2");
  CHECK(seen(f.set("todo/9", "a", "1").line).stamp.ms() == now);
  CHECK(seen(f.set("todo/1", "a", "3").line).stamp.ms() == now);
  CHECK(f.shown() == "a=3");

  SECTION("another's clock that is a day ahead does not drag ours along") {
    auto batch = must(f.replica.begin_batch());
    must(batch.add_line(foreign("far", "todo/5", R"({"set":{"a":1}})", 86'400'000)));
    must(batch.commit());
    // By a proxy whose clock was wrong, too.
    f.log.append(foreign("far2", "todo/6", R"({"set":{"a":1}})", 86'400'000),
                 "2023-11-15T22:13:20.000Z");
    f.pull();
    CHECK(seen(f.set("todo/5", "a", "2").line).stamp.ms() <= now + limits::kClockGuardMs + 1);
    CHECK(seen(f.set("todo/7", "a", "2").line).stamp.ms() <= now + limits::kClockGuardMs + 1);
  }
}

TEST_CASE("regression: queue trimmed by comparing re-parsed objects") {
  // A sent event stayed, and one that was not sent was lost.
  Fixture f;
  const Emitted one = must(f.add(R"({"set":{"a":1.0,"u":"ä/"}})"));
  must(f.add(R"({"set":{"a":1.0,"u":"ä/"}})"));  // equal but for its id
  f.log.append(one.line);
  f.pull();
  CHECK(must(f.replica.counts()).queued == 1);
  CHECK_FALSE(must(f.replica.pending(one.id)));
}

TEST_CASE("another source's event is retried as it was, unless its id is the reason") {
  Fixture f;
  const std::string line = foreign("x", "todo/1", R"({"inc":{"n":1}})");
  auto batch = must(f.replica.begin_batch());
  must(batch.add_line(line));
  must(batch.commit());
  SECTION("what was in its way may be gone") {
    f.reject("x", "kind_mismatch");
    CHECK(f.shown() == "nothing");
    const auto again = must(f.replica.retry("x"));
    REQUIRE(again.size() == 1);
    CHECK(again[0].line == line);
    CHECK(f.queue() == "t:queued");
    f.push();
    f.pull();
    CHECK(f.confirmed() == "n=1");
    CHECK(f.queue().empty());
  }
  SECTION("an id that the log has stays taken") {
    f.reject("x", "id_conflict");
    CHECK(code_of(f.replica.retry("x")) == "id_taken");
    CHECK(f.queue() == "t:rejected");
    must(f.replica.drop("x"));
    CHECK(f.queue().empty());
  }
}

TEST_CASE("an event of ours whose id was taken is retried under another one") {
  Fixture f;
  const Emitted mine = f.set("todo/1", "a", "1");
  f.reject(mine.id, "id_conflict");
  CHECK(must(f.replica.retry(mine.id)).at(0).id != mine.id);
  CHECK(f.queue() == "a:queued");
}

TEST_CASE("a number that was given before: the replica goes on under another name") {
  Fixture f;
  const std::string source = must(f.replica.info()).source;
  const Emitted first = f.set("todo/1", "a", "1");
  f.set("todo/2", "a", "2");
  f.set("todo/1", "n", "3");
  const Outcome no{first.id,          OutcomeKind::rejected, 0, 1,
                   "already_decided", "up to 500",           0, source};
  const auto settled = must(f.replica.settle("e1", std::vector{no}));
  CHECK(settled.rejected == 0);
  const std::string now = must(f.replica.info()).source;
  CHECK(now != source);
  CHECK(now.starts_with(source.substr(0, source.rfind('/'))));
  // All that is queued goes again under that name, in its order, and it shows as before.
  CHECK(f.queue() == "a:queued a:queued n:queued");
  std::vector<std::string> subjects;
  for (const PendingEvent& event : must(f.replica.to_push(0, 10, 1 << 20))) {
    CHECK(event.source == now);
    CHECK(event.id != first.id);
    subjects.push_back(event.subject);
  }
  CHECK(subjects == std::vector<std::string>{"todo/1", "todo/2", "todo/1"});
  CHECK(f.shown("todo/1") == "a=1 n=3");
  // What is emitted from now on is of that name, too; only once is another one taken.
  CHECK(f.set("todo/3", "a", "3").line.find("\"source\":\"" + now + "\"") != std::string::npos);
  must(f.replica.settle("e1", std::vector{no}));
  CHECK(must(f.replica.info()).source == now);
}

TEST_CASE("a replica that gets its own events of an earlier life goes on behind them") {
  Fixture f;
  const std::string source = must(f.replica.info()).source;
  f.log.append(fmt::format(R"({{"specversion":"1.0","id":"old","source":"{}","type":"t",)"
                           R"("subject":"todo/1","time":"2023-11-14T22:13:20.000Z",)"
                           R"("stamp":"018bcfe56800-0000-00000000000000aa","clientseq":"41",)"
                           R"("data":{{"set":{{"a":1}}}}}})",
                           source));
  f.pull();
  const Emitted next = f.set("todo/1", "a", "2");
  CHECK(next.line.find(R"("clientseq":"42")") != std::string::npos);
}
