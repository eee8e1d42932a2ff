#include "lib/replica/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

const std::string kOne = "11111111-1111-8111-8111-111111111111";
const std::string kTwo = "12222222-2222-8222-8222-222222222222";

std::string open_ids(Replica& replica) {
  std::string ids;
  for (const auto& record : must(replica.conflicts(false))) ids += record.conflict.id + " ";
  return ids;
}

}  // namespace

TEST_CASE("conflict records come with the log") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":1}})", -1000));
  f.log.append(conflict_line(kOne, "todo/1", "a"));
  f.log.append(conflict_line(kTwo, "todo/1", "b"));
  const auto applied = f.pull();
  CHECK(applied.events == 3);
  CHECK(applied.conflicts == 2);
  const auto records = must(f.replica.conflicts(false));
  REQUIRE(records.size() == 2);
  CHECK(records[0].conflict.id == kOne);
  CHECK(records[0].conflict.field == "a");
  CHECK(records[0].conflict.incoming.value == "\"B\"");
  CHECK(records[0].subject == "todo/1");
  CHECK(records[0].sequence == 2);
  CHECK(records[0].recorded == "2023-11-14T22:13:20.000Z");
  CHECK(records[0].resolved_by.empty());
  CHECK(records[0].line == f.log.lines[1]);

  CHECK(must(f.replica.conflict(kTwo)).conflict.field == "b");
  CHECK(must(f.replica.conflict("12")).conflict.field == "b");
  CHECK(code_of(f.replica.conflict("1")) == "ambiguous");
  CHECK(code_of(f.replica.conflict("2")) == "no_conflict");
  CHECK(code_of(f.replica.conflict("")) == "no_conflict");
}

TEST_CASE("an event that cites a conflict closes it") {
  Fixture f;
  f.log.append(conflict_line(kOne, "todo/1", "a"));
  f.log.append(conflict_line(kTwo, "todo/1", "b"));
  f.log.append(
      foreign("r", "todo/1", R"({"set":{"a":1}})", 0, R"(,"causationid":")" + kOne + "\""));
  f.pull();
  CHECK(open_ids(f.replica) == kTwo + " ");
  const auto all = must(f.replica.conflicts(true));
  REQUIRE(all.size() == 2);
  CHECK(all[0].resolved_by == "r");
  // The first one closed it.
  f.log.append(
      foreign("later", "todo/1", R"({"set":{"a":2}})", 0, R"(,"causationid":")" + kOne + "\""));
  f.pull();
  CHECK(must(f.replica.conflict(kOne)).resolved_by == "r");
}

TEST_CASE("resolve sets the field, cites the record and closes it at once") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":"B"}})", -1000));
  f.log.append(conflict_line(kOne, "todo/1", "a"));
  f.pull();
  const Emitted emitted = must(f.replica.resolve(must(f.replica.conflict(kOne)), "\"A\""));
  const Seen event = seen(emitted.line);
  CHECK(event.type == "conflict.resolved");
  CHECK(event.base.at("a") == Stamp::make(f.clock.wall_ms() - 1000, 0, 99));
  CHECK(emitted.line.find(R"("causationid":")" + kOne) != std::string::npos);
  CHECK(f.shown() == R"(a="A")");
  CHECK(open_ids(f.replica).empty());
  CHECK(must(f.replica.conflict(kOne)).resolved_by == emitted.id);

  SECTION("and it stays so when the log has it") {
    f.push();
    f.pull();
    CHECK(open_ids(f.replica).empty());
    CHECK(must(f.replica.conflict(kOne)).resolved_by == emitted.id);
  }
  SECTION("it is open again if that is rejected, until it is retried") {
    f.reject(emitted.id);
    CHECK(open_ids(f.replica) == kOne + " ");
    const auto again = must(f.replica.retry(emitted.id));
    CHECK(must(f.replica.conflict(kOne)).resolved_by == again[0].id);
  }
  SECTION("it is open again if that is dropped") {
    must(f.replica.drop(emitted.id));
    CHECK(open_ids(f.replica) == kOne + " ");
    CHECK(f.shown() == R"(a="B")");
  }
  SECTION("somebody else's answer counts, whatever becomes of ours") {
    f.log.append(
        foreign("r", "todo/1", R"({"set":{"a":1}})", -500, R"(,"causationid":")" + kOne + "\""));
    f.pull();
    f.reject(emitted.id);
    CHECK(open_ids(f.replica).empty());
    CHECK(must(f.replica.conflict(kOne)).resolved_by == "r");
  }
}

TEST_CASE("resolve knows fields, elements and deletes") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":"B"},"add":{"s":["e","f"]}})", -1000));
  f.log.append(conflict_line(kOne, "todo/1", "a"));
  f.log.append(conflict_line(kTwo, "todo/1", "s", false, "\"e\""));
  f.pull();
  const auto record = [&](const std::string& id) { return must(f.replica.conflict(id)); };
  must(f.replica.resolve(record(kOne), ""));
  CHECK(f.shown() == R"(s=["e","f"])");
  must(f.replica.resolve(record(kTwo), ""));
  CHECK(f.shown() == R"(s=["f"])");
  must(f.replica.resolve(record(kTwo), "\"e\""));
  CHECK(f.shown() == R"(s=["e","f"])");
}

TEST_CASE("resolve of an edit that met a delete") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":"B"}})", -1000));
  f.log.append(foreign("y", "todo/1", R"({"delete":true})", -900));
  f.log.append(conflict_line(kOne, "todo/1", "a", true));
  f.pull();
  REQUIRE(f.shown() == "deleted");
  SECTION("the edit wins: the entity is created afresh") {
    must(f.replica.resolve(must(f.replica.conflict(kOne)), "\"B\""));
    CHECK(f.shown() == R"(a="B")");
  }
  SECTION("the delete wins: it stays deleted") {
    must(f.replica.resolve(must(f.replica.conflict(kOne)), ""));
    CHECK(f.shown() == "deleted");
  }
  SECTION("the delete wins over a create that came later") {
    must(f.add(R"({"create":true,"set":{"c":1}})"));
    must(f.replica.resolve(must(f.replica.conflict(kOne)), ""));
    CHECK(f.shown() == "deleted");
  }
  CHECK(open_ids(f.replica).empty());
}

TEST_CASE("resolve gives a set or a counter that met a delete its value back, and its kind") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"add":{"s":["e","f"]},"inc":{"n":5}})", -1000));
  const auto record = [](const std::string& field, FieldKind kind, const std::string& value) {
    Replica::ConflictRecord made;
    made.subject = "todo/1";
    made.conflict.id = kOne;
    made.conflict.field = field;
    made.conflict.kind = kind;
    made.conflict.current.value = value;
    made.conflict.incoming.deleted = true;
    return made;
  };
  const auto set = record("s", FieldKind::set, R"(["e","f"])");
  const auto counter = record("n", FieldKind::counter, "5");
  SECTION("it was deleted") {
    f.log.append(foreign("y", "todo/1", R"({"delete":true})", -900));
    f.pull();
    must(f.replica.resolve(set, set.conflict.current.value));
    CHECK(f.shown() == R"(s=["e","f"])");
    must(f.replica.resolve(counter, counter.conflict.current.value));
    CHECK(f.shown() == R"(n=5 s=["e","f"])");
    must(f.add(R"({"remove":{"s":["e"]},"inc":{"n":1}})"));
    CHECK(f.shown() == R"(n=6 s=["f"])");
  }
  SECTION("it was deleted before: what came later shows again with it") {
    f.log.append(foreign("y", "todo/1", R"({"delete":true})", -1100));
    f.log.append(foreign("z", "todo/1", R"({"inc":{"m":3}})", -900));
    f.pull();
    auto other = counter;
    other.conflict.field = "m";
    const bool chosen = GENERATE(true, false);  // or a value of its own
    must(f.replica.resolve(counter, chosen ? "5" : "10"));
    must(f.replica.resolve(other, chosen ? "3" : "-1"));
    must(f.replica.resolve(set, set.conflict.current.value));
    CHECK(f.shown() == (chosen ? R"(m=3 n=5 s=["e","f"])" : R"(m=-1 n=10 s=["e","f"])"));
  }
  SECTION("it lives, and shows another value") {
    f.log.append(foreign("y", "todo/1", R"({"remove":{"s":["e"]},"inc":{"n":-7.5}})", -900));
    f.pull();
    must(f.replica.resolve(set, set.conflict.current.value));
    must(f.replica.resolve(counter, counter.conflict.current.value));
    CHECK(f.shown() == R"(n=5 s=["e","f"])");
    must(f.replica.resolve(set, "[]"));
    CHECK(f.shown() == R"(n=5 s=["e","f"])");
  }
  SECTION("by a value that does not fit") {
    f.pull();
    CHECK(code_of(f.replica.resolve(set, "7")) == "kind_mismatch");
    CHECK(code_of(f.replica.resolve(counter, R"("7")")) == "kind_mismatch");
    CHECK(f.queue().empty());
  }
}

TEST_CASE("resolve takes each side of each kind of conflict") {
  struct Case {
    const char* what;
    FieldKind kind;
    const char* element;
    const char* ours;  // the value; empty: unset or removed
    bool deleted;      // theirs is a delete, which came before
    const char* shows_ours;
    const char* shows_theirs;
    const char* value;  // of one's own
    const char* shows_value;
  };
  const auto one = GENERATE(
      Case{"register", FieldKind::reg, "", R"("A")", false, R"(a="A" s=["e"])", R"(a="B" s=["e"])",
           "7", R"(a=7 s=["e"])"},
      Case{"register, unset", FieldKind::reg, "", "", false, R"(s=["e"])", R"(a="B" s=["e"])",
           "null", R"(a=null s=["e"])"},
      Case{"element, added", FieldKind::set, R"("f")", R"("f")", false, R"(a="B" s=["e","f"])",
           R"(a="B" s=["e"])", R"("g")", "kind_mismatch"},
      Case{"element, removed", FieldKind::set, R"("e")", "", false, R"(a="B")", R"(a="B" s=["e"])",
           R"("e")", R"(a="B" s=["e"])"},
      Case{"element of another text", FieldKind::set, "1.0", "1.0", false, R"(a="B" s=["e",1.0])",
           R"(a="B" s=["e"])", "1", R"(a="B" s=["e",1.0])"},
      Case{"register, deleted", FieldKind::reg, "", R"("A")", true, R"(a="A")", "deleted", "7",
           "a=7"},
      Case{"register, unset, deleted", FieldKind::reg, "", "", true, "", "deleted", "7", "a=7"},
      Case{"element, deleted", FieldKind::set, R"("f")", R"("f")", true, R"(s=["f"])", "deleted",
           R"("g")", "kind_mismatch"},
      Case{"element, removed, deleted", FieldKind::set, R"("e")", "", true, "", "deleted", R"("e")",
           R"(s=["e"])"},
      Case{"set, deleted", FieldKind::set, "", R"(["f"])", true, R"(s=["f"])", "deleted",
           R"(["g"])", R"(s=["g"])"},
      Case{"set, deleted, by no array", FieldKind::set, "", R"(["f"])", true, R"(s=["f"])",
           "deleted", R"("g")", "kind_mismatch"},
      Case{"counter, deleted", FieldKind::counter, "", "5", true, "n=5", "deleted", "7", "n=7"},
      Case{"counter, deleted, by no number", FieldKind::counter, "", "5", true, "n=5", "deleted",
           R"("7")", "kind_mismatch"});
  INFO(one.what);
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":"B"},"add":{"s":["e"]}})", -1000));
  if (one.deleted) f.log.append(foreign("y", "todo/1", R"({"delete":true})", -900));
  f.pull();
  Replica::ConflictRecord record;
  record.subject = "todo/1";
  Conflict& conflict = record.conflict;
  conflict.id = kOne;
  conflict.kind = one.kind;
  conflict.field = one.kind == FieldKind::reg ? "a" : one.kind == FieldKind::set ? "s" : "n";
  conflict.element = one.element;
  conflict.incoming.value = one.ours;
  conflict.current.deleted = one.deleted;
  if (!one.deleted) {
    const bool removed = one.kind == FieldKind::set && *one.ours != '\0';
    conflict.current.value = one.kind == FieldKind::reg ? R"("B")" : removed ? "" : one.element;
  }
  SECTION("ours") {
    must(f.replica.resolve(record, Choice::of(conflict.incoming)));
    CHECK(f.shown() == one.shows_ours);
  }
  SECTION("theirs") {
    must(f.replica.resolve(record, Choice::of(conflict.current)));
    CHECK(f.shown() == one.shows_theirs);
  }
  SECTION("a value") {
    const auto emitted = f.replica.resolve(record, one.value);
    if (std::string(one.shows_value) == "kind_mismatch") {
      CHECK(code_of(emitted) == "kind_mismatch");
      CHECK(f.queue().empty());
    } else {
      must(emitted);
      CHECK(f.shown() == one.shows_value);
    }
  }
}

TEST_CASE("what an edit took away does not delete what was given back with it") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":"B","b":1}})", -1000));
  f.log.append(foreign("y", "todo/1", R"({"delete":true})", -900));
  f.pull();
  Replica::ConflictRecord title;
  title.subject = "todo/1";
  title.conflict.id = kOne;
  title.conflict.field = "a";
  title.conflict.current.deleted = true;
  title.conflict.incoming.value = R"("New")";
  Replica::ConflictRecord unset = title;
  unset.conflict.id = kTwo;
  unset.conflict.field = "b";
  unset.conflict.incoming.value.clear();
  must(f.replica.resolve(title, Choice::of(title.conflict.incoming)));
  must(f.replica.resolve(unset, Choice::of(unset.conflict.incoming)));
  CHECK(f.shown() == R"(a="New")");
}

TEST_CASE("a snapshot brings the open conflicts, and what we have resolved stays so") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":"B"}})", -1000));
  const std::uint64_t one = f.log.append(conflict_line(kOne, "todo/1", "a"));
  const std::uint64_t two = f.log.append(conflict_line(kTwo, "todo/1", "b"));
  f.pull();
  must(f.replica.resolve(must(f.replica.conflict(kOne)), "\"A\""));
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(f.log.snapshot({f.log.lines[one - 1], f.log.lines[two - 1]})));
  must(f.replica.install_snapshot());
  CHECK(open_ids(f.replica) == kTwo + " ");
  CHECK(must(f.replica.conflict(kTwo)).sequence == two);
  int entities = 0;
  must(f.replica.for_each_base([&](std::string_view line) {
    CHECK(line.find("offsync.conflict") == std::string_view::npos);
    return ++entities < 10;
  }));
  CHECK(entities == 1);
}
