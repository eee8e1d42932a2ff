// What log_store.h promises, of every store.
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "contract/store_under_test.h"
#include "proxy/store/residue.h"
#include "support/catch.h"
#include "support/log_questions.h"
#include "wire/line_mark.h"

using namespace offsync;
using namespace offsync::proxy;
using offsync::test::append_next;
using offsync::test::append_one;
using offsync::test::client_mark;
using offsync::test::commit_of;
using offsync::test::entity_record;
using offsync::test::known_event;
using offsync::test::known_rejection;
using offsync::test::take_snapshot;

namespace {

constexpr std::size_t kAll = 1'000'000;

std::vector<std::uint64_t> sequences(const std::vector<LogEntry>& entries) {
  std::vector<std::uint64_t> out;
  for (const LogEntry& entry : entries) out.push_back(entry.sequence);
  return out;
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = first; i <= last; ++i) out.push_back(i);
  return out;
}

// Names that would be something else to a database, a path, a URL or a shell.
const std::vector<std::string> kHostile = {"'; DROP TABLE event; --",
                                           "\"quoted\"",
                                           "$where",
                                           "a.b",
                                           "__proto__",
                                           "%00%",
                                           "../../etc",
                                           "naïve 名前",
                                           "a\\b",
                                           "*",
                                           " ",
                                           "_",
                                           "x' OR '1'='1",
                                           std::string(200, 'z')};

}  // namespace

TEST_CASE("a space nobody has written to is empty, and has an epoch already") {
  OFFSYNC_STORE(store);
  const auto state = store->space("shop");
  REQUIRE(state);
  CHECK(state->number == 0);
  CHECK(state->head == 0);
  CHECK(state->oldest == 1);
  CHECK(state->applied == 0);
  REQUIRE_FALSE(state->epoch.empty());
  CHECK(state->epoch.size() <= 32);
  CHECK(std::all_of(state->epoch.begin(), state->epoch.end(),
                    [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }));
  CHECK(store->spaces()->empty());
  CHECK(store->read("shop", 0, 10, kAll)->empty());
  CHECK_FALSE(*known_event(store, "shop", "/e", "e-1"));
  CHECK_FALSE(*entity_record(store, "shop", "todo/1"));
  CHECK(*client_mark(store, "shop", "/a") == 0);
  CHECK_FALSE(*known_rejection(store, "shop", "/a", 1));
  CHECK(store->open_conflicts("shop")->empty());
  CHECK(store->set_applied("shop", 0));
  CHECK(store->compact("shop", 5));
  CHECK(store->check());
  const auto snapshot = take_snapshot(store.store(), "shop");
  REQUIRE(snapshot);
  CHECK(snapshot->at.epoch == state->epoch);
  CHECK(snapshot->at.log == state->log);
  CHECK(snapshot->at.head == 0);
  CHECK(snapshot->entities_announced == 0);
}

TEST_CASE("commits follow each other without gaps") {
  OFFSYNC_STORE(store);
  REQUIRE(append_next(store, commit_of("shop", 1, 3)));
  REQUIRE(append_next(store, commit_of("shop", 4, 2)));
  CHECK(store->space("shop")->head == 5);
  const auto entries = store->read("shop", 0, kAll, kAll);
  REQUIRE(entries);
  CHECK(sequences(*entries) == range(1, 5));
  CHECK(entries->at(3).id == "e-4");
  CHECK(entries->at(3).line == R"({"id":"e-4"})");
}

TEST_CASE("a commit that is not the next is `behind`, and nothing of it is kept") {
  OFFSYNC_STORE(store);
  REQUIRE(append_next(store, commit_of("shop", 1, 2)));
  REQUIRE(append_next(store, commit_of("shop", 3, 1)));
  for (const std::uint64_t number : {0, 1, 2, 4, 5}) {
    Commit commit = commit_of("shop", 4, 2, "late");
    commit.number = number;
    commit.entities = {{"todo/1", "{}"}};
    commit.marks = {{"/a", 9}};
    commit.rejections = {{"/a", 9, "x", "code", "detail"}};
    commit.opened = {{"late-4", 4, "{}"}};
    const Status status = append_one(store, commit);
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == Errc::protocol);
    CHECK(status.error().code == "behind");
    CHECK(status.error().detail.find("shop") != std::string::npos);
  }
  CHECK(store->space("shop")->number == 2);
  CHECK(store->space("shop")->head == 3);
  CHECK_FALSE(*entity_record(store, "shop", "todo/1"));
  CHECK(*client_mark(store, "shop", "/a") == 0);
  CHECK_FALSE(*known_rejection(store, "shop", "/a", 9));
  CHECK(store->open_conflicts("shop")->empty());
  CHECK_FALSE(*known_event(store, "shop", "/late", "late-4"));
}

// Were it not so, two proxies could decide one clientseq in two ways.
TEST_CASE("a commit without an event takes a number as any other") {
  OFFSYNC_STORE(store);
  REQUIRE(append_next(store, commit_of("shop", 1, 3)));
  Commit rejected;
  rejected.space = "shop";
  rejected.number = 2;
  rejected.first = 4;
  rejected.marks = {{"/a", 9}};
  rejected.rejections = {{"/a", 9, "x", "code", "detail"}};
  REQUIRE(append_one(store, rejected));
  Commit other = commit_of("shop", 4, 1);
  other.number = 2;
  other.marks = {{"/a", 9}};
  CHECK(append_one(store, other).error().code == "behind");
  rejected.rejections[0].code = "another code";
  CHECK(append_one(store, rejected).error().code == "behind");
  CHECK(store->space("shop")->number == 2);
  CHECK(store->space("shop")->head == 3);
  CHECK((*known_rejection(store, "shop", "/a", 9))->code == "code");
  other.number = 3;
  CHECK(append_one(store, other));
  CHECK(store->space("shop")->number == 3);
  CHECK(store->space("other")->number == 0);
  if (store.reopen()) CHECK(store->space("shop")->number == 3);
}

TEST_CASE("a commit to a space that is behind at its very first event makes no space") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 1);
  commit.number = 2;
  CHECK(append_one(store, commit).error().code == "behind");
  CHECK(store->spaces()->empty());
}

TEST_CASE("a look answers each question in its place") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 3);
  commit.entities = {{"todo/1", "one"}, {"todo/2", "two"}};
  commit.marks = {{"/a", 5}};
  commit.rejections = {{"/a", 4, "x", "code", "detail"}};
  REQUIRE(append_next(store, commit));
  const Questions questions = {
      .events = {{"/e", "e-3"}, {"/e", "none"}, {"/e", "e-1"}, {"/e", "e-3"}},
      .subjects = {"todo/2", "todo/3", "todo/1"},
      .sources = {"/b", "/a"},
      .rejections = {{"/a", 5}, {"/a", 4}, {"/b", 4}}};
  const auto facts = store->look("shop", questions);
  REQUIRE(facts);
  CHECK(facts->at.number == 1);
  CHECK(facts->at.head == 3);
  CHECK(facts->at.epoch == store->space("shop")->epoch);
  REQUIRE(facts->events.size() == 4);
  CHECK(facts->events[0]->sequence == 3);
  CHECK_FALSE(facts->events[1]);
  CHECK(facts->events[2]->sequence == 1);
  CHECK(facts->events[3]->line == commit.entries[2].line);
  REQUIRE(facts->entities.size() == 3);
  CHECK(facts->entities[0] == "two");
  CHECK_FALSE(facts->entities[1]);
  CHECK(facts->entities[2] == "one");
  CHECK(facts->marks == std::vector<std::uint64_t>{0, 5});
  REQUIRE(facts->rejections.size() == 3);
  CHECK_FALSE(facts->rejections[0]);
  CHECK(facts->rejections[1]->id == "x");
  CHECK_FALSE(facts->rejections[2]);

  const auto nothing = store->look("nobody", questions);
  REQUIRE(nothing);
  CHECK(nothing->at.number == 0);
  CHECK_FALSE(nothing->at.epoch.empty());
  CHECK(nothing->events.size() == 4);
  CHECK(nothing->entities == std::vector<std::optional<std::string>>(3));
  CHECK(nothing->marks == std::vector<std::uint64_t>(2));
  CHECK(nothing->rejections.size() == 3);
  CHECK(store->look("shop", {})->at.number == 1);
}

TEST_CASE("a malformed commit is refused as a whole") {
  OFFSYNC_STORE(store);
  REQUIRE(append_next(store, commit_of("shop", 1, 2)));
  SECTION("it does not begin behind the head") {
    for (const std::uint64_t first : {1, 2, 4}) {
      CHECK(append_next(store, commit_of("shop", first, 1, "x")).error().code == "bad_commit");
    }
  }
  SECTION("a gap in its sequences") {
    Commit commit = commit_of("shop", 3, 3);
    commit.entries[1].sequence = 9;
    CHECK(append_next(store, commit).error().code == "bad_commit");
  }
  SECTION("an id that is in the log") {
    Commit commit = commit_of("shop", 3, 2);
    commit.entries[1].id = "e-1";
    CHECK(append_next(store, commit).error().code == "constraint");
  }
  SECTION("an id twice in it") {
    Commit commit = commit_of("shop", 3, 2);
    commit.entries[1].id = commit.entries[0].id;
    CHECK(append_next(store, commit).error().code == "constraint");
  }
  CHECK(store->space("shop")->head == 2);
  CHECK(sequences(*store->read("shop", 0, kAll, kAll)) == range(1, 2));
  CHECK_FALSE(*known_event(store, "shop", "/e", "e-3"));
  // And the store is as good as before.
  CHECK(append_next(store, commit_of("shop", 3, 1)));
}

TEST_CASE("read gives at least one event, then what its limits allow") {
  OFFSYNC_STORE(store);
  REQUIRE(append_next(store, commit_of("shop", 1, 10)));
  const std::size_t line = store->read("shop", 0, 1, kAll)->at(0).line.size();
  CHECK(sequences(*store->read("shop", 0, 4, kAll)) == range(1, 4));
  CHECK(sequences(*store->read("shop", 4, 4, kAll)) == range(5, 8));
  CHECK(sequences(*store->read("shop", 8, 4, kAll)) == range(9, 10));
  CHECK(store->read("shop", 10, 4, kAll)->empty());
  CHECK(store->read("shop", 11, 4, kAll)->empty());
  CHECK(store->read("shop", UINT64_MAX, 4, kAll)->empty());
  CHECK(sequences(*store->read("shop", 0, kAll, 3 * line)) == range(1, 3));
  CHECK(sequences(*store->read("shop", 0, kAll, 3 * line + 1)) == range(1, 3));
  CHECK(sequences(*store->read("shop", 0, kAll, 1)) == range(1, 1));
  CHECK(sequences(*store->read("shop", 0, 0, 0)) == range(1, 1));
}

TEST_CASE("find knows every event by its source and id, in its own space only") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 4);
  // The forms between which a packed id must not confuse: a UUID, the same in upper case, its 16
  // bytes' length, a near miss.
  commit.entries[0].id = "0193594d-3f7b-7abc-8def-0123456789ab";
  commit.entries[1].id = "0193594D-3F7B-7ABC-8DEF-0123456789AB";
  commit.entries[2].id = "0123456789abcdef";
  commit.entries[3].id = "0193594d-3f7b-7abc-8def-0123456789ag";
  REQUIRE(append_next(store, commit));
  for (const LogEntry& entry : commit.entries) {
    const auto found = known_event(store, "shop", entry.source, entry.id);
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->sequence == entry.sequence);
    CHECK((*found)->line == entry.line);
    CHECK(store->read("shop", entry.sequence - 1, 1, kAll)->at(0).id == entry.id);
    CHECK_FALSE(*known_event(store, "other", entry.source, entry.id));
  }
  CHECK_FALSE(*known_event(store, "shop", "/e", "0193594d-3f7b-7abc-8def-0123456789ac"));
  CHECK_FALSE(*known_event(store, "shop", "/e", ""));
}

TEST_CASE("two sources may use one id, before and after compaction") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 4);
  for (std::size_t i = 0; i < 4; ++i) {
    commit.entries[i].id = "1";
    commit.entries[i].source = "/till/" + std::to_string(i);
  }
  REQUIRE(append_next(store, commit));
  Commit again = commit_of("shop", 5, 2);
  again.entries[1].id = "1";
  again.entries[1].source = "/till/2";
  CHECK(append_next(store, again).error().code == "constraint");
  REQUIRE(store->compact("shop", 2));
  CHECK(append_next(store, again).error().code == "constraint");
  for (std::size_t i = 0; i < 4; ++i) {
    const auto found = known_event(store, "shop", commit.entries[i].source, "1");
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->sequence == i + 1);
    CHECK((*found)->line.empty() == (i < 2));
    if (i >= 2) CHECK(store->read("shop", i, 1, kAll)->at(0).source == commit.entries[i].source);
  }
  CHECK_FALSE(*known_event(store, "shop", "/till/4", "1"));
  CHECK_FALSE(*known_event(store, "shop", "", "1"));
}

TEST_CASE("entity states are replaced, and a snapshot has them by subject") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 1);
  commit.entities = {{"todo/2", "two"}, {"todo/10", "ten"}, {"list/1", "list"}, {"é/1", "accent"}};
  REQUIRE(append_next(store, commit));
  Commit second = commit_of("shop", 2, 1);
  second.entities = {{"todo/2", "two, changed"}, {"todo/3", "three"}};
  REQUIRE(append_next(store, second));

  CHECK(**entity_record(store, "shop", "todo/2") == "two, changed");
  CHECK(**entity_record(store, "shop", "todo/10") == "ten");
  CHECK_FALSE(*entity_record(store, "shop", "todo/1"));
  const auto snapshot = take_snapshot(store.store(), "shop");
  REQUIRE(snapshot);
  CHECK(snapshot->at.head == 2);
  CHECK(snapshot->entities_announced == 5);
  CHECK(snapshot->entities ==
        std::vector<std::string>{"list", "ten", "two, changed", "three", "accent"});
}

TEST_CASE("a snapshot ends where its receiver has enough") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 2);
  commit.entities = {{"todo/1", "one"}, {"todo/2", "two"}};
  commit.opened = {{"e-1", 1, "c1"}, {"e-2", 2, "c2"}};
  REQUIRE(append_next(store, commit));
  int calls = 0;
  int stop_at = 0;
  const auto count = [&] { return ++calls < stop_at; };
  SnapshotSink sink;
  sink.begin = [&](const SpaceState&, std::uint64_t, std::uint64_t) { return count(); };
  sink.entity = [&](std::string_view) { return count(); };
  sink.conflict = [&](std::string_view) { return count(); };
  for (stop_at = 1; stop_at <= 5; ++stop_at) {
    calls = 0;
    CHECK(store->snapshot("shop", sink));
    CHECK(calls == stop_at);
  }
  CHECK(append_next(store, commit_of("shop", 3, 1)));
}

TEST_CASE("marks only move forward") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 1);
  commit.marks = {{"/a", 5}, {"/b", 1}};
  REQUIRE(append_next(store, commit));
  commit = commit_of("shop", 2, 1);
  commit.marks = {{"/a", 3}, {"/b", 7}};
  REQUIRE(append_next(store, commit));
  CHECK(*client_mark(store, "shop", "/a") == 5);
  CHECK(*client_mark(store, "shop", "/b") == 7);
  CHECK(*client_mark(store, "shop", "/c") == 0);
  Commit marks_only;
  marks_only.space = "shop";
  marks_only.first = 3;
  marks_only.marks = {{"/c", INT64_MAX}};
  REQUIRE(append_next(store, marks_only));
  CHECK(*client_mark(store, "shop", "/c") == INT64_MAX);
  CHECK(store->space("shop")->head == 2);
}

TEST_CASE("the latest rejections of a client are remembered, and of each client only so many") {
  OFFSYNC_STORE(store);
  const std::uint64_t more = limits::kRejectionsKept + 20;
  std::uint64_t n = 0;
  while (n < more) {
    Commit commit;
    commit.space = "shop";
    commit.first = 1;
    for (int i = 0; i < 300 && n < more; ++i) {
      ++n;
      commit.rejections.push_back({"/a", n, "id-" + std::to_string(n), "kind_mismatch", "why"});
    }
    commit.rejections.push_back({"/b", n, "b", "clock_ahead", "because"});
    REQUIRE(append_next(store, commit));
  }
  CHECK_FALSE(*known_rejection(store, "shop", "/a", 1));
  CHECK_FALSE(*known_rejection(store, "shop", "/a", 20));
  for (const std::uint64_t kept : {std::uint64_t{21}, more}) {
    const auto rejection = known_rejection(store, "shop", "/a", kept);
    REQUIRE(rejection);
    REQUIRE(*rejection);
    CHECK((*rejection)->source == "/a");
    CHECK((*rejection)->clientseq == kept);
    CHECK((*rejection)->id == "id-" + std::to_string(kept));
    CHECK((*rejection)->code == "kind_mismatch");
    CHECK((*rejection)->detail == "why");
  }
  CHECK((*known_rejection(store, "shop", "/b", 300))->code == "clock_ahead");
  CHECK_FALSE(*known_rejection(store, "shop", "/a", more + 1));
  CHECK_FALSE(*known_rejection(store, "other", "/a", more));
}

TEST_CASE("conflicts are open until they are resolved") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 4);
  commit.opened = {{"e-2", 2, "second"}, {"e-4", 4, "fourth"}};
  REQUIRE(append_next(store, commit));
  auto open = store->open_conflicts("shop");
  REQUIRE(open);
  REQUIRE(open->size() == 2);
  CHECK(open->at(0).id == "e-2");
  CHECK(open->at(0).sequence == 2);
  CHECK(open->at(0).line == "second");
  CHECK(open->at(1).id == "e-4");

  commit = commit_of("shop", 5, 2);
  commit.opened = {{"e-6", 6, "sixth"}};
  commit.resolved = {"e-2", "e-6", "nobody knows it"};
  REQUIRE(append_next(store, commit));
  open = store->open_conflicts("shop");
  REQUIRE(open->size() == 1);
  CHECK(open->at(0).id == "e-4");
  const auto snapshot = take_snapshot(store.store(), "shop");
  CHECK(snapshot->conflicts_announced == 1);
  CHECK(snapshot->conflicts == std::vector<std::string>{"fourth"});
  CHECK(store->open_conflicts("other")->empty());
}

TEST_CASE("applied moves forward only, and not beyond the head") {
  OFFSYNC_STORE(store);
  REQUIRE(append_next(store, commit_of("shop", 1, 5)));
  REQUIRE(store->set_applied("shop", 3));
  CHECK(store->space("shop")->applied == 3);
  REQUIRE(store->set_applied("shop", 2));
  CHECK(store->space("shop")->applied == 3);
  CHECK(store->set_applied("shop", 6).error().code == "bad_commit");
  CHECK(store->set_applied("nobody", 1).error().code == "bad_commit");
  CHECK(store->space("shop")->applied == 3);
  // A commit does not take it back.
  REQUIRE(append_next(store, commit_of("shop", 6, 1)));
  CHECK(store->space("shop")->applied == 3);
}

TEST_CASE("compaction forgets events, and nothing else") {
  OFFSYNC_STORE(store);
  Commit commit = commit_of("shop", 1, 10);
  commit.entries[6].line =
      R"({"specversion":"1.0","id":"e-7","source":"/a","type":"t","subject":"todo/1",)"
      R"("time":"2026-11-23T12:00:00Z","data":{"set":{"n":1}}})";
  commit.entities = {{"todo/1", "one"}};
  commit.marks = {{"/a", 4}};
  commit.rejections = {{"/a", 4, "x", "code", "detail"}};
  commit.opened = {{"e-2", 2, "second"}};
  REQUIRE(append_next(store, commit));
  REQUIRE(append_next(store, commit_of("other", 1, 10)));

  REQUIRE(store->compact("shop", 7));
  CHECK(store->space("shop")->oldest == 8);
  CHECK(store->space("shop")->head == 10);
  CHECK(sequences(*store->read("shop", 0, kAll, kAll)) == range(8, 10));
  const auto forgotten = known_event(store, "shop", "/e", "e-7");
  REQUIRE(*forgotten);  // an id is known for ever
  CHECK((*forgotten)->sequence == 7);
  CHECK((*forgotten)->line.empty());
  CHECK((*forgotten)->residue == residue_of(commit.entries[6].line));
  CHECK((*known_event(store, "shop", "/e", "e-8"))->residue.empty());
  CHECK((*known_event(store, "shop", "/e", "e-8"))->line == commit.entries[7].line);
  CHECK(**entity_record(store, "shop", "todo/1") == "one");
  CHECK(*client_mark(store, "shop", "/a") == 4);
  CHECK(*known_rejection(store, "shop", "/a", 4));
  CHECK(store->open_conflicts("shop")->size() == 1);

  REQUIRE(store->compact("shop", 3));  // long gone
  CHECK(store->space("shop")->oldest == 8);
  REQUIRE(store->compact("shop", 99));  // no further than the head
  CHECK(store->space("shop")->oldest == 11);
  CHECK(store->read("shop", 0, kAll, kAll)->empty());

  REQUIRE(append_next(store, commit_of("shop", 11, 1)));
  CHECK(sequences(*store->read("shop", 0, kAll, kAll)) == range(11, 11));
  CHECK(sequences(*store->read("other", 0, kAll, kAll)) == range(1, 10));
}

// By which a client that is right there sees whether it follows this log.
TEST_CASE("of the last event that was compacted the marks are kept") {
  OFFSYNC_STORE(store);
  const auto gone = [&](const std::string& space) {
    const auto state = store->space(space);
    return std::pair(state->gone_line, state->gone_event);
  };
  const auto marks = [](const LogEntry& entry) {
    return std::pair(line_mark(entry.line), name_mark(entry.source, entry.id));
  };
  const Commit commit = commit_of("shop", 1, 10);
  REQUIRE(append_next(store, commit));
  REQUIRE(append_next(store, commit_of("other", 1, 10)));
  CHECK(gone("shop").first.empty());
  REQUIRE(store->compact("shop", 7));
  CHECK(gone("shop") == marks(commit.entries[6]));
  CHECK(take_snapshot(store.store(), "shop")->at.gone_line == gone("shop").first);
  REQUIRE(store->compact("shop", 3));
  CHECK(gone("shop") == marks(commit.entries[6]));
  REQUIRE(store->compact("shop", 99));
  CHECK(gone("shop") == marks(commit.entries[9]));
  REQUIRE(append_next(store, commit_of("shop", 11, 1)));
  REQUIRE(store->set_applied("shop", 1));
  CHECK(gone("shop") == marks(commit.entries[9]));
  CHECK(gone("other").first.empty());
  CHECK(gone("nobody").first.empty());
  if (store.reopen()) CHECK(gone("shop") == marks(commit.entries[9]));
}

TEST_CASE("the clock of a log goes forward only, and outlives its events") {
  OFFSYNC_STORE(store);
  CHECK(store->space("shop")->clock == 0);
  Commit commit = commit_of("shop", 1, 1);
  commit.clock = (1'700'000'000'000ULL << 16) + 7;
  REQUIRE(append_next(store, commit));
  Commit back = commit_of("shop", 2, 1);
  back.clock = 5;
  REQUIRE(append_next(store, back));
  REQUIRE(store->set_applied("shop", 1));
  REQUIRE(store->compact("shop", 2));
  REQUIRE(append_next(store, commit_of("other", 1, 1)));
  store.reopen();
  if (store->space("shop")->head == 0) return;  // it was in memory
  CHECK(store->space("shop")->clock == commit.clock);
  CHECK(store->space("other")->clock == 0);
}

TEST_CASE("spaces do not touch each other") {
  OFFSYNC_STORE(store);
  for (const std::string space : {"shop", "shop2", "sho"}) {
    Commit commit = commit_of(space, 1, 2);  // the same ids in each
    commit.entities = {{"todo/1", space}};
    commit.marks = {{"/a", space.size()}};
    commit.opened = {{"e-1", 1, space}};
    REQUIRE(append_next(store, commit));
  }
  Commit resolve = commit_of("sho", 3, 1);
  resolve.resolved = {"e-1"};
  REQUIRE(append_next(store, resolve));
  CHECK(*store->spaces() == std::vector<std::string>{"sho", "shop", "shop2"});
  CHECK(**entity_record(store, "shop", "todo/1") == "shop");
  CHECK(**entity_record(store, "shop2", "todo/1") == "shop2");
  CHECK(*client_mark(store, "sho", "/a") == 3);
  CHECK(*client_mark(store, "shop2", "/a") == 5);
  CHECK(store->open_conflicts("sho")->empty());
  CHECK(store->open_conflicts("shop")->size() == 1);
  CHECK(store->space("sho")->head == 3);
  CHECK(store->space("shop")->head == 2);
  CHECK(take_snapshot(store.store(), "shop2")->entities == std::vector<std::string>{"shop2"});
  // A cursor into one log is none into another.
  CHECK(store->space("sho")->epoch != store->space("shop")->epoch);
  CHECK(store->space("nobody")->epoch != store->space("shop")->epoch);
}

TEST_CASE("hostile names are only names") {
  OFFSYNC_STORE(store);
  for (const std::string& space : kHostile) {
    Commit commit;
    commit.space = space;
    std::uint64_t sequence = 0;
    for (const std::string& name : kHostile) {
      commit.entries.push_back({++sequence, name, name, "line of " + name});
      commit.entities.push_back({name, "record of " + name});
      commit.marks.push_back({name, sequence});
      commit.rejections.push_back({name, sequence, name, name, name});
      commit.opened.push_back({name, sequence, "conflict of " + name});
    }
    commit.resolved = {kHostile[0]};
    REQUIRE(append_next(store, commit));
  }
  CHECK(store->spaces()->size() == kHostile.size());
  for (const std::string& space : kHostile) {
    std::uint64_t sequence = 0;
    for (const std::string& name : kHostile) {
      INFO(space << " / " << name);
      ++sequence;
      CHECK((*known_event(store, space, name, name))->sequence == sequence);
      CHECK(**entity_record(store, space, name) == "record of " + name);
      CHECK(*client_mark(store, space, name) == sequence);
      CHECK((*known_rejection(store, space, name, sequence))->detail == name);
    }
    const auto open = store->open_conflicts(space);
    CHECK(open->size() == kHostile.size() - 1);
    CHECK(open->at(0).id == kHostile[1]);
    CHECK(take_snapshot(store.store(), space)->entities.size() == kHostile.size());
  }
}
