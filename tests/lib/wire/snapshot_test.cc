#include "wire/snapshot.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "support/catch.h"

using namespace offsync;

TEST_CASE("a snapshot's header is read as it was written") {
  const SnapshotHeader header{{"e1", 42}, 7, 3};
  const std::string line = encode_snapshot_header(header);
  CHECK(line == R"({"cursor":"e1-42","entities":7,"conflicts":3})");
  const auto read = parse_snapshot_header(line);
  REQUIRE(read);
  CHECK(read->cursor == header.cursor);
  CHECK(read->entities == 7);
  CHECK(read->conflicts == 3);
  CHECK(read->line.empty());
  const std::string with_line =
      R"({"cursor":"e1-42","entities":7,"conflicts":3,"line":"0123456789abcdef"})";
  CHECK(encode_snapshot_header({{"e1", 42}, 7, 3, "0123456789abcdef"}) == with_line);
  CHECK(parse_snapshot_header(with_line)->line == "0123456789abcdef");
  const std::string with_time =
      R"({"cursor":"e1-42","entities":7,"conflicts":3,"recordedtime":"2026-01-01T00:00:00.000Z"})";
  CHECK(encode_snapshot_header({{"e1", 42}, 7, 3, "", 1'767'225'600'000}) == with_time);
  CHECK(parse_snapshot_header(with_time)->recorded_ms == 1'767'225'600'000);
  // Members of a later version do not matter, nor does their order.
  CHECK(parse_snapshot_header(R"({"new":[1],"conflicts":0,"entities":0,"cursor":"e1-0"})"));
}

TEST_CASE("what is no snapshot's header is refused") {
  for (const char* line :
       {"", "[]", "{}", R"({"cursor":"e1-42","entities":7})",
        R"({"cursor":"e1","entities":7,"conflicts":3})",
        R"({"cursor":"e1-42","entities":7,"conflicts":3,"line":"0123456789abcde"})",
        R"({"cursor":"e1-42","entities":7,"conflicts":3,"line":7})",
        R"({"cursor":"e1-42","entities":7,"conflicts":3,"recordedtime":7})",
        R"({"cursor":"e1-42","entities":7,"conflicts":3,"recordedtime":"yesterday"})",
        R"({"cursor":"e1-42","entities":-1,"conflicts":3})",
        R"({"cursor":"e1-42","entities":"7","conflicts":3})",
        R"({"cursor":42,"entities":7,"conflicts":3})", R"({"subject":"a/1","fields":{}})"}) {
    INFO(line);
    const auto read = parse_snapshot_header(line);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == Errc::protocol);
    CHECK(read.error().code == "bad_snapshot");
  }
}

namespace {

const std::string kRecord =
    R"({"subject":"%","fields":{"a":{"register":{"value":1,"stamp":"000000000001-0000-0000000000000001","id":"i","source":"/f"}}}})";
const std::string kConflict =
    R"({"specversion":"1.0","id":"c1","source":"/proxy","type":"offsync.conflict","subject":"k/1","time":"2026-01-01T00:00:00Z",)"
    R"("stamp":"000000000001-0000-0000000000000001","causationid":"i","data":{"conflict":{"field":"a",)"
    R"("current":{"value":1,"stamp":"000000000001-0000-0000000000000001","id":"i","source":"/f"},)"
    R"("incoming":{"value":2,"stamp":"000000000001-0000-0000000000000002","id":"j","source":"/g"},)"
    R"("winner":"incoming","rule":"last-write"}},"sequence":"%","recordedtime":"2026-01-01T00:00:00Z"})";

std::string with(std::string text, std::string_view what) {
  return text.replace(text.find('%'), 1, what);
}

std::string header(std::uint64_t sequence, std::uint64_t entities, std::uint64_t conflicts) {
  return encode_snapshot_header({{"e1", sequence}, entities, conflicts});
}

// What a reader says of these lines; empty where they are a whole snapshot.
std::string judged(const std::vector<std::string>& lines) {
  SnapshotReader reader("it", "try again");
  const auto told = [](const Error& error) {
    CHECK(error.kind == Errc::protocol);
    CHECK(error.code == "bad_snapshot");
    return error.detail;
  };
  for (const std::string& line : lines) {
    const auto part = reader.take(line);
    if (!part) return told(part.error());
  }
  const Status end = reader.end();
  return end ? "" : told(end.error());
}

}  // namespace

TEST_CASE("snapshot: one reader tells its parts") {
  SnapshotReader reader("it", "try again");
  using Part = SnapshotReader::Part;
  CHECK(reader.take(header(9, 1, 1)).value() == Part::header);
  CHECK(reader.header()->cursor.text() == "e1-9");
  CHECK(reader.take(with(kRecord, "k/1")).value() == Part::entity);
  CHECK(reader.entity().subject == "k/1");
  CHECK(reader.take(with(kConflict, "7")).value() == Part::conflict);
  CHECK(reader.conflict().id == "c1");
  CHECK(reader.end().ok());
  CHECK(judged({header(0, 0, 0)}).empty());
}

TEST_CASE("snapshot: what cannot be one is refused, and told why") {
  const std::string one = with(kRecord, "k/1"), two = with(kRecord, "k/2");
  std::string other = with(kConflict, "7");
  other.replace(other.find("offsync.conflict"), 16, "todo.created");
  const std::string empty = R"({"subject":"k/1","fields":{}})";
  const auto says = [](const std::vector<std::string>& lines, const std::string& words) {
    INFO(words);
    CHECK(judged(lines).find(words) != std::string::npos);
  };
  says({}, "it is empty");
  says({header(1, 2, 0)}, "2 entities and 0 conflicts, more than its 1 event");
  says({header(1, 0, 2)}, "0 entities and 2 conflicts, more than its 1 event");
  says({header(9, 2, 0), one}, "it was cut: 1 of 2 entities, 0 of 0 conflicts came");
  says({header(9, 1, 1), one}, "it was cut: 1 of 1 entities, 0 of 1 conflicts came");
  says({header(9, 1, 0), one, two}, "there is more than it announced");
  says({header(9, 1, 0), one, with(kConflict, "7")}, "there is more than it announced");
  says({header(9, 2, 0), one, one}, "k/1 is there twice");
  says({header(9, 2, 0), two, one}, "k/1 stands behind k/2");
  CHECK_FALSE(judged({header(9, 1, 0), "nonsense"}).empty());
  CHECK_FALSE(judged({header(9, 1, 0), empty}).empty());
  CHECK_FALSE(judged({header(9, 0, 1), "nonsense"}).empty());
  says({header(9, 0, 1), other}, "there is more than it announced");
  says({header(9, 0, 1), with(kConflict, "10")}, "a conflict, 10, is not between 1 and 9");
  says({header(9, 0, 2), with(kConflict, "7"), with(kConflict, "7")}, "7, is not between 8 and 9");
}

TEST_CASE("snapshot: no stamp in it is further ahead of its log than the guard") {
  const std::string writer = R"("stamp":"%","id":"i","source":"/f"})";
  const std::string records[] = {
      R"({"subject":"k/1","fields":{"a":{"register":{"value":1,)" + writer + "}}}",
      R"({"subject":"k/1","created":{)" + writer + R"(,"fields":{}})",
      R"({"subject":"k/1","deleted":{)" + writer + R"(,"fields":{}})",
      R"({"subject":"k/1","fields":{"n":{"counter":{"increments":[{"by":1,)" + writer + "]}}}}",
      R"({"subject":"k/1","fields":{"s":{"set":{"elements":[{"value":1,"present":true,)" + writer +
          "]}}}}",
  };
  const auto headed = [](std::int64_t recorded_ms) {
    return encode_snapshot_header({{"e1", 9}, 1, 0, "", recorded_ms});
  };
  constexpr std::int64_t kRecorded = 1'767'225'600'000;
  const auto at = [](std::int64_t ms) {
    return Stamp{static_cast<std::uint64_t>(ms) << 16, 1}.text();
  };
  for (const std::string& record : records) {
    INFO(record);
    const std::string most = with(record, at(kRecorded + limits::kClockGuardMs));
    const std::string beyond = with(record, at(kRecorded + limits::kClockGuardMs + 1));
    CHECK(judged({headed(kRecorded), most}).empty());
    CHECK(judged({headed(0), beyond}).empty());
    CHECK(judged({headed(kRecorded), beyond}).find("of k/1, its stamp is") != std::string::npos);
  }
}
