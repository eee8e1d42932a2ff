// What is JSON and what is not, case by case: texts for the place of one value. Each road into
// offsync must judge them alike (tests/cli/json_roads_test.cc, tests/proxy/json_roads_test.cc).
#pragma once

#include <string>
#include <vector>

namespace offsync::test {

enum class Json {
  valid,    // by RFC 8259, and within our limits: taken, and kept as it is
  invalid,  // refused, and nothing beside it is touched
  either,   // well-formed, but over a limit, or a name twice: alike by all roads
};

struct JsonCase {
  Json verdict;
  std::string text;
  std::string canonical = {};  // of a valid one, where it is another text
};

// All, some hundred of them.
std::vector<JsonCase> json_cases();

// An event that sets the field v of json/1 to what `text` is.
std::string json_event(const std::string& id, const std::string& text);

}  // namespace offsync::test
