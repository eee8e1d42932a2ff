// JSON by the roads of the command line: emit --data, emit --batch, replay. The proxy's are in
// tests/proxy/json_roads_test.cc.
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/input/line_reader.h"
#include "cli/input/log_folder.h"
#include "event/decoder.h"
#include "event/value.h"
#include "replica/replica.h"
#include "support/catch.h"
#include "support/json_cases.h"
#include "support/ports.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::cli;

namespace {

const std::string kGood = test::json_event("good", "\"good\"");

// What the field v of json/1 is after the event of `line`; nothing where it was refused.
struct Road {
  std::optional<std::string> value;
  bool good = false;  // an event that came behind it was taken
};

struct Roads {
  Roads() : replica(Replica::create(dir.file("r.db"), {}, clock, random).value()) {}

  // The value of an event that was taken into `batch`.
  std::optional<std::string> taken(Replica::Batch& batch, std::string_view line) {
    const auto emitted = batch.add_line(line);
    if (!emitted) {
      CHECK(emitted.error().kind == Errc::bad_data);
      return std::nullopt;
    }
    const auto event = decoder.decode(emitted->line);
    REQUIRE(event);
    REQUIRE((*event)->ops.size() == 1);
    return std::string((*event)->ops[0].value);
  }

  std::optional<std::string> data(const std::string& text) {
    const auto json = canonical_json(R"({"set":{"v":)" + text + "}}");
    if (!json) return std::nullopt;
    auto batch = replica.begin_batch().value();
    return taken(batch, R"({"type":"t","subject":"json/1","data":)" + *json + "}");
  }

  // Calls `each` with what a reader makes of `input`.
  template <class Each>
  void read(const std::string& input, const Each& each) {
    const std::string name = dir.file("input");
    std::FILE* file = std::fopen(name.c_str(), "w");
    std::fwrite(input.data(), 1, input.size(), file);
    std::fclose(file);
    const auto opened = InputFile::open(name);
    REQUIRE(opened);
    LineReader reader(opened->fd(), "input");
    LineReader::Line line;
    while (reader.next(line)) each(line, reader);
    CHECK(reader.status().ok());
  }

  Road batch(const std::string& text) {
    Road road;
    auto batch = replica.begin_batch().value();
    read(test::json_event("case", text) + "\n" + kGood + "\n",
         [&](const LineReader::Line& line, LineReader&) {
           if (line.too_long) return;
           const auto value = taken(batch, line.text);
           if (!value) return;
           if (line.text == kGood) {
             road.good = true;
           } else {
             CHECK_FALSE(road.value.has_value());
             road.value = value;
           }
         });
    return road;
  }

  Road replay(const std::string& text) {
    const Filter filter = Filter::make({}, 0).value();
    LogFolder folder(filter);
    std::string good = kGood;
    good.replace(good.find("json/1"), 6, "good/1");
    read(test::json_event("case", text) + "\n" + good + "\n",
         [&](const LineReader::Line& line, LineReader& reader) {
           CHECK(folder.fold(line, reader).ok());
         });
    folder.finish();
    Road road;
    road.good = folder.state().find("good/1") != nullptr;
    if (const Entity* entity = folder.state().find("json/1")) {
      road.value = entity->find("v")->shown();
    }
    CHECK(road.value.has_value() == folder.take_refused().empty());
    CHECK(folder.state().size() == (road.good ? 1U : 0U) + (road.value ? 1U : 0U));
    return road;
  }

  test::TempDir dir;
  test::ManualClock clock;
  test::SeededRandom random{1};
  Replica replica;
  Decoder decoder;
};

}  // namespace

TEST_CASE("JSON is judged alike by emit --data, emit --batch and replay") {
  Roads roads;
  Decoder decoder;
  const auto cases = test::json_cases();
  CHECK(cases.size() > 450);
  for (const test::JsonCase& one : cases) {
    INFO(one.text.substr(0, 100));
    const bool taken = one.verdict == test::Json::valid ||
                       (one.verdict == test::Json::either &&
                        decoder.decode(test::json_event("case", one.text)).ok());
    const auto data = roads.data(one.text);
    const Road batch = roads.batch(one.text);
    const Road replay = roads.replay(one.text);
    CHECK(data.has_value() == taken);
    CHECK(batch.value == data);
    CHECK(replay.value == data);
    CHECK(batch.good);
    CHECK(replay.good);
    if (one.verdict != test::Json::valid || !data) continue;
    const std::string& expected = one.canonical.empty() ? one.text : one.canonical;
    CHECK(*data == expected);
    CHECK(canonical_json(*data).value() == expected);
  }
}
