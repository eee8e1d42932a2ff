#include "state/decision.h"
#include "support/catch.h"

using namespace offsync;

TEST_CASE("a side's value that is left out of a record is not taken for none") {
  Conflict conflict;
  conflict.id = "c";
  conflict.field = "text";
  conflict.current = {"s1", "e1", "/a", R"("long")", false, true};
  conflict.incoming = {"s2", "e2", "/b", R"("short")", false, false};
  const std::string data = conflict_data(conflict);
  CHECK(data.find("long") == std::string::npos);
  CHECK(data.find(R"("id":"e1","omitted":true,"source":"/a")") != std::string::npos);
  const auto read = parse_conflict_data(data);
  REQUIRE(read);
  CHECK(read->current.omitted);
  CHECK(read->current.value.empty());
  CHECK_FALSE(read->incoming.omitted);
  CHECK(read->incoming.value == R"("short")");
}
