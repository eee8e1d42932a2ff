#include "base/rfc3339.h"

#include <rapidcheck.h>

#include <string>

#include "support/catch.h"

using offsync::format_rfc3339;
using offsync::parse_rfc3339;
using offsync::read_rfc3339;

TEST_CASE("rfc3339: times that are") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_rfc3339("2026-11-23T12:00:00Z") == 1'795'435'200'000);
  CHECK(parse_rfc3339("2026-11-23T12:00:00.123Z") == 1'795'435'200'123);
  CHECK(parse_rfc3339("2026-11-23t12:00:00.5z") == 1'795'435'200'500);
  CHECK(parse_rfc3339("2026-11-23 12:00:00Z") == 1'795'435'200'000);  // RFC 3339, 5.6, note
  CHECK(parse_rfc3339("2026-11-23T12:00:00.1239999999999999999999Z") == 1'795'435'200'123);
  CHECK(parse_rfc3339("2026-11-23T13:30:00+01:30") == 1'795'435'200'000);
  CHECK(parse_rfc3339("2026-11-23T00:00:00-12:00") == 1'795'435'200'000);
  CHECK(parse_rfc3339("2026-11-23T12:00:00-00:00") == 1'795'435'200'000);
  CHECK(parse_rfc3339("2024-02-29T00:00:00Z").has_value());
  CHECK(parse_rfc3339("2000-02-29T00:00:00Z").has_value());
  // A leap second counts as the second before it.
  CHECK(parse_rfc3339("9999-12-31T23:59:59.999Z") == 253'402'300'799'999);
}

TEST_CASE("rfc3339: what is no time, or none that can be kept") {
  for (const char* text : {"",
                           "2026",
                           "2026-11-23",
                           "2026-11-23T12:00:00",
                           "2026-11-23T12:00Z",
                           "2026-11-23T12Z",
                           "2026-1-23T12:00:00Z",
                           "26-11-23T12:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2100-02-29T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-11-00T00:00:00Z",
                           "2026-11-23T24:00:00Z",
                           "2026-11-23T12:60:00Z",
                           "2026-11-23T12:00:61Z",
                           "2026-11-23T12:00:00.Z",
                           "2026-11-23T12:00:00,5Z",
                           "2026-11-23T12:00:00+1:00",
                           "2026-11-23T12:00:00+0100",
                           "2026-11-23T12:00:00+24:00",
                           "2026-11-23T12:00:00+01:60",
                           "2026-11-23T12:00:00Z ",
                           " 2026-11-23T12:00:00Z",
                           "2026-11-23T12:00:00ZZ",
                           "2026-11-23X12:00:00Z",
                           "2026-11-23T12:00:00 Z",
                           "+026-11-23T12:00:00Z",
                           "2026-11-23T-1:00:00Z",
                           "2026-11-23T12:00:0\xd9\xa3Z",
                           "1969-12-31T23:59:59.999Z",
                           "1970-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "1234567890",
                           "now"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text).has_value());
  }
  using namespace std::string_literals;
  CHECK_FALSE(parse_rfc3339("2026-11-23T12:00:00Z\0"s).has_value());
  CHECK_FALSE(parse_rfc3339("2026-11-23T12:00:00\0Z"s).has_value());
}

TEST_CASE("rfc3339: a leap second is at 23:59:60 UTC, and the last instant of its minute") {
  const auto last = parse_rfc3339("2016-12-31T23:59:59.999Z");
  for (const auto* text :
       {"2016-12-31T23:59:60Z", "2016-12-31T23:59:60.100Z", "2016-12-31T23:59:60.999999Z",
        "2017-01-01T01:29:60.5+01:30", "2016-12-31T15:59:60-08:00", "1990-12-31t23:59:60z"}) {
    INFO(text);
    if (std::string_view(text).substr(0, 4) != "1990") CHECK(parse_rfc3339(text) == last);
    CHECK(parse_rfc3339(text).has_value());
    CHECK_FALSE(read_rfc3339(text)->no_leap);
  }
  CHECK(read_rfc3339("2016-12-31T23:59:60.100Z")->leap_ms == 100);
  CHECK(read_rfc3339("2016-12-31T23:59:60.9999Z")->leap_ms == 999);
  CHECK(read_rfc3339("2016-12-31T23:59:59.999Z")->leap_ms == -1);
  for (const auto* text : {"2016-12-31T12:00:60Z", "2016-12-31T23:58:60Z", "2016-12-31T22:59:60Z",
                           "2016-12-31T23:59:60+01:00", "2016-12-31T23:59:60-00:01"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text).has_value());
    CHECK(read_rfc3339(text)->no_leap);
  }
  CHECK_FALSE(read_rfc3339("2016-12-31T23:59:61Z").has_value());
  CHECK_FALSE(read_rfc3339("9999-12-31T23:59:60-00:01").has_value());
}

TEST_CASE("rfc3339: no truncation of a time is a time") {
  const std::string whole = "2026-11-23T12:00:00.123+01:00";
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    CHECK_FALSE(parse_rfc3339(whole.substr(0, bytes)).has_value());
  }
}

TEST_CASE("rfc3339: written with three digits, in UTC, and read back") {
  CHECK(format_rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(1'795'435'200'007) == "2026-11-23T12:00:00.007Z");
  REQUIRE(rc::check("what is written is read as it was", [] {
    const auto ms = *rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000);
    const std::string text = format_rfc3339(ms);
    RC_ASSERT(text.size() == 24U);
    RC_ASSERT(parse_rfc3339(text) == ms);
    const auto later = *rc::gen::inRange<std::int64_t>(ms, 253'402'300'800'000);
    RC_ASSERT(text <= format_rfc3339(later));  // sorts as text
  }));
}
