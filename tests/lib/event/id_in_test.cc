#include "event/id_in.h"

#include <string>
#include <vector>

#include "base/limits.h"
#include "support/catch.h"

using namespace offsync;

TEST_CASE("id in: what is no event may have an id all the same") {
  for (
      const std::string line :
      {R"({"id":"a"})", R"( { "x" : [{"id":"b"},"]"], "id" : "a" } )", R"({"\u0069d":"\u0061"})",
       R"({"v":1e999,"w":99999999999999999999999,"id":"a","x":1,"x":2,"data":{"id":"b","id":"c"}})",
       R"({"id":"a","v":"\"}{"})"}) {
    INFO(line);
    CHECK(id_in(line) == "a");
  }
  const std::string longest(limits::kIdBytes, 'i');
  CHECK(id_in("{\"id\":\"" + longest + "\"}") == longest);
}

TEST_CASE("id in: where none can be read, there is none") {
  const std::string long_id(limits::kIdBytes + 1, 'i');
  const std::string filler(limits::kLineBytes, 'x');
  const std::vector<std::string> lines = {"",
                                          "{",
                                          "null",
                                          "[{\"id\":\"a\"}]",
                                          "\"id\"",
                                          R"({"id":1})",
                                          R"({"id":null})",
                                          R"({"id":{"id":"a"}})",
                                          R"({"x":{"id":"a"}})",
                                          R"({"id":"a","id":"a"})",
                                          R"({"id":"a","\u0069d":"b"})",
                                          R"({"id":"a"} x)",
                                          R"({"id":"a","v":tru})",
                                          R"({"id":"a","v":01})",
                                          "{\"id\":\"\xff\"}",
                                          R"({"id":"\ud800"})",
                                          "{\"id\":\"" + long_id + "\"}",
                                          R"({"id":"a","x":")" + filler + "\"}"};
  for (const std::string& line : lines) {
    INFO(line.substr(0, 60));
    CHECK(id_in(line).empty());
  }
}
