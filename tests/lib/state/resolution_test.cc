// What decisions of conflicts write: whatever came first, and however many are taken in one go.
#include "state/resolution.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "lib/state/events.h"
#include "support/catch.h"

using namespace offsync;
using namespace offsync::test;

namespace {

struct Given final : EntityLog {
  std::vector<std::string> lines;
  Result<EntityHistory> history() override { return EntityHistory{{}, lines}; }
  Result<std::optional<std::string>> find_event(std::string_view source,
                                                std::string_view id) override {
    for (const std::string& one : lines) {
      const auto has = [&](const std::string& text) { return one.find(text) != one.npos; };
      if (has(fmt::format(R"("id":"{}")", id)) && has(fmt::format(R"("source":"{}")", source))) {
        return std::optional(one);
      }
    }
    return std::optional<std::string>{};
  }
};

// A log as a proxy has it, with the records that it made.
struct Log {
  Given given;
  Entity entity;
  std::vector<KnownConflict> conflicts;

  void take(const std::string& event) {
    Decoder decoder;
    const auto view = decoder.decode(event);
    REQUIRE(view);
    for (Conflict& one : conflicts_of(entity, **view)) conflicts.push_back({std::move(one)});
    entity.fold(**view);
    given.lines.push_back(event);
  }
  Decisions decisions() { return Decisions("todo/1", entity, conflicts, given); }
  const Conflict& conflict(std::size_t at = 0) const { return conflicts.at(at).conflict; }
};

std::string shown(const Entity& entity) {
  return entity.lives() ? shown_line("todo/1", entity) : "deleted";
}

template <typename T>
T must(Result<T> made) {
  INFO((made ? std::string() : made.error().message()));
  REQUIRE(made);
  return std::move(*made);
}

constexpr std::uint64_t kOne = 1, kTwo = 2, kThree = 3;

// Whoever has seen what kOne made at 10.
std::string base(const std::vector<std::string>& fields, std::int64_t ms = 10) {
  std::string out;
  for (const std::string& field : fields) {
    out += fmt::format(R"({}"{}":"{}")", out.empty() ? "" : ",", field, stamp_text(ms, kOne));
  }
  return R"("base":{)" + out + "}";
}

const std::string kMade =
    line(10, kOne, R"({"create":true,"set":{"t":"x","u":"y"},"inc":{"n":5},"add":{"s":["old"]}})");

std::string sets_t(std::int64_t ms, std::uint64_t node, std::string_view value) {
  return line(ms, node, fmt::format(R"({{"set":{{"t":"{}"}},{}}})", value, base({"t"})));
}
std::string deletes(std::int64_t ms, std::uint64_t node) {
  return line(ms, node, R"({"delete":true,)" + base({"n", "s", "t", "u"}) + "}");
}

std::string whole(std::string_view t) {
  return fmt::format(R"({{"subject":"todo/1","fields":{{"n":5,"s":["old"],"t":"{}","u":"y"}}}})",
                     t);
}

}  // namespace

TEST_CASE("a conflict of what was deleted since is closed, and brings nothing back") {
  Log log;
  for (const auto& one : {kMade, sets_t(20, kOne, "A"), sets_t(30, kTwo, "B")}) log.take(one);
  REQUIRE(log.conflicts.size() == 1);
  SECTION("deleted by who had seen both") {
    log.take(
        line(40, kOne,
             fmt::format(R"({{"delete":true,"base":{{"n":"{0}","s":"{0}","u":"{0}","t":"{1}"}}}})",
                         stamp_text(10, kOne), stamp_text(30, kTwo))));
    REQUIRE(log.conflicts.size() == 1);
  }
  SECTION("deleted, and created afresh without the field") {
    log.take(line(40, kTwo, R"({"delete":true})"));
    log.take(line(50, kTwo, R"({"create":true,"set":{"u":"new"}})"));
  }
  for (const Side& side : {log.conflict().current, log.conflict().incoming}) {
    Decisions decisions = log.decisions();
    const Resolution made = must(decisions.decide(log.conflict(), Choice::of(side), true));
    CHECK(made.over);
    CHECK(made.draft.causationid == log.conflict().id);
    CHECK_FALSE(made.draft.create);
    CHECK(made.draft.set.empty());
    CHECK(shown(decisions.now()) == shown(log.entity));
    CHECK(must(decisions.later(log.conflict()))->deleted);
  }
  Choice own{Choice::Kind::value, {}};
  own.side.value = "1";
  CHECK(log.decisions().decide(log.conflict(), own).error().code == "entity_deleted");
  CHECK(must(log.decisions().decide(log.conflict(), {})).draft.set.empty());
}

TEST_CASE("several conflicts of an entity in one go lose nothing of it") {
  Log log;
  for (const auto& one :
       {kMade, sets_t(20, kOne, "A"), sets_t(30, kTwo, "B"), deletes(40, kThree)}) {
    log.take(one);
  }
  REQUIRE(log.conflicts.size() == 2);
  Decisions decisions = log.decisions();
  CHECK(must(decisions.decide(log.conflict(0), Choice::of(log.conflict(0).current))).over);
  must(decisions.decide(log.conflict(1), Choice::of(log.conflict(1).current)));
  CHECK(shown(decisions.now()) == whole("B"));
}

TEST_CASE("what was written after both sides is replaced only where that is asked for") {
  Log log;
  for (const auto& one : {kMade, sets_t(20, kOne, "A"), sets_t(30, kTwo, "B")}) log.take(one);
  const Side a = log.conflict().current, b = log.conflict().incoming;
  CHECK_FALSE(must(log.decisions().later(log.conflict())));
  CHECK_FALSE(must(log.decisions().decide(log.conflict(), Choice::of(a), true)).replaces);
  SECTION("by who had seen them") {
    log.take(
        line(40, kOne,
             fmt::format(R"({{"set":{{"t":"M"}},"base":{{"t":"{}"}}}})", stamp_text(30, kTwo))));
    REQUIRE(log.conflicts.size() == 1);
    CHECK(must(log.decisions().later(log.conflict()))->value == R"("M")");
    CHECK(log.decisions().decide(log.conflict(), Choice::of(b), true).error().code ==
          "written_since");
    CHECK(must(log.decisions().decide(log.conflict(), Choice::of(b))).replaces->value == R"("M")");
    Decisions kept = log.decisions();
    must(kept.decide(log.conflict(), {}, true));
    CHECK(shown(kept.now()) == whole("M"));
    Side same = a;
    same.value = R"("M")";
    CHECK_FALSE(must(log.decisions().decide(log.conflict(), Choice::of(same), true)).replaces);
  }
  SECTION("not by who had not, with the same value") {
    log.take(sets_t(40, kThree, "B"));
    REQUIRE(log.conflicts.size() == 1);
    CHECK_FALSE(must(log.decisions().later(log.conflict())));
  }
  SECTION("not by who had not, which is a conflict of its own") {
    log.take(sets_t(40, kThree, "C"));
    REQUIRE(log.conflicts.size() == 2);
    Decisions decisions = log.decisions();
    CHECK_FALSE(must(decisions.later(log.conflict(0))));
    must(decisions.decide(log.conflict(1), Choice::of(log.conflict(1).incoming), true));
    must(decisions.decide(log.conflict(0), Choice::of(b), true));
    CHECK(shown(decisions.now()) == whole("B"));
  }
  SECTION("as another kind it can only be kept") {
    log.take(line(40, kTwo, R"({"delete":true})"));
    log.take(line(50, kTwo, R"({"create":true,"inc":{"t":5}})"));
    const auto taken = log.decisions().decide(log.conflict(), Choice::of(a));
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == "kind_mismatch");
    CHECK(taken.error().hint.find("--keep") != std::string::npos);
    CHECK(must(log.decisions().decide(log.conflict(), {}, true)).draft.inc.empty());
  }
}

TEST_CASE("deleted again, an edit is taken only where that is asked for, and whole") {
  Log log;
  for (const auto& one :
       {kMade, deletes(30, kOne), sets_t(20, kTwo, "B"), line(40, kThree, R"({"delete":true})")}) {
    log.take(one);
  }
  REQUIRE(log.conflicts.size() == 1);
  const Choice edit = Choice::of(log.conflict().incoming);
  CHECK(log.decisions().decide(log.conflict(), edit, true).error().code == "written_since");
  Decisions decisions = log.decisions();
  CHECK(must(decisions.decide(log.conflict(), edit)).replaces->deleted);
  CHECK(shown(decisions.now()) == whole("B"));
  must(log.decisions().decide(log.conflict(), Choice::of(log.conflict().current), true));
}

TEST_CASE("what is in an open conflict is no decision, also of who does not say what it saw") {
  Log log;
  for (const auto& one : {kMade, sets_t(20, kOne, "A"), sets_t(30, kTwo, "B")}) log.take(one);
  log.take(line(40, kThree, R"({"set":{"t":"C"}})"));
  log.take(sets_t(35, 4, "F"));
  REQUIRE(log.conflicts.size() == 2);
  Decisions decisions = log.decisions();
  CHECK_FALSE(must(decisions.later(log.conflict(0))));
  must(decisions.decide(log.conflict(1), {}));
  CHECK_FALSE(must(decisions.later(log.conflict(0))));
  log.conflicts[1].open = false;
  CHECK(must(log.decisions().later(log.conflict(0)))->value == R"("C")");
}

TEST_CASE("of two edits that met one delete the second counts nothing twice") {
  Log log;
  for (const auto& one : {kMade, deletes(30, kOne), line(20, kTwo, R"({"inc":{"n":3}})"),
                          line(25, kThree, R"({"inc":{"n":4}})")}) {
    log.take(one);
  }
  REQUIRE(log.conflicts.size() == 2);
  Resolution made =
      must(log.decisions().decide(log.conflict(0), Choice::of(log.conflict(0).incoming)));
  made.draft.id = "r";
  made.draft.source = "/c/1";
  made.draft.stamp = Stamp::make(60, 0, kOne);
  log.take(made.draft.line());
  Decisions decisions = log.decisions();
  must(decisions.decide(log.conflict(1), Choice::of(log.conflict(1).incoming)));
  CHECK(decisions.now().find("n")->shown() == "12");
}

TEST_CASE("who takes the delete of what was created afresh since is asked by its id") {
  Log log;
  for (const auto& one : {kMade, deletes(30, kOne), sets_t(20, kTwo, "B")}) log.take(one);
  log.take(line(40, kOne, R"({"create":true,"set":{"u":"new"}})"));
  REQUIRE(log.conflicts.size() == 1);
  const Choice gone = Choice::of(log.conflict().current);
  CHECK(log.decisions().decide(log.conflict(), gone, true).error().code == "written_since");
  CHECK(must(log.decisions().decide(log.conflict(), gone)).draft.del);
  must(log.decisions().decide(log.conflict(), Choice::of(log.conflict().incoming), true));
}

TEST_CASE("a value that the record has no room for is that of its event") {
  Log log;
  for (const auto& one : {kMade, sets_t(20, kOne, "A"), sets_t(30, kTwo, "B")}) log.take(one);
  Conflict& conflict = log.conflicts[0].conflict;
  for (Side* side : {&conflict.current, &conflict.incoming}) {
    side->value.clear();
    side->omitted = true;
  }
  CHECK(must(log.decisions().decide(conflict, Choice::of(conflict.current))).draft.set.at("t") ==
        R"("A")");
  log.given.lines.clear();
  const auto lost = log.decisions().decide(conflict, Choice::of(conflict.current));
  REQUIRE_FALSE(lost);
  CHECK(lost.error().code == "value_omitted");
  CHECK(lost.error().kind == Errc::no_input);
  // What stands there is the other one's.
  CHECK(must(log.decisions().decide(conflict, Choice::of(conflict.incoming))).draft.set.at("t") ==
        R"("B")");
}

namespace {

using Random = std::mt19937;

std::string edit(Random& random, std::int64_t ms, std::uint64_t node) {
  std::vector<std::string> parts, fields;
  while (parts.empty()) {
    if (random() % 2)
      parts.push_back(fmt::format(R"("set":{{"t":"{}"}})", ms)), fields.push_back("t");
    if (random() % 3 == 0) parts.push_back(R"("unset":["u"])"), fields.push_back("u");
    if (random() % 2) parts.push_back(fmt::format(R"("inc":{{"n":{}}})", ms));
    if (random() % 2) parts.push_back(fmt::format(R"("add":{{"s":["e{}"]}})", ms));
    if (random() % 4 == 0) parts.push_back(R"("remove":{"s":["old"]})");
  }
  parts.push_back(base(fields));
  return line(ms, node, fmt::format("{{{}}}", fmt::join(parts, ",")));
}

bool together(const Conflict& a, const Conflict& b) {
  return a.current.id == b.current.id && a.incoming.id == b.incoming.id;
}

// The side of an edit that is taken, with the fields that met: of who came first only what it
// shows.
std::string name_of(const Log& log, const Conflict& conflict, const Side& taken) {
  std::set<std::string> fields;
  for (const KnownConflict& one : log.conflicts) {
    if (together(one.conflict, conflict)) fields.insert(one.conflict.field);
  }
  return fmt::format("{} {}", taken.id, fmt::join(fields, " "));
}

// The entity without the deletes, where the edit's own registers stand.
std::string undone(const Log& log, const std::string& id, const std::string& fields) {
  Entity entity;
  std::string again;
  for (const std::string& one : log.given.lines) {
    if (one.find("\"delete\"") == one.npos) fold(entity, one);
    if (one.find("\"id\":\"" + id + "\"") != one.npos) again = one;
  }
  const auto at = again.find("\"stamp\":\"") + 9;
  again.replace(at, Stamp::kTextBytes, stamp_text(900, 9));
  const auto leave_out = [&](const std::string& name) {
    const auto found = again.find(name);
    if (found != again.npos) again.replace(found, name.size(), "\"x" + name.substr(1));
  };
  leave_out("\"inc\"");  // they were counted
  if (fields.find(" t") == fields.npos) leave_out("\"set\"");
  if (fields.find(" u") == fields.npos) leave_out("\"unset\"");
  fold(entity, again);
  return shown(entity);
}

// Takes a side of one meeting of an edit and a delete; what is there then.
std::string taken(Log& log, const Conflict& conflict, bool incoming) {
  Decisions decisions = log.decisions();
  for (const KnownConflict& one : log.conflicts) {
    if (!together(one.conflict, conflict)) continue;
    must(decisions.decide(one.conflict,
                          Choice::of(incoming ? one.conflict.incoming : one.conflict.current)));
  }
  return shown(decisions.now());
}

void check_alone(Log& log, const Conflict& conflict, std::map<std::string, std::string>& results) {
  Decisions kept = log.decisions();
  must(kept.decide(conflict, {}, true));
  CHECK(shown(kept.now()) == shown(log.entity));
  for (const bool incoming : {false, true}) {
    const Side& side = incoming ? conflict.incoming : conflict.current;
    const bool of_delete = about_delete(conflict);
    const std::string after = taken(log, conflict, incoming);
    if (side.deleted) {
      CHECK(after == "deleted");
    } else if (of_delete && !log.entity.lives()) {
      const std::string name = name_of(log, conflict, side);
      CHECK(after == undone(log, side.id, name));
      const auto [known, first] = results.emplace(name, after);
      CHECK(known->second == after);  // in whatever order they came
    } else if (!log.entity.lives()) {
      CHECK(after == "deleted");
    }
  }
}

// All in one go, by the edit where there is one: nothing of the entity is lost.
void check_together(Log& log) {
  Decisions decisions = log.decisions();
  bool revived = log.entity.lives();
  for (const KnownConflict& one : log.conflicts) {
    const Side& side = one.conflict.current.deleted ? one.conflict.incoming : one.conflict.current;
    must(decisions.decide(one.conflict, Choice::of(side), true));
    revived = revived || about_delete(one.conflict);
  }
  if (!revived) return;
  REQUIRE(decisions.now().lives());
  Entity all;
  for (const std::string& one : log.given.lines) {
    if (one.find("\"delete\"") == one.npos) fold(all, one);
  }
  for (const Field& field : all.fields()) {
    if (field.kind() == FieldKind::reg || !field.shows()) continue;
    INFO(field.name());
    const Field* now = decisions.now().find(field.name());
    REQUIRE(now != nullptr);
    if (field.kind() == FieldKind::counter) CHECK(now->shown() == field.shown());
    for (const auto& [element, entry] : field.written_elements()) {
      if (entry->present)
        CHECK((now->element(element) != nullptr && now->element(element)->present));
    }
  }
}

}  // namespace

TEST_CASE("each choice makes what it is said to, whatever came first") {
  const auto seed = GENERATE(range(0U, 60U));
  Random random(seed);
  INFO("seed " << seed);
  std::vector<std::string> unseen;
  const std::size_t count = 2 + random() % 3;
  std::vector<std::int64_t> times = {20, 30, 40, 50};
  std::shuffle(times.begin(), times.end(), random);
  for (std::uint64_t i = 0; i < count; ++i) {
    unseen.push_back(i == 0 && random() % 4 ? deletes(times[i], i + 1)
                                            : edit(random, times[i], i + 1));
  }
  std::sort(unseen.begin(), unseen.end());
  std::map<std::string, std::string> results;
  do {
    Log log;
    log.take(kMade);
    for (const std::string& one : unseen) log.take(one);
    for (const KnownConflict& one : log.conflicts) check_alone(log, one.conflict, results);
    check_together(log);
  } while (std::next_permutation(unseen.begin(), unseen.end()));
}
