#include "base/text.h"

#include "base/span_text.h"
#include "support/catch.h"

using namespace offsync;

TEST_CASE("text: a number is all of a text, and fits") {
  CHECK(parse_number("0") == 0U);
  CHECK(parse_number("007") == 7U);
  CHECK(parse_number("18446744073709551615") == UINT64_MAX);
  for (const auto* text :
       {"", " 1", "1 ", "+1", "-1", "1x", "0x1", "1.0", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text));
  }
  CHECK(parse_number<std::int64_t>("-9223372036854775808") == INT64_MIN);
  CHECK_FALSE(parse_number<std::int64_t>("9223372036854775808"));
  CHECK(parse_number<double>("1.5e3") == 1500.0);
  CHECK_FALSE(parse_number<double>("1.5e"));
  CHECK(all_digits("0123456789"));
  CHECK_FALSE(all_digits(""));
  CHECK_FALSE(all_digits("1-"));
}

TEST_CASE("text: blanks and letters, in no locale") {
  CHECK(trim(" \t a b\t ") == "a b");
  CHECK(trim(" \t ").empty());
  CHECK(trim("a\r\n") == "a\r\n");
  CHECK(trim("\r\na\r\n", " \r\n") == "a");
  CHECK(lower("AZ[`az{\xc4\xd6") == "az[`az{\xc4\xd6");
  CHECK(equal_ignoring_case("Content-LENGTH", "content-length"));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
}

TEST_CASE("spans of time are said in the greatest unit of which there are two") {
  using offsync::span_text;
  CHECK(span_text(0) == "0 ms");
  CHECK(span_text(1999) == "1999 ms");
  CHECK(span_text(2000) == "2 s");
  CHECK(span_text(60'000) == "60 s");
  CHECK(span_text(60'001) == "61 s");
  CHECK(span_text(120'000) == "2 min");
  CHECK(span_text(7'200'000) == "2 h");
  CHECK(span_text(172'800'000) == "2 days");
  CHECK(span_text(2'275'059'939'738) == "72 years");
  CHECK(span_text(97'826'000'000) == "3 years");
  CHECK(span_text(251'603'579'000'000) == "7973 years");
  CHECK(span_text(INT64_MAX) == "292277025 years");
}
