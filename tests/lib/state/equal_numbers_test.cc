// Equal numbers are one value (event/value_key.h): in sets, for conflicts, and in what an author
// says that it had seen.
#include <algorithm>

#include "lib/state/events.h"
#include "state/decision.h"
#include "state/entity_codec.h"
#include "support/catch.h"

using namespace offsync;
using test::folded;
using test::line;
using test::stamp_text;

namespace {

std::string record(const Entity& entity) {
  return encode_entity("todo/1", entity);
}

// Of all orders of `events`, which must agree.
std::string shown(std::vector<std::string> events) {
  std::sort(events.begin(), events.end());
  const std::string first = record(folded(events));
  while (std::next_permutation(events.begin(), events.end())) {
    if (record(folded(events)) != first) FAIL("another order gives another state");
  }
  const Entity entity = folded(events);
  const Field* field = entity.find("s");
  return field == nullptr ? "none" : field->shown();
}

std::vector<Conflict> met(const std::vector<std::string>& log, const std::string& event) {
  Decoder decoder;
  return conflicts_of(folded(log), **decoder.decode(event));
}

}  // namespace

TEST_CASE("a set shows an element as its latest operation has written it") {
  CHECK(shown({line(1, 1, R"({"add":{"s":[1]}})"), line(2, 2, R"({"add":{"s":[1.0]}})"),
               line(3, 1, R"({"add":{"s":[10e-1,2]}})")}) == "[10e-1,2]");
  CHECK(shown({line(1, 1, R"({"add":{"s":[1.0]}})"), line(2, 2, R"({"remove":{"s":[1]}})")}) == "");
  CHECK(shown({line(1, 1, R"({"add":{"s":[1.0]}})"), line(2, 2, R"({"remove":{"s":[1]}})"),
               line(3, 3, R"({"add":{"s":[1e0]}})")}) == "[1e0]");
  CHECK(shown({line(1, 1, R"({"add":{"s":[0,-0.5,"1"]}})"), line(2, 2, R"({"add":{"s":[-5e-1]}})"),
               line(2, 3, R"({"remove":{"s":[-0]}})")}) == R"(["1",-5e-1])");
  // In byte order of what is shown.
  CHECK(shown({line(1, 1, R"({"add":{"s":[2,1.5,1.25,10,[1],[1.0]]}})")}) ==
        "[1.25,1.5,10,2,[1.0]]");
}

TEST_CASE("one write that has an element in two spellings gives one state in any order") {
  // Nobody can send such an event any more, but logs of earlier versions may have it.
  const std::string both = line(2, 1, R"({"add":{"s":[1.0,1]},"remove":{"s":[1e0]}})");
  CHECK(shown({line(1, 2, R"({"add":{"s":[1,3]}})"), both, line(1, 3, R"({"add":{"s":[10e-1]}})"),
               both}) == "[1,3]");
}

TEST_CASE("a record of an earlier version, with two spellings, is the entity that the fold gives") {
  const auto element = [](const char* value, bool present, int ms) {
    return fmt::format(R"({{"value":{},"present":{},"stamp":"{}","id":"{}-1","source":"/c/1"}})",
                       value, present, stamp_text(ms, 1), ms);
  };
  const auto old =
      fmt::format(R"({{"subject":"todo/1","fields":{{"s":{{"set":{{"elements":[{},{},{}]}}}}}}}})",
                  element("1", false, 3), element("1.0", true, 2), element("2", true, 1));
  EntityDecoder decoder;
  const auto read = decoder.decode(old);
  REQUIRE(read);
  CHECK(record(read->entity) ==
        record(folded({line(1, 1, R"({"add":{"s":[2]}})"), line(2, 1, R"({"add":{"s":[1.0]}})"),
                       line(3, 1, R"({"remove":{"s":[1]}})")})));
  const auto again = decoder.decode(record(read->entity));
  REQUIRE(again);
  CHECK(record(again->entity) == record(read->entity));
}

TEST_CASE("equal numbers in two spellings are no conflict") {
  const std::string before = line(1, 1, R"({"base":{},"set":{"n":1,"l":[1,{"a":0}]}})");
  CHECK(met({before}, line(2, 2, R"({"base":{},"set":{"n":1.0}})")).empty());
  CHECK(met({before}, line(2, 2, R"({"base":{},"set":{"l":[1e0,{"a":-0}]}})")).empty());
  CHECK(met({before}, line(2, 2, R"({"base":{},"set":{"n":1.01}})")).size() == 1);
  CHECK(met({before}, line(2, 2, R"({"base":{},"set":{"n":"1"}})")).size() == 1);
  CHECK(met({before}, line(2, 2, R"({"base":{},"unset":["n"]})")).size() == 1);
}

TEST_CASE("a set meets by element, whatever its spelling") {
  const std::string added = line(1, 1, R"({"base":{},"add":{"s":[1.0]}})");
  CHECK(met({added}, line(2, 2, R"({"base":{},"add":{"s":[1]}})")).empty());
  const auto conflicts = met({added}, line(2, 2, R"({"base":{},"remove":{"s":[1]}})"));
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].element == "1");
  CHECK(conflicts[0].current.value == "1.0");
  // An author that has seen it may name it in another spelling.
  for (const char* spelling : {"1", "1.0", "1e0"}) {
    const auto seen = fmt::format(R"({{"base":{{"s":{{"{}":[{}]}}}},"remove":{{"s":[10e-1]}}}})",
                                  stamp_text(1, 1), spelling);
    CHECK(met({added}, line(2, 2, seen)).empty());
    const auto deleted = fmt::format(R"({{"base":{{"s":{{"{}":[{}]}}}},"delete":true}})",
                                     stamp_text(1, 1), spelling);
    CHECK(met({added}, line(2, 2, deleted)).empty());
  }
  CHECK(met({added}, line(2, 2, R"({"base":{},"delete":true})")).size() == 1);
}
