// What is decided about each event, rule by rule.
#include <fmt/format.h>

#include "base/rfc3339.h"
#include "proxy/ingest/world.h"
#include "state/decision.h"
#include "support/log_questions.h"

using namespace offsync;
using namespace offsync::test;

namespace {

std::string foreign(const std::string& id, const std::string& more,
                    const std::string& source = "/till") {
  return R"({"specversion":"1.0","id":")" + id + R"(","source":")" + source +
         R"(","type":"sale","subject":"sale/1")" + more + "}";
}

Stamp stamp_in(const std::string& line) {
  Decoder decoder;
  return (*decoder.decode(line))->stamp;
}

}  // namespace

TEST_CASE("an event is accepted with the next sequence, and published as it is stored",
          "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const auto outcomes = world.submit(
      {ann.set("todo/1", "title", R"("Buy milk")"), ann.set("todo/2", "title", R"("Buy bread")")});
  CHECK(words(outcomes) == Words{"accepted", "accepted"});
  CHECK(outcomes[0].sequence == 1);
  CHECK(outcomes[1].sequence == 2);
  CHECK(outcomes[0].line == 1);
  CHECK(outcomes[1].line == 2);
  CHECK(outcomes[0].id == "ann-1");
  CHECK(outcomes[0].conflicts == 0);
  CHECK(world.published["shop"] == world.log());
  CHECK(world.log().at(0).find(R"("recordedtime":")" + format_rfc3339(world.clock.wall_ms())) !=
        std::string::npos);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("no line at all is an answer, too", "[ingest]") {
  IngestWorld world;
  CHECK(world.submit({}).empty());
  CHECK(world.store.appends == 0);
}

TEST_CASE("a line that is no event is rejected, and the others are decided", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const auto outcomes =
      world.submit({"{", ann.set("todo/1", "a", "1"), "[]", "", ann.set("todo/1", "a", "1e999")});
  CHECK(words(outcomes) == Words{"rejected malformed", "accepted", "rejected malformed",
                                 "rejected malformed", "rejected bad_number"});
  CHECK(outcomes[0].id.empty());
  CHECK_FALSE(outcomes[0].detail.empty());
  CHECK(outcomes[4].line == 5);
  CHECK(world.log().size() == 1);
}

TEST_CASE("the outcome of what is no event has its id, whatever is wrong", "[ingest]") {
  IngestWorld world;
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  const std::string large = '"' + std::string(70'000, 'v') + '"';
  const auto sets = [](const std::string& v) { return R"(,"data":{"set":{"v":)" + v + "}}"; };
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {sets("1e999"), "bad_number"},
      {sets("18446744073709551616"), "bad_number"},
      {sets(R"(1,"v":2)"), "duplicate_name"},
      {R"(,"x":"1","x":"2")", "duplicate_name"},
      {R"(,"type":"t")", "duplicate_name"},
      {sets(deep), "too_deep"},
      {sets(large), "too_large"},
      {R"(,"data":[])", "malformed"},
      {R"(,"stamp":"0")", "bad_attribute"},
      {R"(,"data":{"set":{"v":1},"unset":["v"]})", "bad_operation"}};
  for (const auto& [more, code] : wrong) {
    const Outcome outcome = world.submit_one(
        R"({"specversion":"1.0","id":"seen","source":"/s","type":"t","subject":"a/1")" + more +
        "}");
    INFO(more.substr(0, 100));
    CHECK(word(outcome) == "rejected " + code);
    CHECK(outcome.id == "seen");
  }
  const Outcome lacks = world.submit_one(R"({"\u0069d":"se\u0065n"})");
  CHECK(word(lacks) == "rejected missing");
  CHECK(lacks.id == "seen");
}

TEST_CASE("the types of the proxy are nobody else's", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  EventDraft event = ann.draft("todo/1");
  event.type = "offsync.conflict";
  const Outcome outcome = world.submit_one(event.line());
  CHECK(word(outcome) == "rejected reserved_type");
  CHECK(outcome.id == event.id);
  CHECK(world.log().empty());
  CHECK(*client_mark(world.memory, "shop", "/ann") == 1);
  event = ann.draft("todo/1");
  event.type = "offsync.";
  CHECK(word(world.submit_one(event.line())) == "rejected reserved_type");
}

TEST_CASE("the sources of the proxy are nobody else's", "[ingest]") {
  IngestWorld world;
  for (const char* source : {"/proxy", "/backend"}) {
    Author trap(source, 1, world.clock);
    const auto outcomes =
        world.submit({trap.set("todo/1", "a", "1"), foreign("f1", R"(,"data":{})", source)});
    CHECK(words(outcomes) == Words{"rejected reserved_source", "rejected reserved_source"});
  }
  CHECK(world.log().empty());
  // It is the name, not what begins so.
  for (const char* source : {"/proxy/1", "/Proxy", "proxy", "//proxy"}) {
    CHECK(word(world.submit_one(foreign("f2", R"(,"data":{})", source))) == "accepted");
  }
}

TEST_CASE("the proxy knows its own records again", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  world.submit({ann.set("todo/1", "a", "1"), bob.set("todo/1", "a", "2")});
  const std::vector<std::string> log = world.log();
  REQUIRE(log.size() == 3);
  const auto again = world.submit({log[0], log[1], log[2]});
  CHECK(words(again) == Words{"duplicate", "duplicate", "duplicate"});
  CHECK(again[2].sequence == 3);
  // In another log they would be somebody's word.
  CHECK(words(world.submit({log[2]}, "lab")) == Words{"rejected reserved_type"});
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("the same event again is a duplicate, another one under its id is not", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  EventDraft event = ann.setting("todo/1", "a", "1");
  CHECK(world.submit_one(event.line()).sequence == 1);
  world.submit_one(ann.set("todo/1", "a", "2"));

  SECTION("as it was") {
    const Outcome outcome = world.submit_one(event.line());
    CHECK(word(outcome) == "duplicate");
    CHECK(outcome.sequence == 1);
  }
  SECTION("as the log has it") {
    CHECK(word(world.submit_one(world.log()[0])) == "duplicate");
  }
  SECTION("written in another way") {
    std::string line = event.line();
    line.insert(1, " \t");
    CHECK(word(world.submit_one(line)) == "duplicate");
  }
  SECTION("twice in one request") {
    const std::string line = ann.set("todo/2", "a", "1");
    const auto outcomes = world.submit({line, line});
    CHECK(words(outcomes) == Words{"accepted", "duplicate"});
    CHECK(outcomes[1].sequence == outcomes[0].sequence);
  }
  SECTION("with other content") {
    event.set["a"] = "9";
    const Outcome outcome = world.submit_one(event.line());
    CHECK(word(outcome) == "rejected id_conflict");
    CHECK(outcome.detail.find("/ann with this id, at sequence 1") != std::string::npos);
  }
  SECTION("with other content, in one request") {
    EventDraft one = ann.setting("todo/2", "a", "1");
    EventDraft other = ann.setting("todo/2", "a", "2");
    other.id = one.id;
    CHECK(words(world.submit({one.line(), other.line()})) ==
          Words{"accepted", "rejected id_conflict"});
  }
  SECTION("with the source and id of a conflict's record") {
    Author bob("/bob", 2, world.clock);
    CHECK(world.submit_one(bob.set("todo/1", "a", "7")).conflicts == 1);
    event.id = world.memory.open_conflicts("shop")->at(0).id;
    event.clientseq = 99;
    CHECK(word(world.submit_one(event.line())) == "accepted");  // /proxy's is another one
    event.source = "/proxy";
    CHECK(word(world.submit_one(event.line())) == "rejected id_conflict");
  }
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("two sources may use one id", "[ingest]") {
  IngestWorld world;
  const auto sale = [](const std::string& source, int total) {
    return fmt::format(R"({{"specversion":"1.0","id":"1","source":"{}","type":"sale",)"
                       R"("subject":"till/1","data":{{"set":{{"total":{}}},"inc":{{"n":1}}}}}})",
                       source, total);
  };
  CHECK(words(world.submit(
            {sale("/till/1", 1), sale("/till/2", 2), sale("/till/1", 1), sale("/till/2", 3)})) ==
        Words{"accepted", "accepted", "duplicate", "rejected id_conflict"});
  CHECK(word(world.submit_one(sale("/till/3", 3))) == "accepted");
  REQUIRE(world.memory.compact("shop", 3));
  CHECK(words(world.submit({sale("/till/4", 4), sale("/till/1", 1), sale("/till/2", 9)})) ==
        Words{"accepted", "duplicate", "rejected id_conflict"});
  CHECK((*entity_record(world.memory, "shop", "till/1"))->find(R"("value":4)") !=
        std::string::npos);
  CHECK(world.memory.space("shop")->head == 4);
}

TEST_CASE("the ids of conflicts differ where their events differ in the source alone", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  world.submit_one(ann.set("todo/1", "a", "1"));
  Author bob("/bob", 2, world.clock), eve("/eve", 3, world.clock);
  EventDraft one = bob.setting("todo/1", "a", "2"), other = eve.setting("todo/1", "a", "3");
  one.id = other.id = "1";
  CHECK(words(world.submit({one.line(), other.line()})) == Words{"accepted", "accepted"});
  CHECK(world.memory.open_conflicts("shop")->size() == 2);
  CHECK(audit(world.memory, "shop").empty());
}

// Found by the simulator: a compacted event that came again was taken a second time, and a replica
// that still had the first could not go on.
TEST_CASE("an event that was compacted is known when it comes again", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  EventDraft own = ann.setting("todo/1", "a", "1");
  const std::string sale =
      foreign("s-1", R"(,"time":"2023-11-14T22:00:00Z","data":{"inc":{"n":1}})");
  const std::string timeless = foreign("s-2", R"(,"data":{"inc":{"n":1}})");
  REQUIRE(words(world.submit({own.line(), sale, timeless})) ==
          Words{"accepted", "accepted", "accepted"});
  const std::string stored = world.log()[2];
  REQUIRE(world.memory.compact("shop", 3));
  world.clock.advance(5000);

  SECTION("as it was") {
    const auto outcomes = world.submit({own.line(), sale, timeless, stored});
    CHECK(words(outcomes) == Words{"duplicate", "duplicate", "duplicate", "duplicate"});
    CHECK(outcomes[0].sequence == 1);
    CHECK(outcomes[2].sequence == 3);
    CHECK(world.memory.space("shop")->head == 3);
  }
  SECTION("with other content") {
    own.set["a"] = "9";
    const std::string later =
        foreign("s-2", R"(,"time":"2023-11-14T22:00:00Z","data":{"inc":{"n":1}})");
    CHECK(words(world.submit({own.line(), foreign("s-2", R"(,"data":{"inc":{"n":2}})"), later})) ==
          Words{"rejected id_conflict", "rejected id_conflict", "rejected id_conflict"});
  }
}

TEST_CASE("an event far ahead of the proxy's clock is rejected, with the skew", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  world.clock.advance(60'000);
  EventDraft edge = ann.setting("todo/1", "a", "1");
  EventDraft ahead = ann.setting("todo/2", "a", "1");
  world.clock.advance(-60'000);
  ahead.stamp = Stamp::make(world.clock.wall_ms() + 75'000, 0, 1);
  const auto outcomes = world.submit({edge.line(), ahead.line()});
  CHECK(words(outcomes) == Words{"accepted", "rejected clock_ahead"});
  CHECK(outcomes[1].detail.find(" 75 s ") != std::string::npos);
  // The past is always fine.
  EventDraft old = ann.setting("todo/3", "a", "1");
  old.stamp = Stamp::make(1, 0, 1);
  CHECK(word(world.submit_one(old.line())) == "accepted");
  // So is a time without stamp held to the same.
  const std::string late = format_rfc3339(world.clock.wall_ms() + 60'001);
  CHECK(word(world.submit_one(foreign("f1", R"(,"time":")" + late + "\""))) ==
        "rejected clock_ahead");
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("regression: one bad clock does not poison all (actual#8905)", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  EventDraft wild = ann.setting("todo/1", "title", R"("from 2100")");
  wild.stamp = Stamp::make(4'102'444'800'000, 0, 1);
  CHECK(word(world.submit_one(wild.line())) == "rejected clock_ahead");
  CHECK(word(world.submit_one(bob.set("todo/1", "title", R"("from now")"))) == "accepted");
  CHECK(entity_record(world.memory, "shop", "todo/1")->value().find("from now") !=
        std::string::npos);
  CHECK(entity_record(world.memory, "shop", "todo/1")->value().find("2100") == std::string::npos);
  for (const std::string& line : world.log()) {
    CHECK(stamp_in(line).ms() <= world.clock.wall_ms());
  }
}

TEST_CASE("what does not fit the field's kind is rejected", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  world.submit_one(ann.set("todo/1", "a", "1"));
  EventDraft event = ann.draft("todo/1");
  event.inc["a"] = "1";
  CHECK(word(world.submit_one(event.line())) == "rejected kind_mismatch");
  // In one request it is the same: the state after the first counts for the second.
  EventDraft counter = ann.draft("todo/2");
  counter.inc["n"] = "1";
  CHECK(words(world.submit({counter.line(), ann.set("todo/2", "n", "1")})) ==
        Words{"accepted", "rejected kind_mismatch"});
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("an entity has at most so many fields", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  EventDraft full = ann.draft("todo/1");
  for (std::size_t i = 0; i < limits::kFieldsPerEntity; ++i)
    full.set["f" + std::to_string(i)] = "1";
  CHECK(word(world.submit_one(full.line())) == "accepted");
  CHECK(word(world.submit_one(ann.set("todo/1", "one_more", "1"))) == "rejected too_many_fields");
  CHECK(word(world.submit_one(ann.set("todo/1", "f1", "2"))) == "accepted");
}

TEST_CASE("an event without time gets the proxy's, and is known again", "[ingest]") {
  IngestWorld world;
  const std::string line = foreign("f1", R"(,"data":{"set":{"n":1}})");
  CHECK(word(world.submit_one(line)) == "accepted");
  const std::string now = format_rfc3339(world.clock.wall_ms());
  CHECK(world.log()[0].find(R"("time":")" + now + "\"") != std::string::npos);
  CHECK(stamp_in(world.log()[0]).ms() == world.clock.wall_ms());
  CHECK(stamp_in(world.log()[0]).node == foreign_node("/till"));
  world.clock.advance(5'000);
  CHECK(word(world.submit_one(line)) == "duplicate");
  CHECK(word(world.submit_one(world.log()[0])) == "duplicate");
  CHECK(word(world.submit_one(foreign("f1", R"(,"data":{"set":{"n":2}})"))) ==
        "rejected id_conflict");
  CHECK(word(world.submit_one(
            foreign("f1", R"(,"time":"2020-01-01T00:00:00Z","data":{"set":{"n":1}})"))) ==
        "rejected id_conflict");
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("events without time keep the order in which they came", "[ingest]") {
  IngestWorld world;
  std::vector<std::string> lines;
  for (int i = 0; i < 20; ++i) {
    // Ids in falling order: were the stamps equal, the first would win.
    lines.push_back(foreign("id-" + std::to_string(99 - i),
                            R"(,"data":{"set":{"n":)" + std::to_string(i) + "}}"));
  }
  const auto outcomes = world.submit(lines);
  CHECK(words(outcomes) == Words(20, "accepted"));
  const std::string state = entity_record(world.memory, "shop", "sale/1")->value();
  CHECK(state.find(R"("value":19)") != std::string::npos);
  CHECK(world.memory.open_conflicts("shop")->empty());
  CHECK(words(world.submit(lines)) == Words(20, "duplicate"));
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("given times never go back, across restarts and compaction too", "[ingest]") {
  IngestWorld world;
  const auto say = [&](proxy::Ingest& ingest, const std::string& id, const std::string& data) {
    const auto answer = ingest.submit("shop", {foreign(id, R"(,"data":)" + data)});
    REQUIRE(answer);
    CHECK(word(answer->outcomes.at(0)) == "accepted");
  };
  const auto n = [&](int value) {
    return entity_record(world.memory, "shop", "sale/1")
               ->value()
               .find(R"("value":)" + std::to_string(value)) != std::string::npos;
  };
  say(world.ingest, "9", R"({"set":{"n":1}})");
  say(world.ingest, "8", R"({"set":{"n":2}})");
  world.clock.advance(-5'000);
  say(world.ingest, "7", R"({"set":{"n":3}})");
  CHECK(n(3));
  say(world.ingest, "6", R"({"delete":true})");
  say(world.ingest, "5", R"({"create":true,"set":{"n":4}})");
  CHECK(n(4));
  for (int restart = 0; restart < 3; ++restart) {
    proxy::Ingest again(world.store, world.clock, {});
    say(again, "r" + std::to_string(restart),
        R"({"set":{"n":)" + std::to_string(10 + restart) + "}}");
    CHECK(n(10 + restart));
    REQUIRE(world.memory.compact("shop", restart == 1 ? 99 : 0));
    world.clock.advance(-5'000);
  }
  Stamp last;
  std::string recorded;
  Decoder decoder;
  for (const std::string& line : world.log()) {
    const EventView& event = **decoder.decode(line);
    CHECK(event.stamp > last);
    CHECK(event.recordedtime >= recorded);
    CHECK(event.time <= event.recordedtime);
    last = event.stamp;
    recorded = event.recordedtime;
  }
}

TEST_CASE("more events without time in one millisecond than a stamp can count go on in the next",
          "[ingest]") {
  IngestWorld world;
  world.clock.advance(-5'000);
  proxy::Commit full;
  full.space = "shop";
  full.clock = Stamp::make(world.clock.wall_ms() + 5'000, 0xfffe, 0).time;
  REQUIRE(append_next(world.memory, full));
  const auto event = [](const char* id) { return foreign(id, R"(,"data":{"set":{"n":1}})"); };
  CHECK(words(world.submit({event("1"), event("2"), event("3")})) ==
        Words{"accepted", "accepted", "accepted"});
  const auto log = world.log();
  const std::int64_t ms = world.clock.wall_ms() + 5'000;
  CHECK(stamp_in(log[0]) == Stamp::make(ms, 0xffff, foreign_node("/till")));
  CHECK(stamp_in(log[1]) == Stamp::make(ms + 1, 0, foreign_node("/till")));
  CHECK(log[1].find(R"("recordedtime":")" + format_rfc3339(ms + 1)) != std::string::npos);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("an event that its time would make too large is rejected", "[ingest]") {
  IngestWorld world;
  Decoder decoder;
  const auto of_size = [](std::size_t size) {
    return foreign("big", R"(,"data":{"x":")" + std::string(size, 'x') + "\"}");
  };
  std::size_t size = limits::kEventBytes;
  while (!decoder.decode(of_size(size))) --size;
  const std::string line = of_size(size);
  CHECK(word(world.submit_one(line)) == "rejected too_large");
  CHECK(world.log().empty());
  CHECK(word(world.submit_one(of_size(size - 30))) == "accepted");
}

TEST_CASE("events that write nothing are kept, and make no entity", "[ingest]") {
  IngestWorld world;
  CHECK(word(world.submit_one(foreign("f1", R"(,"data":{"note":"hello"})"))) == "accepted");
  CHECK_FALSE(*entity_record(world.memory, "shop", "sale/1"));
  CHECK(world.log().size() == 1);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("no time that is given goes back with the clock", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  world.submit_one(ann.set("todo/1", "a", "1"));
  const std::int64_t then = world.clock.wall_ms();
  world.clock.set_wall(then - 30'000);
  world.submit_one(ann.set("todo/1", "a", "2"));
  CHECK(world.log()[1].find(format_rfc3339(then)) != std::string::npos);
  // Nor does it after a restart.
  proxy::Ingest again(world.store, world.clock, {});
  REQUIRE(again.submit("shop", {foreign("f1", "")}));
  CHECK(world.log()[2].find(R"("recordedtime":")" + format_rfc3339(then)) != std::string::npos);
  CHECK(stamp_in(world.log()[2]).ms() == then);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("two authors who did not see each other make a conflict", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  world.submit_one(ann.set("todo/1", "title", R"("milk")"));
  world.clock.advance(1);
  const EventDraft event = bob.setting("todo/1", "title", R"("oat milk")");
  const auto outcomes = world.submit({event.line(), bob.set("todo/2", "title", R"("x")")});
  CHECK(words(outcomes) == Words{"accepted", "accepted"});
  CHECK(outcomes[0].sequence == 2);
  CHECK(outcomes[0].conflicts == 1);
  CHECK(outcomes[1].sequence == 4);  // the record is in between
  const auto open = world.memory.open_conflicts("shop");
  REQUIRE(open->size() == 1);
  CHECK(open->at(0).sequence == 3);
  CHECK(open->at(0).line == world.log()[2]);

  Decoder decoder;
  const EventView& record = **decoder.decode(open->at(0).line);
  CHECK(record.type == kConflictType);
  CHECK(record.source == "/proxy");
  CHECK(record.subject == "todo/1");
  CHECK(record.causationid == event.id);
  CHECK(record.time == record.recordedtime);
  CHECK_FALSE(record.writes());
  const auto conflict = parse_conflict_data(record.data);
  REQUIRE(conflict);
  CHECK(conflict->field == "title");
  CHECK(conflict->current.value == R"("milk")");
  CHECK(conflict->current.source == "/ann");
  CHECK(conflict->incoming.value == R"("oat milk")");
  CHECK(conflict->incoming_wins);
  CHECK(audit(world.memory, "shop").empty());

  SECTION("and an event that cites it closes it") {
    EventDraft resolve = ann.setting("todo/1", "title", R"("both")");
    resolve.type = "conflict.resolved";
    resolve.causationid = open->at(0).id;
    resolve.base["title"] = event.stamp;
    const Outcome outcome = world.submit_one(resolve.line());
    CHECK(word(outcome) == "accepted");
    CHECK(outcome.conflicts == 0);
    CHECK(world.memory.open_conflicts("shop")->empty());
    CHECK(audit(world.memory, "shop").empty());
  }
  SECTION("and who saw the other makes none") {
    EventDraft seen = ann.setting("todo/1", "title", R"("seen")");
    seen.base["title"] = event.stamp;
    CHECK(world.submit_one(seen.line()).conflicts == 0);
  }
  SECTION("and sending it again makes no second one") {
    CHECK(word(world.submit_one(event.line())) == "duplicate");
    CHECK(world.memory.open_conflicts("shop")->size() == 1);
  }
}

TEST_CASE("two authors conflict within one commit as well", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  const auto outcomes = world.submit(
      {ann.set("todo/1", "a", "1"), bob.set("todo/1", "a", "2"), ann.set("todo/1", "b", "1")});
  CHECK(world.store.appends == 1);
  CHECK(outcomes[1].conflicts == 1);
  CHECK(outcomes[2].sequence == 4);
  CHECK(audit(world.memory, "shop").empty());
}

// What earlier versions took.
TEST_CASE("who took the id of a conflict to come harms only itself", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  world.submit_one(ann.set("todo/1", "a", "1"));
  // Learn the id in another space, where the same event makes the same conflict.
  const EventDraft event = bob.setting("todo/1", "a", "2");
  world.submit({world.log()[0], event.line()}, "lab");
  EventDraft trap = ann.draft("todo/9");
  trap.id = world.memory.open_conflicts("lab")->at(0).id;
  trap.source = "/proxy";
  trap.clientseq = 0;
  CHECK(word(world.submit_one(trap.line())) == "rejected reserved_source");
  proxy::Commit earlier;
  earlier.space = "shop";
  earlier.first = 2;
  earlier.entries.push_back(
      {2, "/proxy", trap.id, with_sequence(trap.line(), 2, format_rfc3339(world.clock.wall_ms()))});
  REQUIRE(append_next(world.store, std::move(earlier)));
  CHECK(words(world.submit({event.line(), ann.set("todo/5", "a", "1")})) ==
        Words{"rejected id_conflict", "accepted"});
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("every line of the log can be read by every client, however extreme", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  SECTION("conflicts of large values") {
    const std::string a = "\"" + std::string(60'000, 'a') + "\"";
    const std::string b = "\"" + std::string(60'000, 'b') + "\"";
    world.submit({ann.set("todo/1", "a", a)});
    CHECK(world.submit_one(bob.set("todo/1", "a", b)).conflicts == 1);
    const std::string record = world.memory.open_conflicts("shop")->at(0).line;
    Decoder decoder;
    const auto conflict = parse_conflict_data((*decoder.decode(record))->data);
    REQUIRE(conflict);
    CHECK(conflict->current.omitted);
    CHECK(conflict->current.value.empty());
    CHECK(conflict->current.id == "ann-1");
    CHECK_FALSE(conflict->incoming.omitted);
    CHECK(conflict->incoming.value == b);
  }
  SECTION("conflicts of deep values") {
    std::string deep = "1";
    Decoder decoder;
    while (decoder.decode(ann.set("todo/1", "a", "[" + deep + "]"))) deep = "[" + deep + "]";
    CHECK(word(world.submit_one(ann.set("todo/1", "a", deep))) == "accepted");
    CHECK(world.submit_one(bob.set("todo/1", "a", "2")).conflicts == 1);
  }
  SECTION("a delete of more than a record can hold") {
    for (int i = 0; i < 8; ++i) {
      EventDraft add = ann.draft("todo/1");
      add.add["tags"] = {"\"" + std::string(50'000, static_cast<char>('a' + i)) + "\""};
      CHECK(word(world.submit_one(add.line())) == "accepted");
    }
    EventDraft remove = bob.draft("todo/1");
    remove.del = true;
    CHECK(world.submit_one(remove.line()).conflicts == 1);
    Decoder decoder;
    const auto conflict = parse_conflict_data(
        (*decoder.decode(world.memory.open_conflicts("shop")->at(0).line))->data);
    REQUIRE(conflict);
    CHECK(conflict->current.omitted);
    CHECK(conflict->incoming.deleted);
  }
  SECTION("the beginning of time") {
    CHECK(word(world.submit_one(foreign("f1", R"(,"time":"1970-01-01T00:00:00Z")"))) == "accepted");
  }
  SECTION("names with everything that may be in them") {
    EventDraft event = ann.setting("a\\\"b/ü", "na\u00efve", R"("\u0001\"")");
    CHECK(word(world.submit_one(event.line())) == "accepted");
    event = bob.setting("a\\\"b/ü", "na\u00efve", "2");
    CHECK(world.submit_one(event.line()).conflicts == 1);
  }
  CHECK(audit(world.memory, "shop") == "");
}
