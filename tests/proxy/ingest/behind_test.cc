// Other proxies append first, any number of times: who is told so decides again, and answers as if
// nobody had been there.
#include <fmt/format.h>

#include "proxy/ingest/world.h"
#include "support/log_questions.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// Everything that an event can meet: requests that go in one after the other.
std::vector<std::vector<std::string>> requests() {
  ManualClock clock;
  Author ann("/ann", 1, clock);
  Author bob("/bob", 2, clock);
  std::vector<std::vector<std::string>> all;
  all.push_back({ann.set("todo/1", "n", "1"), ann.set("todo/2", "n", "1")});
  all.push_back({bob.set("todo/1", "n", "2")});  // meets Ann's
  EventDraft unfit = bob.draft("todo/2");
  unfit.inc["n"] = "1";
  all.push_back({unfit.line(), bob.set("todo/2", "m", "1"), bob.set("todo/3", "n", "1")});
  all.push_back(all.back());  // an answer that got lost
  EventDraft count = ann.draft("todo/4");
  count.inc["c"] = "2";
  EventDraft gone = ann.draft("todo/1");
  gone.del = true;
  all.push_back({count.line(), gone.line(), "no event", ann.set("todo/1", "n", "5")});
  const char* timeless =
      R"({"specversion":"1.0","id":"t","source":"/till","type":"t","subject":"todo/5","data":{"inc":{"n":1}}})";
  all.push_back({timeless, timeless});
  for (int i = 0; i < 3; ++i) {
    std::string line = timeless;
    line.replace(line.find("\"t\""), 3, fmt::format("\"t{}\"", i));
    all.push_back({line});
  }
  return all;
}

struct Seen {
  std::vector<std::string> answers;
  std::vector<std::string> log, published;
  std::string states;
  bool operator==(const Seen&) const = default;
};

// What comes of the requests where each commit is `behind` so many times.
Seen run(int times) {
  proxy::IngestOptions options;
  options.commit_events = 2;  // several commits a request
  IngestWorld world(options);
  std::uint64_t refused_at = 0;
  int refused = 0;
  world.store.before_append = [&](const proxy::Commit& commit) -> Status {
    if (commit.first != refused_at) refused = 0;
    refused_at = commit.first;
    if (refused++ < times) return make_error(Errc::protocol, "behind", "another one was first");
    refused = 0;
    return {};
  };
  Seen seen;
  for (const auto& request : requests()) {
    world.clock.advance(100);
    for (const Outcome& outcome : world.submit(request)) {
      seen.answers.push_back(encode_outcome(outcome));
    }
  }
  CHECK(audit(world.memory, "shop").empty());
  seen.log = world.log();
  seen.published = world.published["shop"];
  for (const char* subject : {"todo/1", "todo/2", "todo/3", "todo/4", "todo/5"}) {
    seen.states += entity_record(world.memory, "shop", subject)->value_or("none") + "\n";
  }
  return seen;
}

}  // namespace

TEST_CASE("a store that is `behind` k times gives the same answers as one that never is",
          "[ingest]") {
  const Seen expected = run(0);
  CHECK(expected.log.size() > 10);
  CHECK(expected.published == expected.log);
  for (const int times : {1, 2, 3, 7, 19}) {
    INFO(times << " times");
    const Seen seen = run(times);
    CHECK(seen.answers == expected.answers);
    CHECK(seen.log == expected.log);
    CHECK(seen.published == expected.published);
    CHECK(seen.states == expected.states);
  }
}

TEST_CASE("a store that is always `behind` gets an error that says so, and keeps nothing",
          "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  const std::string line = ann.set("todo/1", "n", "2");
  world.store.appends = 0;
  world.store.before_append = [](const proxy::Commit&) -> Status {
    return make_error(Errc::protocol, "behind", "another one was first");
  };
  const auto answer = world.ingest.submit("shop", {line});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == Errc::partial);
  CHECK(answer.error().code == "busy");
  CHECK(world.store.appends == 20);
  CHECK(world.log().size() == 1);
  world.store.before_append = nullptr;
  CHECK(words(world.submit({line})) == Words{"accepted"});
  CHECK(world.published["shop"] == world.log());
}

// Ann and Bob write a field unseen by each other: whether they meet is asked in a second look.
TEST_CASE("what is decided rests on looks at one moment", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock), eve("/eve", 3, world.clock);
  const std::string foreign = eve.set("todo/1", "n", "7");
  world.submit_one(ann.set("todo/1", "n", "1"));
  const std::string line = bob.set("todo/1", "n", "2");
  int looks = 0;
  SECTION("another proxy commits between two of them") {
    proxy::MemoryLogStore elsewhere(world.memory.log());
    proxy::Ingest other(elsewhere, world.clock, {}, {});
    world.store.before_look = [&](const proxy::Questions&) -> Status {
      if (++looks != 2) return {};
      const auto answer = other.submit("shop", {foreign});
      CHECK(words(answer->outcomes) == Words{"accepted"});
      return {};
    };
    const auto answer = world.ingest.submit("shop", {line});
    REQUIRE(answer);
    CHECK(words(answer->outcomes) == Words{"accepted"});
    CHECK(looks > 3);
    CHECK(answer->outcomes[0].conflicts == 1);
    CHECK(answer->outcomes[0].sequence == 4);  // behind Eve's with its conflict
  }
  SECTION("the store fails at the second") {
    world.store.before_look = [&](const proxy::Questions&) -> Status {
      if (++looks == 2) return make_error(Errc::io, "io", "no");
      return {};
    };
    const auto answer = world.ingest.submit("shop", {line});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == "io");
    CHECK(world.log().size() == 1);
    CHECK(words(world.submit({line})) == Words{"accepted"});
    CHECK(world.log().size() == 3);
  }
  CHECK(world.published["shop"] == world.log());
  CHECK(audit(world.memory, "shop").empty());
}

// It is in the log, and so is the record of its conflict, which nobody else can have made.
TEST_CASE("an event that another proxy takes between two looks is a duplicate", "[ingest]") {
  IngestWorld world;
  proxy::MemoryLogStore elsewhere(world.memory.log());
  proxy::Ingest other(elsewhere, world.clock, {});
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  const std::string line = bob.set("todo/1", "n", "2");
  const int at = GENERATE(1, 2, 3);
  int looks = 0;
  world.store.before_look = [&](const proxy::Questions&) -> Status {
    if (++looks == at) CHECK(other.submit("shop", {line}, "/relay"));
    return {};
  };
  const auto answer = world.ingest.submit("shop", {line}, "/relay");
  REQUIRE(answer);
  CHECK(looks >= at);
  CHECK(words(answer->outcomes) == Words{"duplicate"});
  CHECK(world.log().size() == 3);
}
