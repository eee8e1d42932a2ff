#include "state/decision.h"

#include <set>

#include "base/limits.h"
#include "lib/state/events.h"
#include "support/catch.h"

using namespace offsync;
using test::folded;
using test::line;
using test::stamp_text;

namespace {

std::vector<Conflict> meet(const std::vector<std::string>& before, const std::string& event) {
  const Entity entity = folded(before);
  Decoder decoder;
  return conflicts_of(entity, **decoder.decode(event));
}

// "field:current>incoming" for each, the winner in capitals or stars where it is a delete.
std::string brief(const std::vector<Conflict>& conflicts) {
  std::string out;
  for (const Conflict& c : conflicts) {
    const auto side = [](const Side& s) {
      return s.deleted ? "deleted" : s.value.empty() ? "none" : s.value;
    };
    out += fmt::format("{}{}:{}{}{} ", c.field, c.element, side(c.current),
                       c.incoming_wins ? "<" : ">", side(c.incoming));
  }
  return out;
}

std::string fit(const std::vector<std::string>& before, const std::string& event) {
  const Entity entity = folded(before);
  Decoder decoder;
  const Status status = check_fit(entity, **decoder.decode(event));
  return status ? "ok" : status.error().code;
}

// data with a base for field t
std::string with_base(std::string_view set, std::int64_t ms, std::uint64_t node) {
  return fmt::format(R"({{"base":{{"t":"{}"}},"set":{{"t":{}}}}})", stamp_text(ms, node), set);
}

// data that removes an element of field s, with the base of s
std::string removing(std::string_view element, std::string_view base) {
  return fmt::format(R"({{"base":{{"s":{}}},"remove":{{"s":["{}"]}}}})", base, element);
}

std::string seen_elements(std::int64_t ms, std::uint64_t node, std::string_view elements) {
  return fmt::format(R"({{"{}":[{}]}})", stamp_text(ms, node), elements);
}

}  // namespace

TEST_CASE("writes that did not know of each other conflict; the later stamp wins") {
  const auto a = line(10, 1, R"({"base":{},"set":{"t":1}})");
  CHECK(brief(meet({a}, line(20, 2, R"({"base":{},"set":{"t":2}})"))) == "t:1<2 ");
  CHECK(brief(meet({a}, line(5, 2, R"({"base":{},"set":{"t":2}})"))) == "t:1>2 ");
  CHECK(brief(meet({a}, line(20, 2, R"({"base":{},"unset":["t"]})"))) == "t:1<none ");
}

TEST_CASE("edits that knew of each other, the same author, or the same value make no conflict") {
  const auto a = line(10, 1, R"({"base":{},"set":{"t":1}})");
  CHECK(meet({a}, line(20, 2, with_base("2", 10, 1))).empty());
  CHECK(meet({a}, line(20, 1, R"({"base":{},"set":{"t":2}})")).empty());
  CHECK(meet({a}, line(20, 2, R"({"base":{},"set":{"t":1}})")).empty());
  CHECK(meet({}, line(20, 2, R"({"base":{},"set":{"t":1}})")).empty());
  CHECK(meet({a}, line(20, 2, R"({"base":{},"set":{"u":1}})")).empty());
}

TEST_CASE("a base that is not the current stamp was overtaken") {
  const auto a = line(10, 1, R"({"base":{},"set":{"t":1}})");
  const auto b = line(15, 3, with_base("3", 10, 1));
  const auto conflicts = meet({a, b}, line(20, 2, with_base("2", 10, 1)));
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].base == Stamp::make(10, 0, 1));
  CHECK(conflicts[0].current.id == "15-3");
  CHECK(conflicts[0].current.source == "/c/3");
  CHECK(conflicts[0].incoming.id == "20-2");
  CHECK(conflicts[0].rule == "last-write");
}

TEST_CASE("an author that does not say what it saw meets only what is surely unseen") {
  const auto a = line(10, 1, R"({"set":{"t":1}})");
  CHECK(meet({a}, line(20, 2, R"({"set":{"t":2}})")).empty());
  CHECK(brief(meet({a}, line(5, 2, R"({"set":{"t":2}})"))) == "t:1>2 ");
}

TEST_CASE("increments never conflict; elements do when one adds and one removes") {
  const auto a = line(10, 1, R"({"base":{},"inc":{"n":1},"add":{"s":["x","y"]}})");
  CHECK(meet({a}, line(5, 2, R"({"base":{},"inc":{"n":1}})")).empty());
  CHECK(meet({a}, line(5, 2, R"({"base":{},"add":{"s":["x"]}})")).empty());
  CHECK(brief(meet({a}, line(5, 2, R"({"base":{},"remove":{"s":["x"]}})"))) == R"(s"x":"x">none )");
  CHECK(brief(meet({a}, line(15, 2, R"({"base":{},"remove":{"s":["x","z"]}})"))) ==
        R"(s"x":"x"<none )");
}

TEST_CASE("an element is seen or not by itself, whatever else was seen of its set") {
  const auto red = line(10, 1, R"({"base":{},"add":{"s":["red"]}})");
  const auto green = line(20, 3, R"({"base":{},"add":{"s":["green"]}})");
  // Its author saw green, and not red, which was written earlier and came late.
  const auto saw_green = line(30, 2, removing("red", seen_elements(20, 3, R"("green")")));
  CHECK(brief(meet({red, green}, saw_green)) == R"(s"red":"red"<none )");
  const auto saw_red = line(30, 2, removing("red", seen_elements(10, 1, R"("red")")));
  CHECK(meet({red, green}, saw_red).empty());
  // What was overtaken is not what was seen.
  const auto conflicts =
      meet({red, green, line(15, 4, R"({"base":{},"add":{"s":["red"]}})")}, saw_red);
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].base == Stamp::make(10, 0, 1));
  CHECK(conflicts[0].current.id == "15-4");
  CHECK(conflicts[0].element == R"("red")");
}

TEST_CASE("a base that is one stamp for a set stands for all that was written until then") {
  const auto red = line(10, 1, R"({"base":{},"add":{"s":["red"]}})");
  const auto base = [](std::int64_t ms, std::uint64_t node) {
    return fmt::format(R"("{}")", stamp_text(ms, node));
  };
  CHECK(meet({red}, line(30, 2, removing("red", base(10, 1)))).empty());
  CHECK(meet({red}, line(30, 2, removing("red", base(20, 3)))).empty());
  const auto conflicts = meet({red}, line(30, 2, removing("red", base(5, 3))));
  CHECK(brief(conflicts) == R"(s"red":"red"<none )");
  CHECK(conflicts[0].base == Stamp::make(5, 0, 3));
}

TEST_CASE("an edit of an entity deleted meanwhile is lost, and that is a conflict") {
  const auto a = line(10, 1, R"({"create":true,"set":{"t":1}})");
  const auto gone = line(20, 1, R"({"delete":true})");
  CHECK(brief(meet({a, gone}, line(30, 2, R"({"base":{},"set":{"t":2,"u":3},"inc":{"n":1}})"))) ==
        "n:deleted>1 t:deleted>2 u:deleted>3 ");
  CHECK(brief(meet({a, gone}, line(15, 2, with_base("2", 10, 1)))) == "t:deleted>2 ");
  CHECK(meet({a, gone}, line(30, 1, R"({"base":{},"set":{"t":2}})")).empty());
  CHECK(meet({a, gone}, line(30, 2, R"({"base":{},"create":true,"set":{"t":2}})")).empty());
  CHECK(brief(meet({a, gone}, line(15, 2, R"({"base":{},"create":true,"set":{"t":2}})"))) ==
        "t:deleted>2 ");
}

TEST_CASE("a new beginning meets a delete that its author had not seen") {
  const auto a = line(10, 1, R"({"create":true,"set":{"t":1}})");
  const auto gone = line(20, 1, R"({"base":{},"delete":true})");
  const auto again = line(30, 3, R"({"base":{},"delete":true})");
  const auto afresh = [](std::int64_t ms, std::uint64_t node, std::int64_t at = 40) {
    return line(at, 2,
                fmt::format(R"({{"base":{{"n":"{0}","s":{{"{0}":["x"]}},"t":"{0}"}},"create":true,)"
                            R"("set":{{"t":2}},"inc":{{"n":1}},"add":{{"s":["x"]}}}})",
                            stamp_text(ms, node)));
  };
  CHECK(meet({a, gone}, afresh(20, 1)).empty());
  CHECK(meet({a, gone, again}, afresh(30, 3)).empty());
  const auto met = meet({a, gone, again}, afresh(20, 1));
  CHECK(brief(met) == R"(s:deleted<["x"] n:deleted<1 t:deleted<2 )");
  CHECK(met.at(2).current.id == "30-3");
  CHECK(met.at(2).rule == "last-write");
  CHECK(brief(meet({a, gone, again}, afresh(20, 1, 25))) ==
        R"(s:deleted>["x"] n:deleted>1 t:deleted>2 )");
  // The same ids where the delete comes second.
  const auto turned = meet({a, gone, afresh(20, 1)}, again);
  REQUIRE(turned.size() == 3);
  std::set<std::string> ids, others;
  for (std::size_t i = 0; i < 3; ++i) {
    ids.insert(met[i].id);
    others.insert(turned[i].id);
  }
  CHECK(ids == others);
  // Who says nothing, or knew a later write, is not taken to have missed it; nor its author.
  CHECK(meet({a, again}, line(40, 2, R"({"base":{},"create":true,"set":{"t":2}})")).empty());
  CHECK(
      meet({a, again}, line(40, 3, with_base("2", 10, 1).insert(1, R"("create":true,)"))).empty());
  CHECK(
      meet({a, again}, line(40, 2, with_base("2", 35, 1).insert(1, R"("create":true,)"))).empty());
  CHECK(
      brief(meet({a, again}, line(40, 2, with_base("2", 10, 1).insert(1, R"("create":true,)")))) ==
      "t:deleted<2 ");
}

TEST_CASE("a delete that did not know of an edit wins over it, and that is a conflict") {
  const auto a = line(10, 1, R"({"create":true,"base":{},"set":{"t":1,"u":1}})");
  const auto b = line(30, 3, with_base("5", 10, 1));
  const auto base = fmt::format(R"("base":{{"t":"{0}","u":"{0}"}})", stamp_text(10, 1));
  const auto knowing = line(40, 2, fmt::format(R"({{{},"delete":true}})", base));
  CHECK(meet({a}, knowing).empty());
  CHECK(brief(meet({a, b}, knowing)) == "t:5<deleted ");
  CHECK(brief(meet({a, b}, line(20, 2, fmt::format(R"({{{},"delete":true}})", base)))) ==
        "t:5<deleted ");
  CHECK(meet({a, line(20, 3, R"({"delete":true})")}, knowing).empty());
}

TEST_CASE("an edit of a set and a delete are one conflict, whichever came first") {
  const auto a = line(10, 1, R"({"create":true,"base":{},"add":{"s":["x"]}})");
  const auto gone = line(20, 1, R"({"base":{},"delete":true})");
  const auto late = line(30, 2, R"({"base":{},"add":{"s":["z","y"]},"remove":{"s":["x"]}})");
  const auto conflicts = meet({a, gone}, late);
  CHECK(brief(conflicts) == R"(s:deleted>["y","z"] )");
  CHECK(conflicts.at(0).kind == FieldKind::set);
  CHECK(conflicts.at(0).incoming.removed == R"(["x"])");
  const auto turned = meet({a, late}, gone);
  CHECK(brief(turned) == R"(s:["y","z"]<deleted )");
  CHECK(turned.at(0).id == conflicts.at(0).id);
  // Who only took away has written all the same.
  const auto less = meet({a, gone}, line(30, 2, R"({"base":{},"remove":{"s":["x"]}})"));
  CHECK(brief(less) == "s:deleted>[] ");
  const std::string data = conflict_data(less.at(0));
  CHECK(data.find(R"("removed":["x"],"source":)") != std::string::npos);
  CHECK(data.find(R"("kind":"set",)") != std::string::npos);
  const auto back = parse_conflict_data(data);
  REQUIRE(back);
  CHECK(back->incoming.removed == R"(["x"])");
  CHECK(conflict_data(*back) == data);
}

TEST_CASE("a delete meets a set where it shows an element that its author had not seen") {
  const auto red = line(10, 1, R"({"create":true,"base":{},"add":{"s":["red"]}})");
  const auto green = line(20, 3, R"({"base":{},"add":{"s":["green"]}})");
  const auto no_red = line(15, 3, R"({"base":{},"remove":{"s":["red"]}})");
  const auto knowing = [](std::int64_t ms, std::string_view base) {
    return line(ms, 2, fmt::format(R"({{"base":{{"s":{}}},"delete":true}})", base));
  };
  const std::string saw_red = seen_elements(10, 1, R"("red")");
  const std::string saw_green = seen_elements(20, 3, R"("green")");
  CHECK(meet({red}, knowing(30, saw_red)).empty());
  CHECK(brief(meet({red, green}, knowing(30, saw_red))) == R"(s:["green","red"]<deleted )");
  // Red was written before green and came after it.
  const auto conflicts = meet({red, green}, knowing(30, saw_green));
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].current.id == "10-1");
  CHECK(conflicts[0].base == Stamp::make(20, 0, 3));
  CHECK(conflicts[0].kind == FieldKind::set);
  // Who removed what the delete removes, too, has lost nothing.
  CHECK(meet({red, green, no_red}, knowing(30, saw_green)).empty());
  CHECK(brief(meet({red, green}, knowing(30, "{}"))) == R"(s:["green","red"]<deleted )");
  // One stamp for the set.
  CHECK(meet({red, green}, knowing(30, fmt::format(R"("{}")", stamp_text(20, 3)))).empty());
  CHECK(meet({red, green}, knowing(30, fmt::format(R"("{}")", stamp_text(10, 1))))[0].current.id ==
        "20-3");
  // Of a set that a later create keeps alive in part, what is lost counts.
  const auto again = line(40, 4, R"({"create":true,"base":{},"add":{"s":["blue"]}})");
  const auto part = meet({red, again}, knowing(30, "{}"));
  REQUIRE(part.size() == 1);
  CHECK(part[0].current.id == "10-1");
  CHECK(part[0].incoming_wins);
  CHECK(brief(meet({again}, knowing(30, "{}"))) == R"(s:["blue"]>deleted )");
}

TEST_CASE("a record says of which kind a field is that meets a delete as a whole") {
  const auto a = line(10, 1, R"({"create":true,"inc":{"n":2},"add":{"s":["x"]},"set":{"t":1}})");
  const auto conflicts = meet({a}, line(20, 2, R"({"base":{},"delete":true})"));
  REQUIRE(conflicts.size() == 3);
  const auto data = [&](std::size_t i) { return conflict_data(conflicts[i]); };
  CHECK(data(0).find(R"("kind":"counter",)") != std::string::npos);
  CHECK(data(1).find(R"("kind":"set",)") != std::string::npos);
  CHECK(data(2).find("kind") == std::string::npos);
  for (const Conflict& conflict : conflicts) {
    const auto read = parse_conflict_data(conflict_data(conflict));
    REQUIRE(read);
    CHECK(read->kind == conflict.kind);
  }
  std::string unknown = data(1);
  unknown.replace(unknown.find(R"("kind":"set")"), 12, R"("kind":"sot")");
  CHECK_FALSE(parse_conflict_data(unknown));
}

TEST_CASE("a delete that a later create outlives loses against what that wrote") {
  const auto a = line(30, 1, R"({"create":true,"base":{},"set":{"t":1}})");
  CHECK(brief(meet({a}, line(20, 2, R"({"base":{},"delete":true})"))) == "t:1>deleted ");
}

TEST_CASE("a conflict's id follows from the two events, field and element, in either order") {
  const auto a = line(10, 1, R"({"base":{},"set":{"t":1,"u":1},"add":{"s":[1]}})");
  const auto b = line(20, 2, R"({"base":{},"set":{"t":2,"u":2},"remove":{"s":[1.0]}})");
  const auto first = meet({a}, b);
  const auto second = meet({b}, a);
  REQUIRE(first.size() == 3);
  REQUIRE(second.size() == 3);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(first[i].id == second[i].id);
    CHECK(first[i].id.size() == 36);
    ids.insert(first[i].id);
  }
  ids.insert(meet({a}, line(20, 3, R"({"base":{},"set":{"t":2}})")).at(0).id);
  CHECK(ids.size() == 4);
  const auto gone = line(20, 2, R"({"base":{},"delete":true})");
  const auto edit = line(10, 1, R"({"base":{},"set":{"t":1}})");
  CHECK(meet({edit}, gone).at(0).id == meet({gone}, edit).at(0).id);
}

TEST_CASE("a conflict's data keeps both values to the last digit and reads back") {
  const auto a = line(10, 1, R"({"base":{},"set":{"t":3.14159265358979323846}})");
  const auto conflicts = meet({a}, line(20, 2, R"({"base":{},"set":{"t":{"z":1,"a":"\n"}}})"));
  REQUIRE(conflicts.size() == 1);
  const std::string data = conflict_data(conflicts[0]);
  CHECK(
      data ==
      fmt::format(
          R"({{"conflict":{{"current":{{"id":"10-1","source":"/c/1","stamp":"{}","value":3.14159265358979323846}},)"
          R"("field":"t","incoming":{{"id":"20-2","source":"/c/2","stamp":"{}","value":{{"a":"\n","z":1}}}},)"
          R"("rule":"last-write","winner":"incoming"}}}})",
          stamp_text(10, 1), stamp_text(20, 2)));
  const auto back = parse_conflict_data(data);
  REQUIRE(back);
  CHECK(conflict_data(*back) == data);
  for (std::size_t n = 0; n < data.size(); ++n) CHECK_FALSE(parse_conflict_data(data.substr(0, n)));
}

TEST_CASE("an operation that does not fit the field's kind is refused") {
  const auto a = line(10, 1, R"({"set":{"t":1},"inc":{"n":1},"add":{"s":[1]}})");
  CHECK(fit({a}, line(20, 1, R"({"inc":{"t":1}})")) == "kind_mismatch");
  CHECK(fit({a}, line(20, 1, R"({"add":{"n":[1]}})")) == "kind_mismatch");
  CHECK(fit({a}, line(20, 1, R"({"unset":["s"]})")) == "kind_mismatch");
  CHECK(fit({a}, line(20, 1, R"({"set":{"t":2},"inc":{"n":1},"remove":{"s":[1]}})")) == "ok");
  // What a delete has hidden has no kind any more.
  CHECK(fit({a, line(20, 1, R"({"delete":true})")},
            line(30, 1, R"({"create":true,"inc":{"t":1}})")) == "ok");
}

TEST_CASE("an entity has a bounded number of fields") {
  std::vector<std::string> before;
  for (std::size_t i = 0; i < limits::kFieldsPerEntity; ++i) {
    before.push_back(
        line(static_cast<std::int64_t>(10 + i), 1, fmt::format(R"({{"set":{{"f{}":1}}}})", i)));
  }
  CHECK(fit(before, line(5000, 1, R"({"set":{"f1":2}})")) == "ok");
  CHECK(fit(before, line(5000, 1, R"({"set":{"new":2}})")) == "too_many_fields");
}

TEST_CASE("an entity has a bounded number of increments and elements") {
  Entity entity;
  Decoder decoder;
  const auto code = [&](std::int64_t ms, std::string_view data) {
    const Status status = check_fit(entity, **decoder.decode(line(ms, 1, data)));
    return status ? "ok" : status.error().code;
  };
  // One short of it, half of them elements of which each second one is removed.
  std::int64_t ms = 10;
  for (std::size_t i = 0; i + 2 < kEntriesPerEntity; i += 2) {
    const std::string data =
        fmt::format(R"({{"inc":{{"n":1}},"{}":{{"s":[{}]}}}})", i % 4 == 0 ? "add" : "remove", i);
    entity.fold(**decoder.decode(line(++ms, 1, data)));
  }
  test::fold(entity, line(++ms, 1, R"({"inc":{"n":1}})"));
  CHECK(code(++ms, R"({"inc":{"n":1,"m":1}})") == "too_many_entries");
  CHECK(code(++ms, R"({"add":{"s":["a","b"]}})") == "too_many_entries");
  CHECK(code(++ms, R"({"inc":{"n":1}})") == "ok");
  test::fold(entity, line(++ms, 1, R"({"inc":{"n":1}})"));
  CHECK(code(++ms, R"({"inc":{"n":1}})") == "too_many_entries");
  CHECK(code(++ms, R"({"remove":{"s":["a"]}})") == "too_many_entries");
  // What takes no room.
  CHECK(code(++ms, R"({"remove":{"s":[0,2]},"set":{"t":1}})") == "ok");
  CHECK(code(++ms, R"({"delete":true})") == "ok");
  test::fold(entity, line(++ms, 1, R"({"delete":true})"));
  CHECK(code(++ms, R"({"create":true,"inc":{"n":1}})") == "ok");
}

TEST_CASE("the author of an edit of what it deleted is told so") {
  const Entity dead =
      folded({line(10, 1, R"({"set":{"t":1}})"), line(20, 1, R"({"delete":true})")});
  Decoder decoder;
  const auto code = [&](std::string_view data) {
    const Status status = check_alive(dead, **decoder.decode(line(30, 1, data)));
    return status ? "ok" : status.error().code;
  };
  CHECK(code(R"({"set":{"t":2}})") == "entity_deleted");
  CHECK(code(R"({"create":true,"set":{"t":2}})") == "ok");
  CHECK(code(R"({"delete":true})") == "ok");
  CHECK(code(R"({"note":1})") == "ok");
}
