#include "base/rfc3339.h"
#include "lib/replica/fixture.h"

using namespace offsync;
using namespace offsync::test;

TEST_CASE("an emitted event is complete, queued and visible at once") {
  Fixture f;
  const Emitted emitted = f.set("todo/1", "title", R"("Milk")");
  const Seen event = seen(emitted.line);
  const ReplicaInfo info = must(f.replica.info());
  CHECK(event.id == emitted.id);
  CHECK(event.source == info.source);
  CHECK(event.clientseq == 1);
  CHECK(event.stamp == Stamp::make(f.clock.wall_ms(), 0, info.node));
  CHECK(event.time == "2023-11-14T22:13:20.000Z");
  CHECK(event.base_given);
  CHECK(event.base.empty());
  CHECK(f.shown() == R"(title="Milk")");
  CHECK(f.confirmed() == "nothing");
  CHECK(must(f.replica.counts()).queued == 1);
  CHECK(must(f.replica.find_event(emitted.id)) == emitted.line);
  CHECK(must(f.replica.pending(emitted.id))->line == emitted.line);
  CHECK_FALSE(must(f.replica.pending("other")));
}

TEST_CASE("the base says what the author saw of each field that it writes") {
  Fixture f;
  const Stamp title = seen(f.set("todo/1", "title", "1").line).stamp;
  const Stamp tags = seen(must(f.add(R"({"add":{"tags":["a"]}})")).line).stamp;
  CHECK(seen(must(f.add(R"({"inc":{"n":1}})")).line).base_given == false);
  const Seen both = seen(
      must(f.add(R"({"remove":{"tags":["a"]},"set":{"new":1},"unset":["title"],"zzz":1})")).line);
  CHECK(both.base == std::map<std::string, Stamp>{{R"(tags"a")", tags}, {"title", title}});
  const Seen gone = seen(must(f.add(R"({"delete":true})")).line);
  CHECK(gone.base.size() == 3);  // n, new and title; tags shows nothing
  CHECK(gone.base.at("title") == both.stamp);
  CHECK(f.shown() == "deleted");
}

TEST_CASE("the base tells apart what the author saw of each element") {
  Fixture f;
  f.log.append(
      foreign("x", "todo/1", R"({"add":{"tags":["a","b"]},"remove":{"tags":["c"]}})", 1000));
  f.log.append(foreign("y", "todo/1", R"({"add":{"tags":["b"]}})", 2000));
  f.pull();
  const std::string ab = Stamp::make(f.clock.wall_ms() + 1000, 0, 99).text();
  const std::string b = Stamp::make(f.clock.wall_ms() + 2000, 0, 99).text();
  const Seen event =
      seen(must(f.add(R"({"add":{"tags":["b","c","new"]},"remove":{"tags":["a"]}})")).line);
  CHECK(event.data.find(fmt::format(R"("base":{{"tags":{{"{}":["a","c"],"{}":["b"]}}}},)", ab,
                                    b)) != std::string::npos);
  CHECK(event.stamp > Stamp::make(f.clock.wall_ms() + 2000, 0, 99));
  CHECK(f.shown() == R"(tags=["b","c","new"])");
  // The batch's next event has seen this one.
  CHECK(seen(must(f.add(R"({"remove":{"tags":["new"]}})")).line).base ==
        std::map<std::string, Stamp>{{R"(tags"new")", event.stamp}});
}

TEST_CASE("a delete has seen the elements that a set shows") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"add":{"tags":["a","b"]}})", 1000));
  f.log.append(foreign("y", "todo/1", R"({"remove":{"tags":["b"]}})", 2000));
  f.pull();
  const Seen gone = seen(must(f.add(R"({"delete":true})")).line);
  CHECK(gone.base ==
        std::map<std::string, Stamp>{{R"(tags"a")", Stamp::make(f.clock.wall_ms() + 1000, 0, 99)}});
  CHECK(gone.stamp > Stamp::make(f.clock.wall_ms() + 2000, 0, 99));
}

TEST_CASE("a set that is too large for a delete's base does not keep it from being deleted") {
  Fixture f;
  Stamp last;
  for (int i = 0; i < 6; ++i) {
    std::string values;
    for (int j = 0; j < 500; ++j) {
      values += fmt::format("{}\"{:020}\"", j == 0 ? "" : ",", i * 500 + j);
    }
    last = seen(must(f.add(R"({"add":{"tags":[)" + values + "]}}")).line).stamp;
  }
  const Seen gone = seen(must(f.add(R"({"delete":true})")).line);
  CHECK(gone.base == std::map<std::string, Stamp>{{"tags", last}});
  CHECK(f.shown() == "deleted");
}

TEST_CASE("where the elements of a base have no room, the latest stamp stands for all of them") {
  Fixture f;
  const std::string giant = fmt::format("\"{}\"", std::string(40'000, 'x'));
  must(f.add(R"({"add":{"tags":["small"]}})"));
  const Stamp seen_giant = seen(must(f.add(R"({"add":{"tags":[)" + giant + "]}}")).line).stamp;
  const Emitted removed =
      must(f.add(R"({"remove":{"tags":["small",)" + giant + R"(]},"set":{"t":1}})"));
  CHECK(seen(removed.line).base == std::map<std::string, Stamp>{{"tags", seen_giant}});
  CHECK(f.shown() == "t=1");
  f.push();
  f.pull();
  CHECK(f.confirmed() == "t=1");
}

TEST_CASE("the author's own base is kept") {
  Fixture f;
  f.set("todo/1", "title", "1");
  const Seen event = seen(must(f.add(R"({"base":{},"set":{"title":2}})")).line);
  CHECK(event.base_given);
  CHECK(event.base.empty());
}

TEST_CASE("the stamp exceeds every stamp that its author has seen") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"title":1}})", 30'000));
  f.pull();
  const Seen event = seen(f.set("todo/1", "title", "2").line);
  CHECK(event.stamp > Stamp::make(f.clock.wall_ms() + 30'000, 0, 99));
  CHECK(f.shown() == "title=2");
}

TEST_CASE("stamps are on the proxy's clock") {
  Fixture f;
  must(f.replica.note_clock_offset(5'000));
  const Seen event = seen(f.set("todo/1", "title", "2").line);
  CHECK(event.stamp.ms() == f.clock.wall_ms() + 5'000);
  CHECK(must(f.replica.info()).clock_offset_ms == 5'000);
}

TEST_CASE("stamps grow while the wall clock stands or goes back, and after reopening") {
  Fixture f;
  Stamp last;
  for (int i = 0; i < 3; ++i) {
    const Stamp stamp = seen(f.set("todo/1", "title", "2").line).stamp;
    CHECK(stamp > last);
    last = stamp;
    f.clock.set_wall(f.clock.wall_ms() - 1000);
  }
  f.replica = f.open_again();
  const Seen event = seen(f.set("todo/1", "title", "2").line);
  CHECK(event.stamp > last);
  CHECK(event.clientseq == 4);
}

TEST_CASE("times given to own events never go back, across openings too, as their stamps do not") {
  Fixture f;
  std::string last;
  for (int i = 0; i < 6; ++i) {
    const Seen event = seen(f.set("todo/1", "title", "2").line);
    CHECK(event.time >= last);
    CHECK(event.time == format_rfc3339(event.stamp.ms()));
    last = event.time;
    if (i % 2 == 1) f.clock.set_wall(f.clock.wall_ms() - 3'600'000);
    if (i % 3 == 2) f.replica = f.open_again();
  }
  // One that its author gives is that.
  auto batch = must(f.replica.begin_batch());
  CHECK(seen(must(batch.add_line(R"({"type":"t","subject":"a/1","time":"2001-01-01T00:00:00Z"})"))
                 .line)
            .time == "2001-01-01T00:00:00Z");
}

TEST_CASE("what is refused leaves no trace, and the batch usable") {
  Fixture f;
  f.set("todo/1", "title", "1");
  must(f.add(R"({"delete":true})", "todo/2"));
  auto batch = must(f.replica.begin_batch());
  const auto refused = [&](const std::string& line) { return code_of(batch.add_line(line)); };
  CHECK(refused("{") == "malformed");
  CHECK(refused(R"({"type":"t","data":{}})") == "missing");
  CHECK(refused(R"({"source":"/else","type":"t","subject":"todo/1"})") == "missing");
  CHECK(refused(R"({"type":"t","subject":"todo/1","data":{"inc":{"title":1}}})") ==
        "kind_mismatch");
  CHECK(refused(R"({"type":"t","subject":"todo/2","data":{"set":{"a":1}}})") == "entity_deleted");
  CHECK(refused(R"({"type":"offsync.conflict","subject":"todo/1"})") == "reserved_type");
  for (const char* source : {"/proxy", "/backend"}) {
    CHECK(refused(fmt::format(R"({{"id":"x","source":"{}","type":"t","subject":"todo/1"}})",
                              source)) == "reserved_source");
  }
  CHECK(refused(foreign("x", "todo/1", R"({"inc":{"title":1}})")) == "kind_mismatch");
  const auto taken =
      must(batch.add_line(R"({"type":"t","subject":"todo/1","data":{"set":{"b":1}}})"));
  CHECK(seen(taken.line).clientseq == 3);
  must(batch.commit());
  CHECK(f.shown() == "b=1 title=1");
  CHECK(must(f.replica.counts()).queued == 3);
}

TEST_CASE("regression: a failed batch advanced the clock") {
  // actual#8904
  Fixture f;
  const Stamp first = seen(f.set("todo/1", "title", "1").line).stamp;
  for (int i = 0; i < 5; ++i) CHECK(code_of(f.add(R"({"inc":{"title":1}})")) == "kind_mismatch");
  {
    auto batch = must(f.replica.begin_batch());
    must(batch.add_line(R"({"type":"t","subject":"todo/1","data":{"set":{"title":7}}})"));
    // Not committed.
  }
  CHECK(f.shown() == "title=1");
  const Seen next = seen(f.set("todo/1", "title", "2").line);
  CHECK(next.stamp.time == first.time + 1);
  CHECK(next.clientseq == 2);
}

TEST_CASE("an event that its base makes too large is refused, and takes no stamp") {
  Fixture f;
  std::string names;
  for (int i = 0; i < 500; ++i) names += fmt::format(R"({}"{:060}":1)", i == 0 ? "" : ",", i);
  const std::string text = R"({"set":{)" + names + "}}";
  must(f.add(text));
  const std::string filler(limits::kEventBytes - text.size() - 1000, 'x');
  const std::string large = R"({"filler":")" + filler + R"(",)" + text.substr(1);
  CHECK(code_of(f.add(large)) == "too_large");
  CHECK(seen(f.set("todo/1", "a", "1").line).clientseq == 2);
}

TEST_CASE("what is queued near the limit is what the proxy takes, and nothing else") {
  Fixture f;
  Decoder decoder;
  must(f.add(R"({"set":{"a":0}})"));
  const auto data = [](std::size_t fill) {
    return R"({"p":")" + std::string(fill, 'x') + R"(","set":{"a":1}})";
  };
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (std::size_t fill = limits::kEventBytes - 600; fill < limits::kEventBytes; ++fill) {
    auto batch = must(f.replica.begin_batch());
    const auto emitted =
        batch.add_line(R"({"type":"t","subject":"todo/1","data":)" + data(fill) + "}");
    if (!emitted) {
      CHECK(emitted.error().code == "too_large");
      refused = refused == 0 ? fill : refused;
      continue;
    }
    taken = fill;
    if (!decoder.decode(emitted->line)) FAIL("queued, and no proxy takes it: " << fill);
  }
  CHECK(taken + 1 == refused);
}

TEST_CASE("an event from elsewhere is taken as it is") {
  Fixture f;
  const std::string line = foreign("x", "todo/1", R"({"set":{"a":1}})", -5'000);
  auto batch = must(f.replica.begin_batch());
  CHECK(must(batch.add_line(line)).line == line);
  const Emitted plain = must(
      batch.add_line(R"({"specversion":"1.0","id":"p","source":"/s","type":"t","subject":"todo/1",)"
                     R"("time":"2020-01-01T00:00:00Z","data":{"set":{"b":2}}})"));
  CHECK(seen(plain.line).stamp == Stamp::make(1'577'836'800'000, 0, foreign_node("/s")));
  CHECK_FALSE(seen(plain.line).base_given);
  must(batch.commit());
  CHECK(f.shown() == "a=1 b=2");
  // Its clock is not ours.
  CHECK(seen(f.set("todo/1", "c", "1").line).stamp.ms() == f.clock.wall_ms());
}

TEST_CASE("an event from elsewhere without a time gets ours, and is the same later") {
  Fixture f;
  const std::string line =
      R"({"specversion":"1.0","id":"p","source":"/s","type":"t","subject":"a/1","data":{"set":{"b":2}}})";
  auto batch = must(f.replica.begin_batch());
  const Emitted first = must(batch.add_line(line));
  CHECK(seen(first.line).time == "2023-11-14T22:13:20.000Z");
  f.clock.advance(1000);
  const Emitted again = must(batch.add_line(line));
  CHECK(again.duplicate);
  CHECK(again.line == first.line);
}

TEST_CASE("times given to events from elsewhere never go back, across openings too") {
  Fixture f;
  const auto import = [&](int i) {
    auto batch = must(f.replica.begin_batch());
    const Emitted emitted = must(batch.add_line(
        fmt::format(R"({{"specversion":"1.0","id":"{}","source":"/s","type":"t","subject":"a/1",)"
                    R"("data":{{"set":{{"b":{}}}}}}})",
                    99 - i, i)));  // ids in falling order: equal stamps would keep the first
    must(batch.commit());
    CHECK(f.shown("a/1") == "b=" + std::to_string(i));
    return seen(emitted.line);
  };
  Stamp last;
  for (int i = 0; i < 8; ++i) {
    const Seen event = import(i);
    CHECK(event.stamp > last);
    CHECK(event.time == format_rfc3339(event.stamp.ms()));
    last = event.stamp;
    if (i % 2 == 1) f.clock.advance(-5'000);
    if (i % 3 == 2) f.replica = f.open_again();
  }
}

TEST_CASE("a known id: the same event changes nothing, another one is refused") {
  Fixture f;
  const std::string line = foreign("x", "todo/1", R"({"inc":{"n":1}})");
  const std::string other = foreign("x", "todo/1", R"({"inc":{"n":2}})");
  const std::string own = R"({"id":"mine","type":"t","subject":"todo/1","data":{"set":{"a":1}}})";
  auto batch = must(f.replica.begin_batch());
  must(batch.add_line(line));
  const Emitted mine = must(batch.add_line(own));
  const std::string tagged =
      R"({"id":"tagged","type":"t","subject":"todo/2","data":{"add":{"s":["a","b"]}}})";
  const std::string untagged =
      R"({"id":"untagged","type":"t","subject":"todo/2","data":{"remove":{"s":["b","a"]}}})";
  must(batch.add_line(tagged));
  must(batch.add_line(untagged));
  must(batch.commit());
  const auto again = [&] {
    auto next = must(f.replica.begin_batch());
    CHECK(must(next.add_line(line)).duplicate);
    CHECK(code_of(next.add_line(other)) == "id_conflict");
    CHECK(must(next.add_line(own)).duplicate);
    CHECK(must(next.add_line(mine.line)).duplicate);
    CHECK(must(next.add_line(tagged)).duplicate);
    CHECK(must(next.add_line(untagged)).duplicate);
    CHECK(code_of(next.add_line(
              R"({"id":"mine","type":"t","subject":"todo/1","data":{"set":{"a":2}}})")) ==
          "id_conflict");
    must(next.commit());
    CHECK(f.shown() == "a=1 n=1");
  };
  again();  // in the queue
  CHECK(must(f.replica.counts()).queued == 4);
  f.push();
  f.pull();
  again();  // in the received log
  CHECK(f.queue().empty());
}

TEST_CASE("an event that writes nothing is queued, and makes no entity") {
  Fixture f;
  must(f.add(R"({"note":"seen"})", "todo/9"));
  CHECK(f.shown("todo/9") == "nothing");
  CHECK(states(f.replica, Replica::View::visible).empty());
  f.push();
  f.pull();
  CHECK(f.queue().empty());
  CHECK(f.shown("todo/9") == "nothing");
  must(f.add(R"({"set":{"a":1}})", "todo/9"));
  CHECK(f.shown("todo/9") == "a=1");
}

TEST_CASE("a batch of many events touches an entity once and keeps them all") {
  Fixture f;
  auto batch = must(f.replica.begin_batch());
  for (int i = 0; i < 1000; ++i) {
    must(batch.add_line(
        fmt::format(R"({{"type":"t","subject":"c/{}","data":{{"inc":{{"n":1}}}}}})", i % 7)));
  }
  must(batch.commit());
  CHECK(f.shown("c/0") == "n=143");
  CHECK(f.shown("c/6") == "n=142");
  CHECK(code_of(batch.add_line("{}")) == "closed");
  f.push();
  f.pull();
  CHECK(f.confirmed("c/0") == "n=143");
  CHECK(states(f.replica, Replica::View::confirmed) == folded(f.replica));
}

TEST_CASE("two connections write by turns and see each other") {
  Fixture f;
  Replica other = f.open_again();
  for (int i = 0; i < 5; ++i) {
    f.set("todo/1", "a", std::to_string(i));
    EventDraft draft;
    draft.type = "b";
    draft.subject = "todo/1";
    draft.inc["n"] = "1";
    must(other.emit(draft));
  }
  CHECK(f.shown() == "a=4 n=5");
  std::uint64_t n = 0;
  Stamp last;
  must(f.replica.for_each_pending([&](const PendingEvent& event) {
    CHECK(event.n == ++n);
    CHECK(seen(event.line).clientseq == n);
    CHECK(seen(event.line).stamp > last);
    last = seen(event.line).stamp;
    return true;
  }));
  CHECK(n == 10);
}

TEST_CASE("one connection has one write at a time") {
  Fixture f;
  auto batch = must(f.replica.begin_batch());
  CHECK(code_of(f.replica.begin_batch()) == "locked");
  CHECK(code_of(f.try_set("todo/1", "a", "1")) == "locked");
  must(batch.commit());
  CHECK(code_of(f.replica.begin_batch()) == "ok");
}
