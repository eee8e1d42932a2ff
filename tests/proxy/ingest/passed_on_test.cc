// Events that somebody else passes on: their numbers are their authors' order, not the sender's.
#include "proxy/ingest/world.h"
#include "support/log_questions.h"

using namespace offsync;
using namespace offsync::test;

namespace {

std::vector<Outcome> pass_on(IngestWorld& world, std::vector<std::string> lines,
                             const std::string& author) {
  auto answer = world.ingest.submit("shop", std::move(lines), author);
  REQUIRE(answer);
  return answer->outcomes;
}

}  // namespace

TEST_CASE("an event that another passes on leaves its author's mark alone", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const std::string first = ann.set("todo/1", "n", "1");
  const std::string second = ann.set("todo/1", "n", "2");
  CHECK(words(pass_on(world, {second}, "/bob")) == Words{"accepted"});
  CHECK(*client_mark(world.memory, "shop", "/ann") == 0);
  // Its author comes later, with all of them, in order.
  CHECK(words(pass_on(world, {first, second}, "/ann")) == Words{"accepted", "duplicate"});
  CHECK(*client_mark(world.memory, "shop", "/ann") == 1);
  CHECK(words(pass_on(world, {ann.set("todo/1", "n", "3")}, "/ann")) == Words{"accepted"});
  CHECK(*client_mark(world.memory, "shop", "/ann") == 3);
  // P4: but for what others send again.
  CHECK(audit(world.memory, "shop") == "sequence 2: its author wrote it before another one");
}

TEST_CASE("an event below its author's mark may be passed on", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  const std::string lost = ann.set("todo/1", "n", "1");
  world.submit_one(ann.set("todo/2", "n", "2"));
  CHECK(words(pass_on(world, {lost}, "/ann")) == Words{"rejected already_decided"});
  CHECK(words(world.submit({lost})) == Words{"rejected already_decided"});
  CHECK(words(pass_on(world, {lost, lost}, "/bob")) == Words{"accepted", "duplicate"});
  CHECK(words(pass_on(world, {lost}, "/ann")) == Words{"duplicate"});
  CHECK(*client_mark(world.memory, "shop", "/ann") == 2);
  // P4: but for what others send again.
  CHECK(audit(world.memory, "shop") == "sequence 2: its author wrote it before another one");
}

TEST_CASE("what was rejected stays so, whoever passes it on", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  EventDraft unfit = ann.draft("todo/1");
  unfit.inc["n"] = "1";
  const std::string line = unfit.line();
  CHECK(word(world.submit_one(line)) == "rejected kind_mismatch");
  // On another entity it would fit; but this id at this number was refused.
  unfit.subject = "todo/9";
  CHECK(words(pass_on(world, {unfit.line()}, "/bob")) == Words{"rejected kind_mismatch"});
  CHECK(world.log().size() == 1);
}

TEST_CASE("behind a rejection all that its replica has of the entity is held, whoever wrote it") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  world.submit_one(bob.set("todo/1", "n", "1"));
  EventDraft unfit = ann.draft("todo/1");
  unfit.inc["n"] = "1";
  EventDraft plain = ann.setting("todo/1", "p", "1");
  plain.source = "/till";
  plain.clientseq = 0;
  const std::vector<std::string> lines = {unfit.line(), bob.set("todo/1", "m", "2"), plain.line(),
                                          bob.set("todo/2", "m", "2")};
  SECTION("a replica holds them all as well") {
    CHECK(words(pass_on(world, lines, "/bob")) ==
          Words{"rejected kind_mismatch", "held held", "held held", "accepted"});
    CHECK(audit(world.memory, "shop").empty());
  }
  SECTION("who does not say which source is its own passes on for several") {
    CHECK(words(world.submit(lines)) ==
          Words{"rejected kind_mismatch", "accepted", "accepted", "accepted"});
  }
}

TEST_CASE("a rejection of what was passed on is nobody's decision", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Author bob("/bob", 2, world.clock);
  world.submit_one(bob.set("todo/1", "n", "1"));
  EventDraft unfit = ann.draft("todo/1");
  unfit.inc["n"] = "1";
  const std::string next = ann.set("todo/1", "m", "2");
  CHECK(words(pass_on(world, {unfit.line(), next}, "/bob")) ==
        Words{"rejected kind_mismatch", "held held"});
  CHECK(*client_mark(world.memory, "shop", "/ann") == 0);
  CHECK(words(pass_on(world, {next}, "/bob")) == Words{"accepted"});
  CHECK(audit(world.memory, "shop").empty());
}
