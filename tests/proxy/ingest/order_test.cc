// The order of one client's events, and answers that were lost.
#include "proxy/ingest/world.h"
#include "support/log_questions.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// A request whose second event does not fit: [accepted, rejected, held, accepted, held].
std::vector<std::string> mixed_request(Author& ann) {
  std::vector<std::string> lines{ann.set("todo/1", "n", "1")};
  EventDraft unfit = ann.draft("todo/1");
  unfit.inc["n"] = "1";
  lines.push_back(unfit.line());
  lines.push_back(ann.set("todo/1", "title", R"("after it")"));
  lines.push_back(ann.set("todo/2", "title", R"("another entity")"));
  lines.push_back(ann.set("todo/1", "title", R"("and again")"));
  return lines;
}

const Words kMixed = {"accepted", "rejected kind_mismatch", "held held", "accepted", "held held"};
const Words kMixedAgain = {"duplicate", "rejected kind_mismatch", "held held", "duplicate",
                           "held held"};

}  // namespace

TEST_CASE("after a rejection the later events of that entity are held", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  std::vector<std::string> lines = mixed_request(ann);
  lines.push_back(bob.set("todo/1", "done", "true"));  // somebody else's is not
  const auto outcomes = world.submit(lines);
  Words expected = kMixed;
  expected.emplace_back("accepted");
  CHECK(words(outcomes) == expected);
  CHECK(outcomes[2].detail.find("line 2") != std::string::npos);
  CHECK(world.log().size() == 3);
  // The mark has passed the held ones; they come again, if at all, under new numbers.
  CHECK(*client_mark(world.memory, "shop", "/ann") == 4);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("what is held in one request is decided in the next", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  world.submit(mixed_request(ann));
  CHECK(word(world.submit_one(ann.set("todo/1", "title", R"("retried")"))) == "accepted");
}

TEST_CASE("an answer that got lost is given again", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const std::vector<std::string> lines = mixed_request(ann);
  const auto first = world.submit(lines);
  CHECK(words(first) == kMixed);
  const auto log = world.log();
  SECTION("at once") {}
  SECTION("after others wrote") {
    Author bob("/bob", 2, world.clock);
    world.submit({bob.set("todo/1", "n", "5"), bob.set("todo/7", "n", "5")});
  }
  SECTION("after what it did not fit was deleted") {
    EventDraft remove = ann.draft("todo/1");
    remove.del = true;
    world.submit_one(remove.line());
  }
  const std::size_t events = world.log().size();
  const auto again = world.submit(lines);
  CHECK(words(again) == kMixedAgain);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(again[i].id == first[i].id);
    CHECK(again[i].sequence == first[i].sequence);
    if (first[i].kind == OutcomeKind::rejected) CHECK(again[i].detail == first[i].detail);
  }
  CHECK(world.log().size() == events);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("an answer that got lost is given again by a proxy that restarted", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const std::vector<std::string> lines = mixed_request(ann);
  world.submit(lines);
  proxy::Ingest again(world.store, world.clock, {});
  const auto answer = again.submit("shop", lines);
  REQUIRE(answer);
  CHECK(words(answer->outcomes) == kMixedAgain);
}

TEST_CASE("a rejected event stays rejected, even if it would fit by now", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  EventDraft ahead = ann.setting("todo/1", "a", "1");
  ahead.stamp = Stamp::make(world.clock.wall_ms() + 90'000, 0, 1);
  CHECK(word(world.submit_one(ahead.line())) == "rejected clock_ahead");
  world.clock.advance(120'000);
  CHECK(word(world.submit_one(ahead.line())) == "rejected clock_ahead");
  CHECK(world.log().empty());
}

TEST_CASE("regression: one refused event does not block the queue (powersync-native#15)",
          "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  std::vector<std::string> lines{ann.set("todo/1", "n", "1")};
  EventDraft unfit = ann.draft("todo/1");
  unfit.inc["n"] = "1";
  lines.push_back(unfit.line());
  for (int i = 2; i < 50; ++i) lines.push_back(ann.set("todo/" + std::to_string(i), "n", "1"));
  for (int again = 0; again < 3; ++again) {
    const auto outcomes = world.submit(lines);
    REQUIRE(outcomes.size() == lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CHECK((outcomes[i].kind == OutcomeKind::rejected) == (i == 1));
    }
  }
  CHECK(world.log().size() == 49);
}

TEST_CASE("an unknown event below the mark is not taken", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const std::string late = ann.set("todo/1", "a", "1");
  world.submit_one(ann.set("todo/1", "a", "2"));
  const Outcome outcome = world.submit_one(late);
  CHECK(word(outcome) == "rejected already_decided");
  CHECK(outcome.detail.find("up to clientseq 2") != std::string::npos);
  // Another event than the one that was rejected under this number gets no foreign reason.
  EventDraft unfit = ann.draft("todo/1");
  unfit.inc["a"] = "1";
  CHECK(word(world.submit_one(unfit.line())) == "rejected kind_mismatch");
  unfit.id = "another";
  CHECK(word(world.submit_one(unfit.line())) == "rejected already_decided");
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("nothing of an author that was put back goes before what it gave old numbers",
          "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author put_back("/ann", 1, world.clock);
  world.submit({ann.set("todo/1", "a", "1"), ann.set("todo/1", "a", "2")});
  std::vector<std::string> lines;
  // With ids of their own: a replica does not give one twice.
  const auto set = [&](const std::string& subject) {
    EventDraft draft = put_back.setting(subject, "a", "7");
    draft.id = "again-" + std::to_string(draft.clientseq);
    return draft.line();
  };
  for (const char* subject : {"todo/4", "todo/5", "todo/6", "todo/7", "todo/4"}) {
    lines.push_back(set(subject));
  }
  const auto answer = world.ingest.submit("shop", lines, "/ann");
  REQUIRE(answer);
  CHECK(words(answer->outcomes) == Words{"rejected already_decided", "rejected already_decided",
                                         "rejected already_decided", "rejected already_decided",
                                         "held held"});
  // Who does not say whose events it sends may have several authors.
  lines.push_back(set("todo/9"));
  CHECK(words(world.submit({lines[0], lines[5]})) == Words{"rejected already_decided", "accepted"});
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("a late copy of an old request changes nothing", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const std::vector<std::string> old = mixed_request(ann);
  world.submit(old);
  for (int i = 0; i < 5; ++i) world.submit_one(ann.set("todo/2", "title", std::to_string(i)));
  const auto log = world.log();
  const std::uint64_t mark = *client_mark(world.memory, "shop", "/ann");
  CHECK(words(world.submit(old)) == kMixedAgain);
  CHECK(world.log() == log);
  CHECK(*client_mark(world.memory, "shop", "/ann") == mark);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("a rejection is remembered within the commit that decides it", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  EventDraft unfit = ann.draft("todo/1");
  unfit.inc["n"] = "1";
  // A relay sends it twice in one body; behind a rejection, the copy is held with all the rest.
  CHECK(words(world.submit({unfit.line(), unfit.line()})) ==
        Words{"rejected kind_mismatch", "held held"});
  CHECK(words(world.submit({unfit.line()})) == Words{"rejected kind_mismatch"});
}

TEST_CASE("regression: an edit uploaded late comes after all others (live-state#203)", "[ingest]") {
  IngestWorld world;
  Author offline("/offline", 1, world.clock);
  Author online("/online", 2, world.clock);
  const EventDraft old = offline.setting("todo/1", "title", R"("written first")");
  world.clock.advance(3'600'000);
  for (int i = 0; i < 10; ++i) world.submit_one(online.set("todo/1", "n", std::to_string(i)));
  const std::size_t seen = world.published["shop"].size();
  CHECK(world.submit_one(old.line()).sequence == seen + 1);
  CHECK(world.published["shop"].size() == seen + 1);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("events without clientseq know no order", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  EventDraft plain = ann.draft("todo/1");
  plain.clientseq = 0;
  plain.inc["n"] = "1";
  EventDraft next = ann.setting("todo/1", "m", "1");
  next.clientseq = 0;
  const Words both = {"rejected kind_mismatch", "accepted"};
  CHECK(words(world.submit({plain.line(), next.line()})) == both);
  CHECK(*client_mark(world.memory, "shop", "/ann") == 1);
}

TEST_CASE("spaces have their own marks, sequences and rejections", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const std::vector<std::string> lines = mixed_request(ann);
  CHECK(words(world.submit(lines, "one")) == kMixed);
  CHECK(words(world.submit(lines, "two")) == kMixed);
  CHECK(world.log("one") == world.log("two"));
  CHECK(audit(world.memory, "one").empty());
}
