#include "event/value.h"

#include "base/limits.h"
#include "support/catch.h"

using namespace offsync;

namespace {

std::string canonical(std::string_view text) {
  const auto result = canonical_json(text);
  return result ? *result : "refused: " + result.error().code;
}

}  // namespace

TEST_CASE("canonical form: no white space, sorted names, shortest escapes, numbers as written") {
  CHECK(canonical(" { \"b\" : 1 , \"a\" : [ true , null ] } ") == R"({"a":[true,null],"b":1})");
  CHECK(canonical(R"({"z":{"b":1,"a":2},"a":0})") == R"({"a":0,"z":{"a":2,"b":1}})");
  CHECK(canonical(R"("\u0041\/\u00e9\ud83d\ude00\u001f\u0008\n")") == "\"A/é😀\\u001f\\b\\n\"");
  CHECK(canonical(R"({"\u0062":1,"a":2})") == R"({"a":2,"b":1})");
  CHECK(canonical("1.0") == "1.0");
  CHECK(canonical("-0") == "-0");
  CHECK(canonical("1E400") == "refused: bad_number");
  CHECK(canonical("3.14159265358979323846264338327950288") ==
        "3.14159265358979323846264338327950288");
  CHECK(canonical("18446744073709551615") == "18446744073709551615");
  CHECK(canonical("18446744073709551616") == "refused: bad_number");
  CHECK(canonical("-9223372036854775808") == "-9223372036854775808");
  CHECK(canonical("-9223372036854775809") == "refused: bad_number");
  CHECK(canonical("\"\"") == "\"\"");
  CHECK(canonical("[]") == "[]");
  CHECK(canonical("{}") == "{}");
}

TEST_CASE("the canonical form of a canonical text is itself") {
  for (const char* text :
       {R"({"a":[1,2.50,"x\"y",{"b":null}],"é":"\u0000"})", "[[],{},[{}]]", "1e5"}) {
    CHECK(canonical(text) == text);
  }
}

TEST_CASE("what is not one JSON value is refused") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1",
                           "1 2",
                           "1,2",
                           "1],[2",
                           "tru",
                           "truex",
                           "nul",
                           "01",
                           "+1",
                           ".5",
                           "1.",
                           "1e",
                           "--1",
                           "0x1",
                           "NaN",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "{a:1}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "[1,]",
                           "[,1]",
                           "\"a\tb\"",
                           "// c\n1",
                           "\"\\ud800\"",
                           "\"\\ude00\"",
                           "\"\\ud800\\u0041\""}) {
    CAPTURE(text);
    CHECK(canonical(text) == "refused: malformed");
  }
  CHECK(canonical("\"\xff\"") == "refused: malformed");
  CHECK(canonical("\"\xed\xa0\x80\"") == "refused: malformed");
  CHECK(canonical(std::string_view("1\0", 2)) == "refused: malformed");
  CHECK(canonical(R"({"a":1,"a":2})") == "refused: duplicate_name");
  CHECK(canonical(R"({"b":0,"a":1,"\u0061":2})") == "refused: duplicate_name");
}

TEST_CASE("nesting is bounded, and a million levels do no harm") {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  CHECK(canonical(nested(limits::kDepth)) == nested(limits::kDepth));
  CHECK(canonical(nested(limits::kDepth + 1)) == "refused: too_deep");
  CHECK(canonical(nested(100'000)) == "refused: too_deep");
  CHECK(canonical(nested(1'000'000)) == "refused: too_large");
}

TEST_CASE("JSON strings are written and read back") {
  const std::string text = std::string("a\"\\\b\f\n\r\t\x01") + "é" + std::string(1, '\0');
  CHECK(json_string(text) == "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001é\\u0000\"");
  CHECK(plain_text(json_string(text)) == text);
  CHECK(plain_text("[1]") == "[1]");
  CHECK(plain_text("12") == "12");
}

TEST_CASE("a string that a colon follows hides nothing of what comes") {
  CHECK_FALSE(canonical_json(R"({"a":"b":"c"}})"));
  CHECK_FALSE(canonical_json(R"({"a":"b":{"c":1}}})"));
  CHECK_FALSE(canonical_json(R"({"a":["b":1]]})"));
  CHECK_FALSE(canonical_json(R"({"a":{"b":"c":1}}})"));
}
