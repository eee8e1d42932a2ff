#include "wire/snapshot.h"

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
  // Members of a later version do not matter, nor does their order.
  CHECK(parse_snapshot_header(R"({"new":[1],"conflicts":0,"entities":0,"cursor":"e1-0"})"));
}

TEST_CASE("what is no snapshot's header is refused") {
  for (const char* line :
       {"", "[]", "{}", R"({"cursor":"e1-42","entities":7})",
        R"({"cursor":"e1","entities":7,"conflicts":3})",
        R"({"cursor":"e1-42","entities":7,"conflicts":3,"line":"0123456789abcde"})",
        R"({"cursor":"e1-42","entities":7,"conflicts":3,"line":7})",
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
