#include "cli/text/escape.h"

#include <nlohmann/json.hpp>

#include "support/catch.h"

using offsync::cli::escape_json;
using offsync::cli::escape_text;

TEST_CASE("what could command a terminal is escaped in text") {
  CHECK(escape_text("plain \\ ü 漢") == "plain \\ ü 漢");
  CHECK(escape_text("\x1b]0;title\a") == "\\x1b]0;title\\x07");
  CHECK(escape_text("\x1b[2J\r\n\t") == "\\x1b[2J\\r\\n\\t");
  CHECK(escape_text("\xc2\x9b"
                    "2J") == "\\u{9b}2J");  // CSI as one C1 character
  CHECK(escape_text("a\u202eb\u2066c\u200f") == "a\\u{202e}b\\u{2066}c\\u{200f}");
  CHECK(escape_text("\x9b\xff") == "\\x9b\\xff");
  CHECK(escape_text(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
}

TEST_CASE("JSON that is escaped for a terminal has the same value") {
  const std::string json =
      "{\"a\":\"\xc2\x9b"
      "2J \u202e \x7f \U000e0041 ü 漢 😀 \\u001b \\\\ \\n\"}";
  const std::string safe = escape_json(json);
  CHECK(safe.find("\\u009b2J \\u202e \\u007f \\udb40\\udc41 ü 漢 😀 \\u001b") != std::string::npos);
  CHECK(escape_text(safe) == safe);
  CHECK(nlohmann::json::parse(safe) == nlohmann::json::parse(json));
  CHECK(escape_json("[1,\n2]") == "[1,\n2]");
}
