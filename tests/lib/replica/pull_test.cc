#include "lib/replica/fixture.h"

using namespace offsync;
using namespace offsync::test;

TEST_CASE("apply takes the log in order, with the cursor") {
  Fixture f;
  CHECK_FALSE(must(f.replica.info()).cursor);
  for (int i = 1; i <= 3; ++i) {
    f.log.append(
        foreign(std::to_string(i), "todo/1", fmt::format(R"({{"set":{{"a":{}}}}})", i), i));
  }
  CHECK(must(f.replica.apply("e1", f.log.after(0))).events == 3);
  const ReplicaInfo info = must(f.replica.info());
  REQUIRE(info.cursor);
  CHECK(*info.cursor == Cursor{"e1", 3});
  CHECK(info.head == 3);
  CHECK(info.log_after == 0);
  CHECK(f.shown() == "a=3");
  CHECK(f.confirmed() == "a=3");
  CHECK(must(f.replica.apply("e1", f.log.after(1))).events == 0);  // again: skipped
  std::vector<std::string> log;
  must(f.replica.for_each_log({1, 2}, [&](std::uint64_t, std::string_view line) {
    log.emplace_back(line);
    return true;
  }));
  CHECK(log == std::vector{f.log.lines[1]});
}

TEST_CASE("a page that does not fit changes nothing") {
  Fixture f;
  for (int i = 1; i <= 3; ++i) {
    f.log.append(foreign(std::to_string(i), "todo/1", R"({"inc":{"n":1}})", i));
  }
  must(f.replica.apply("e1", std::vector{f.log.lines[0]}));
  const auto refused = [&](const std::string& epoch, std::vector<std::string> lines) {
    std::string code = code_of(f.replica.apply(epoch, lines));
    CHECK(f.shown() == "n=1");
    CHECK(must(f.replica.info()).cursor == Cursor{"e1", 1});
    return code;
  };
  CHECK(refused("e1", {f.log.lines[2]}) == "gap");
  CHECK(refused("e1", {f.log.lines[1], "{\"not\":\"an event\"}"}) == "bad_event");
  CHECK(refused("e1", {foreign("z", "todo/1", "{}")}) == "bad_event");  // no sequence
  CHECK(refused("e1", {with_sequence(foreign("1", "todo/1", "{}"), 2, "2023-11-14T22:13:20Z")}) ==
        "bad_event");  // an id twice
  CHECK(refused("e2", f.log.after(1)) == "epoch_changed");
}

TEST_CASE("pending events stay on top of what is pulled") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":"theirs","b":1}})", -1000));
  f.pull();
  f.set("todo/1", "a", R"("ours")");
  f.log.append(foreign("y", "todo/1", R"({"set":{"a":"older","c":1}})", -500));
  f.pull();
  CHECK(f.shown() == R"(a="ours" b=1 c=1)");
  CHECK(f.confirmed() == R"(a="older" b=1 c=1)");
  f.push();
  f.pull();
  CHECK(f.confirmed() == R"(a="ours" b=1 c=1)");
  CHECK(states(f.replica, Replica::View::visible) == folded(f.replica));
}

TEST_CASE("an own event that comes back is applied once") {
  Fixture f;
  must(f.add(R"({"inc":{"n":5}})"));
  must(f.add(R"({"inc":{"n":1}})"));
  f.push();
  must(f.replica.apply("e1", std::vector{f.log.lines[0]}));
  CHECK(f.shown() == "n=6");
  CHECK(f.confirmed() == "n=5");
  f.pull();
  CHECK(f.shown() == "n=6");
  CHECK(f.confirmed() == "n=6");
}

TEST_CASE("another event under the id of ours does not take its place") {
  Fixture f;
  const Emitted ours = f.set("todo/1", "a", "1");
  f.log.append(foreign(ours.id, "todo/1", R"({"set":{"b":2}})"));
  f.pull();
  CHECK(f.queue() == "a:queued");
  CHECK(f.shown() == "a=1 b=2");
}

// One that was refused here comes by another road: a foreign event that two replicas have imported.
TEST_CASE("what is held behind a rejected event goes out when the log has that after all") {
  const bool answered = GENERATE(false, true);  // rather than pulled
  const bool old_copy = GENERATE(false, true);  // of the request that was answered `held`
  Fixture f;
  std::string line;
  {
    auto batch = must(f.replica.begin_batch());
    line = must(batch.add_line(foreign("x", "todo/1", R"({"set":{"a":1}})"))).line;
    must(batch.commit());
  }
  const Emitted behind = f.set("todo/1", "b", "2");
  f.reject("x", "clock_ahead");
  f.set("todo/2", "c", "3");
  CHECK(f.queue() == "t:rejected b:held c:queued");
  const Outcome known{"x", OutcomeKind::duplicate, f.log.append(line), 1, "", "", 0, ""};
  if (answered) must(f.replica.settle(f.log.epoch, std::vector{known}));
  f.pull();
  CHECK(f.queue() == "c:queued b:queued");
  CHECK(f.shown() == "a=1 b=2");
  const auto events = must(f.replica.to_push(0, 10, 10'000));
  REQUIRE(events.size() == 2);
  CHECK(events[1].id == behind.id);
  CHECK(seen(events[1].line).stamp == seen(behind.line).stamp);
  CHECK(seen(events[1].line).clientseq > seen(events[0].line).clientseq);
  if (old_copy) {
    f.log.append(behind.line);
    f.pull();
    CHECK(f.queue() == "c:queued");
  }
  f.push();
  f.pull();
  CHECK(f.queue().empty());
  CHECK(f.confirmed() == "a=1 b=2");
  CHECK(states(f.replica, Replica::View::visible) == folded(f.replica));
}

TEST_CASE("the clock follows what is applied, within the guard") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":1}})", 30'000));
  f.pull();
  CHECK(seen(f.set("todo/2", "b", "1").line).stamp >
        Stamp::make(f.clock.wall_ms() + 30'000, 0, 99));
}

TEST_CASE("regression: the clock was not advanced by a merge (cr-sqlite#76)") {
  // Somebody whose clock is ahead deletes; we see it, and create the thing anew. Our clock has to
  // be behind what we merged, or our create would lose against a delete that it knew of.
  Fixture f;
  f.set("todo/1", "a", "1");
  f.log.append(foreign("x", "todo/1", R"({"delete":true})", 50'000));
  f.pull();
  CHECK(f.shown() == "deleted");
  must(f.add(R"({"create":true,"set":{"a":2}})"));
  CHECK(f.shown() == "a=2");
  f.push();
  f.pull();
  CHECK(f.confirmed() == "a=2");
  // And after the next start as well: the clock is kept with what moved it.
  f.log.append(foreign("y", "todo/2", R"({"delete":true})", 55'000));
  f.pull();
  Replica again = f.open_again();
  EventDraft draft;
  draft.type = "t";
  draft.subject = "todo/2";
  draft.create = true;
  draft.set["a"] = "3";
  must(again.emit(draft));
  CHECK(f.shown("todo/2") == "a=3");
}

TEST_CASE("regression: an uploaded late edit never reached those already past it") {
  // The cursor is the sequence alone: an old stamp at the end of the log is pulled like any other.
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":1}})", 0));
  f.pull();
  f.log.append(foreign("y", "todo/1", R"({"set":{"b":1}})", -86'400'000));
  CHECK(f.pull().events == 1);
  CHECK(f.shown() == "a=1 b=1");
}

TEST_CASE("regression: an event was stored before its effect, a checkpoint before the data") {
  // The event, its effect and the cursor are one transaction: none of them without the others.
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"inc":{"n":1}})"));
  std::vector<std::string> page = f.log.after(0);
  page.push_back("broken");
  CHECK(code_of(f.replica.apply("e1", page)) == "bad_event");
  CHECK_FALSE(must(f.replica.find_event("x")));
  CHECK_FALSE(must(f.replica.info()).cursor);
  CHECK(f.pull().events == 1);
  CHECK(f.shown() == "n=1");
}

TEST_CASE("regression: deleted things came back") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":1}})", -3000));
  f.pull();
  must(f.add(R"({"delete":true})"));
  f.log.append(foreign("y", "todo/1", R"({"set":{"a":2}})", -2000));  // did not know of it
  f.pull();
  CHECK(f.shown() == "deleted");
  CHECK(f.confirmed() == "a=2");
  f.push();
  f.pull();
  CHECK(f.shown() == "deleted");
  CHECK(f.confirmed() == "deleted");
  f.clock.set_wall(f.clock.wall_ms() - 10'000);  // even a clock gone back does not hide a create
  must(f.add(R"({"create":true,"set":{"b":1}})"));
  CHECK(f.shown() == "b=1");
}

TEST_CASE("the received log folds to the confirmed state") {
  Fixture f;
  for (int i = 0; i < 200; ++i) {
    const std::string subject = fmt::format("k/{}", i % 9);
    f.log.append(
        foreign(fmt::format("f{}", i), subject,
                fmt::format(R"({{"set":{{"a":{}}},"inc":{{"n":1}},"add":{{"s":[{}]}}}})", i, i % 5),
                (i * 7919) % 1000));
    if (i % 3 == 0) must(f.add(R"({"inc":{"n":1}})", subject));
    if (i % 20 == 0) f.push();
    if (i % 10 == 0) f.pull();
  }
  f.push();
  f.pull();
  CHECK(states(f.replica, Replica::View::confirmed) == folded(f.replica));
  CHECK(states(f.replica, Replica::View::visible) == folded(f.replica));
}

TEST_CASE("entities come in byte order, narrowed by a prefix") {
  Fixture f;
  for (const char* subject : {"b/2", "a/1", "b/10", "c/1"}) f.set(subject, "x", "1");
  std::string order;
  const auto collect = [&](std::string_view subject, const Entity&) {
    order.append(subject).append(" ");
    return order.size() < 8;
  };
  must(f.replica.for_each_entity("b/", Replica::View::visible, collect));
  CHECK(order == "b/10 b/2 ");
  order.clear();
  must(f.replica.for_each_entity("", Replica::View::visible, collect));
  CHECK(order == "a/1 b/10 ");
  order.clear();
  must(f.replica.for_each_entity("", Replica::View::confirmed, collect));
  CHECK(order.empty());
}
