// An event is known by its source and id together, and the files of before, where it was the id.
#include "lib/replica/fixture.h"
#include "support/formats.h"

using namespace offsync;
using namespace offsync::test;

namespace {

std::string sale(const std::string& source, int total, const std::string& more = "") {
  return fmt::format(
      R"({{"specversion":"1.0","id":"1","source":"{}","type":"sale",)"
      R"("subject":"till/1","stamp":"{}"{},"data":{{"inc":{{"n":1}},"set":{{"t":{}}}}}}})",
      source, Stamp::make(1'700'000'000'000, 0, 5).text(), more, total);
}

Emitted import(Fixture& f, const std::string& line) {
  auto batch = must(f.replica.begin_batch());
  Emitted emitted = must(batch.add_line(line));
  must(batch.commit());
  return emitted;
}

std::vector<PendingEvent> pending(Replica& replica) {
  std::vector<PendingEvent> events;
  must(replica.for_each_pending([&](const PendingEvent& event) {
    events.push_back(event);
    return true;
  }));
  return events;
}

// The answers to two events with the id "1".
Outcome answer(const std::string& source, OutcomeKind kind, std::uint64_t sequence = 0) {
  Outcome outcome;
  outcome.id = "1";
  outcome.source = source;
  outcome.kind = kind;
  outcome.sequence = sequence;
  if (kind == OutcomeKind::rejected) outcome.code = "kind_mismatch";
  return outcome;
}

}  // namespace

TEST_CASE("two sources may use one id: in the queue, in answers, in the log") {
  Fixture f;
  CHECK_FALSE(import(f, sale("/till/1", 1)).duplicate);
  CHECK_FALSE(import(f, sale("/till/2", 2)).duplicate);
  CHECK(import(f, sale("/till/1", 1)).duplicate);
  CHECK(f.shown("till/1") == "n=2 t=2");
  auto events = pending(f.replica);
  REQUIRE(events.size() == 2);
  CHECK(events[0].source == "/till/1");
  CHECK(events[1].source == "/till/2");

  SECTION("each is settled by its own answer, and confirmed by its own copy") {
    must(f.replica.settle(f.log.epoch, std::vector{answer("/till/2", OutcomeKind::accepted, 1)}));
    events = pending(f.replica);
    CHECK(events[0].state == PendingState::queued);
    CHECK(events[1].state == PendingState::accepted);
    f.log.append(events[1].line);
    f.pull();
    events = pending(f.replica);
    REQUIRE(events.size() == 1);
    CHECK(events[0].source == "/till/1");
    CHECK(f.confirmed("till/1") == "n=1 t=2");
    CHECK(f.shown("till/1") == "n=2 t=2");
    must(f.replica.settle(f.log.epoch, std::vector{answer("/till/1", OutcomeKind::accepted, 2)}));
    f.log.append(events[0].line);
    f.pull();
    CHECK(pending(f.replica).empty());
    CHECK(f.confirmed("till/1") == "n=2 t=2");
    CHECK(import(f, sale("/till/2", 2)).duplicate);
    CHECK_FALSE(import(f, sale("/till/3", 3)).duplicate);
    CHECK(code_of(f.replica.find_event("1")) == "ambiguous");
    CHECK(must(f.replica.find_event("1", "/till/3"))->find("/till/3") != std::string::npos);
    CHECK_FALSE(must(f.replica.find_event("1", "/till/4")));
  }
  SECTION("an id that is not unique asks for the source") {
    must(f.replica.settle(f.log.epoch, std::vector{answer("/till/1", OutcomeKind::rejected)}));
    CHECK(code_of(f.replica.pending("1")) == "ambiguous");
    CHECK(code_of(f.replica.retry("1")) == "ambiguous");
    const Status dropped = f.replica.drop("1");
    REQUIRE_FALSE(dropped);
    CHECK(dropped.error().kind == Errc::usage);
    CHECK(dropped.error().detail.find("/till/1") != std::string::npos);
    CHECK(dropped.error().detail.find("/till/2") != std::string::npos);
    CHECK(dropped.error().hint.find("--source") != std::string::npos);
    CHECK(must(f.replica.pending("1", "/till/1"))->state == PendingState::rejected);
    CHECK_FALSE(must(f.replica.pending("1", "/till/9")));
    must(f.replica.drop("1", "/till/1"));
    CHECK(must(f.replica.pending("1"))->source == "/till/2");
    CHECK(f.shown("till/1") == "n=1 t=2");
  }
}

TEST_CASE("of two pending events with one id, each resolves the conflict that it cites") {
  Fixture f;
  f.log.append(conflict_line("c1", "todo/1", "a"));
  f.log.append(conflict_line("c2", "todo/1", "b"));
  f.pull();
  import(f, sale("/till/1", 1, R"(,"causationid":"c1")"));
  import(f, sale("/till/2", 2, R"(,"causationid":"c2")"));
  CHECK(must(f.replica.conflicts(false)).empty());
  must(f.replica.settle(f.log.epoch, std::vector{answer("/till/2", OutcomeKind::rejected)}));
  const auto open = must(f.replica.conflicts(false));
  REQUIRE(open.size() == 1);
  CHECK(open[0].conflict.id == "c2");
  CHECK(must(f.replica.conflict("c1")).resolved_by == "1");
  CHECK(must(f.replica.conflict("c1")).resolved_source == "/till/1");
}

TEST_CASE("a replica of format 1 goes on as it was, its events known by source and id") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  make_old_file(dir.file("replica.db"), "replica_1");
  Replica replica = must(Replica::open(dir.file("replica.db"), clock, random));
  const auto shown = [&](const std::string& subject) {
    return shown_line(subject, *must(replica.entity(subject)));
  };
  const auto events = pending(replica);
  std::string queue;
  for (const PendingEvent& event : events) {
    queue += event.source + " " + event.subject + " " + std::string(name_of(event.state)) + "\n";
    CHECK(must(replica.find_event(event.id)) == event.line);
  }
  CHECK(queue ==
        "/clients/a todo/3 rejected\n/clients/a todo/3 held\n/clients/a todo/1 queued\n"
        "/till/9 till/9 queued\n/clients/a todo/1 queued\n");
  int lines = 0;
  must(replica.for_each_log({}, [&](std::uint64_t, std::string_view line) {
    ++lines;
    const Seen event = seen(std::string(line));
    CHECK(must(replica.find_event(event.id, event.source)) == line);
    return true;
  }));
  CHECK(lines == 8);
  CHECK(
      shown("todo/1") ==
      R"({"subject":"todo/1","fields":{"count":15,"done":false,"tags":["red"],"title":"Buy milk"}})");
  CHECK(shown("till/1") == R"({"subject":"till/1","fields":{"sales":2,"total":5}})");
  const auto conflict = must(replica.conflict("87330d8f"));
  CHECK(conflict.resolved_by == events[4].id);
  CHECK(conflict.resolved_source == "/clients/a");

  // The log's copy of an increment that the old program had shown is not counted once more.
  const std::string epoch = must(replica.info()).cursor->epoch;
  const std::vector<std::string> copy{with_sequence(events[2].line, 9, "2026-11-27T15:00:00.000Z")};
  must(replica.apply(epoch, copy));
  CHECK(pending(replica).size() == 4);
  CHECK(shown("todo/1").find(R"("count":15,)") != std::string::npos);
  // Another source's event with an id of the log is another event.
  auto batch = must(replica.begin_batch());
  CHECK_FALSE(must(batch.add_line(sale("/till/2", 3))).duplicate);
  CHECK(code_of(batch.add_line(sale("/till/1", 3))) == "id_conflict");
  must(batch.commit());
}
