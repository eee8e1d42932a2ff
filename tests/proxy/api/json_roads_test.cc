// JSON by the roads of the proxy: a POST of one event, of an array, of lines. Those of the command
// line are in tests/cli/json_roads_test.cc.
#include <algorithm>
#include <optional>
#include <string>

#include "proxy/api/split_body.h"
#include "proxy/ingest/world.h"
#include "support/json_cases.h"

namespace offsync::proxy {
namespace {

constexpr auto* kNdjson = "application/x-ndjson";
constexpr auto* kArray = "application/cloudevents-batch+json";
constexpr auto* kSingle = "application/cloudevents+json";

// What a POST did.
struct Posted {
  bool whole = false;  // the body as a whole was taken
  std::optional<std::string> value;
  bool good = false;  // the event beside it was accepted
};

const std::string kGood = [] {
  std::string good = test::json_event("good", "\"good\"");
  return good.replace(good.find("json/1"), 6, "good/1");
}();

Posted post(const char* type, const std::string& body) {
  Posted posted;
  test::IngestWorld world;
  auto split = split_body(type, body);
  if (const auto* problem = std::get_if<Problem>(&split)) {
    CHECK(problem->status == 400);
    return posted;
  }
  posted.whole = true;
  std::size_t accepted = 0;
  for (const Outcome& outcome :
       world.submit(std::get<std::vector<std::string>>(std::move(split)))) {
    accepted += outcome.kind == OutcomeKind::accepted ? 1 : 0;
  }
  const auto log = world.log();
  CHECK(log.size() == accepted);
  Decoder decoder;
  for (const std::string& line : log) {
    const auto event = decoder.decode(line);
    REQUIRE(event);
    if ((*event)->id == "good") {
      posted.good = true;
    } else {
      CHECK((*event)->id == "case");
      CHECK_FALSE(posted.value.has_value());
      posted.value = std::string((*event)->ops[0].value);
    }
  }
  CHECK(test::audit(world.memory, "shop").empty());
  return posted;
}

}  // namespace

TEST_CASE("JSON is judged alike in a POST of one event, of an array and of lines") {
  Decoder decoder;
  for (const test::JsonCase& one : test::json_cases()) {
    INFO(one.text.substr(0, 100));
    const std::string event = test::json_event("case", one.text);
    const bool taken = one.verdict == test::Json::valid ||
                       (one.verdict == test::Json::either && decoder.decode(event).ok());
    const Posted single = post(kSingle, event);
    const Posted array = post(kArray, "[" + event + "," + kGood + "]");
    const Posted behind = post(kArray, "[" + kGood + ", " + event + "]");
    std::string in_a_line = event;
    std::replace(in_a_line.begin(), in_a_line.end(), '\n', ' ');
    const bool line_as_well = one.verdict == test::Json::valid;  // a line end is white space then
    const Posted lines = post(kNdjson, (line_as_well ? in_a_line : event) + "\n" + kGood + "\n");
    CHECK(single.value.has_value() == taken);
    CHECK(array.value == single.value);
    CHECK(behind.value == single.value);
    CHECK(lines.value == single.value);
    CHECK(lines.good);
    if (one.verdict == test::Json::invalid) {
      // Nothing of an array that is none.
      CHECK_FALSE(array.whole);
      CHECK_FALSE(behind.whole);
    }
    if (one.verdict == test::Json::valid && single.value) {
      CHECK(*single.value == (one.canonical.empty() ? one.text : one.canonical));
      CHECK(array.good);
      CHECK(behind.good);
    }
  }
}

}  // namespace offsync::proxy
