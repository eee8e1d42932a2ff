// A log that was lost and is sent again, in another order than before: what an event's author knew
// when it wrote makes no conflict.
#include "proxy/ingest/log_look.h"
#include "proxy/ingest/world.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// Ann writes, Bob writes over it, and again; Cy over that.
struct Story {
  explicit Story(Clock& clock) : ann("/ann", 1, clock), bob("/bob", 2, clock), cy("/cy", 3, clock) {
    first = ann.setting("todo/1", "t", "1");
    second = over(bob, first, "2");
    third = over(bob, second, "3");
    fourth = over(cy, third, "4");
  }
  static EventDraft over(Author& author, const EventDraft& seen, const std::string& value) {
    author.hlc().observe(seen.stamp, seen.stamp.ms());
    EventDraft event = author.setting("todo/1", "t", value);
    event.base["t"] = seen.stamp;
    return event;
  }
  Author ann, bob, cy;
  EventDraft first, second, third, fourth;
};

std::size_t conflicts(const std::vector<Outcome>& outcomes) {
  std::size_t all = 0;
  for (const Outcome& outcome : outcomes) {
    CHECK(word(outcome) == "accepted");
    all += outcome.conflicts;
  }
  return all;
}

}  // namespace

TEST_CASE("what was written over comes later without a conflict", "[ingest]") {
  IngestWorld world;
  const Story story(world.clock);
  CHECK(conflicts(world.submit({story.second.line()})) == 0);
  CHECK(conflicts(world.submit({story.first.line()})) == 0);
  CHECK(world.log().size() == 2);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("in one request, too", "[ingest]") {
  IngestWorld world;
  const Story story(world.clock);
  CHECK(conflicts(world.submit({story.second.line(), story.third.line(), story.fourth.line(),
                                story.first.line()})) == 0);
}

TEST_CASE("who saw what was written over it knew it, as long as the proxy remembers", "[ingest]") {
  IngestWorld world;
  const Story story(world.clock);
  CHECK(conflicts(world.submit({story.fourth.line()})) == 0);
  CHECK(conflicts(world.submit({story.second.line(), story.third.line()})) == 0);
  // Another proxy knows events of before it started by their identity alone.
  proxy::MemoryLogStore copy{"epoch2"};
  for (auto& lines : {story.fourth.line(), story.second.line(), story.third.line()}) {
    proxy::Ingest once(copy, world.clock, {});
    CHECK(conflicts(once.submit("shop", {lines})->outcomes) == 0);
  }
  proxy::Ingest fresh(copy, world.clock, {});
  CHECK(conflicts(fresh.submit("shop", {story.first.line()})->outcomes) == 1);
  CHECK(conflicts(world.submit({story.first.line()})) == 0);
}

TEST_CASE("the events of another space tell nothing", "[ingest]") {
  IngestWorld world;
  const Story story(world.clock);
  world.submit({story.third.line()}, "other");
  CHECK(conflicts(world.submit({story.fourth.line()})) == 0);
  CHECK(conflicts(world.submit({story.first.line()})) == 1);
}

TEST_CASE("of a compacted event nobody knows what its author had seen", "[ingest]") {
  IngestWorld world;
  const Story story(world.clock);
  world.submit({story.second.line()});
  REQUIRE(world.memory.compact("shop", 1));
  CHECK(conflicts(world.submit({story.first.line()})) == 1);
}

TEST_CASE("what failed to be appended is not remembered as a part of the log", "[ingest]") {
  IngestWorld world;
  const Story story(world.clock);
  world.store.before_append = [](const proxy::Commit&) {
    return Status(make_error(Errc::io, "io", "no"));
  };
  CHECK_FALSE(world.ingest.submit("shop", {story.third.line()}));
  world.store.before_append = {};
  CHECK(conflicts(world.submit({story.fourth.line()})) == 0);
  CHECK(conflicts(world.submit({story.first.line()})) == 1);
}

TEST_CASE("a look into the log has bounds", "[ingest]") {
  Decoder decoder, other;
  ManualClock clock;
  const Story story(clock);
  const std::string line = story.second.line();
  proxy::RecentEvents recent(2);
  int looks = 0;
  const std::optional<proxy::KnownEvent> known = proxy::KnownEvent{1, line, {}};
  const auto find = [&](auto, auto) {
    ++looks;
    return &known;
  };
  const proxy::RecentEvents none;
  proxy::StoredLook look("shop", find, {&none, &recent}, decoder);
  for (int i = 0; i < proxy::StoredLook::kAnswers; ++i) CHECK(look.event_of("/bob", "bob-1"));
  CHECK_FALSE(look.event_of("/bob", "bob-1"));
  CHECK(looks == proxy::StoredLook::kAnswers);
  recent.note("shop", **other.decode(line));
  CHECK(recent.at("shop", story.second.stamp)->id == "bob-1");
  CHECK_FALSE(recent.at("shoq", story.second.stamp));
  recent.note("shop", **other.decode(story.third.line()));
  recent.note("shop", **other.decode(story.third.line()));
  CHECK(recent.at("shop", story.second.stamp));
  recent.note("shop", **other.decode(story.fourth.line()));
  CHECK_FALSE(recent.at("shop", story.second.stamp));
  CHECK(recent.at("shop", story.fourth.stamp)->source == "/cy");

  proxy::RecentEvents later;
  later.note("shop", **other.decode(line));
  recent.note(std::move(later));
  CHECK(recent.at("shop", story.second.stamp));
  CHECK_FALSE(recent.at("shop", story.third.stamp));

  proxy::StoredLook asking(
      "shop", [](auto, auto) { return nullptr; }, {&none, &recent}, decoder);
  CHECK_FALSE(asking.event_at(story.second.stamp));
}

// What order the log gives counts, as to who reads it: a resolution closes what stands before it.
TEST_CASE("regression: a resolution closed the conflict that came behind it at once", "[ingest]") {
  const bool at_once = GENERATE(true, false);
  CAPTURE(at_once);
  IngestWorld before, after;
  Author ann("/ann", 1, before.clock), bob("/bob", 2, before.clock);
  const std::string first = ann.set("todo/1", "t", "1"), second = bob.set("todo/1", "t", "2");
  before.submit({first, second});
  EventDraft resolve = ann.setting("todo/2", "t", "3");
  resolve.causationid = before.memory.open_conflicts("shop")->at(0).id;
  // The log was lost, and is sent again.
  std::vector<std::string> lines{first, resolve.line(), second};
  if (at_once) {
    after.submit(lines);
  } else {
    for (const std::string& line : lines) after.submit({line});
  }
  CHECK(after.memory.open_conflicts("shop")->size() == 1);
  CHECK(audit(after.memory, "shop").empty());
}
