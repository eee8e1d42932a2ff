#include "wire/transport.h"

#include "base/limits.h"
#include "support/catch.h"

namespace offsync {
namespace {

constexpr std::int64_t kNow = 1'445'412'470'000;  // Wed, 21 Oct 2015 07:27:50 GMT

HttpHead with_retry_after(std::string value) {
  return HttpHead{503, {{"content-length", "0"}, {"retry-after", std::move(value)}}};
}

TEST_CASE("HttpHead: a header's value", "[transport]") {
  const HttpHead head{200, {{"a", "1"}, {"b", " \t two words \t"}, {"a", "3"}, {"c", " \t "}}};
  CHECK(head.header("a") == "1");
  CHECK(head.header("b") == "two words");
  CHECK(head.header("c").empty());
  CHECK(head.header("d").empty());
  // By its whole name.
  const HttpHead alike{200, {{"date-of-it", "1"}, {"date", "2"}, {"dat", "3"}}};
  CHECK(alike.header("date") == "2");
  CHECK(alike.header("dat") == "3");
  CHECK(alike.header("da").empty());
}

TEST_CASE("HttpHead: a header that may stand once", "[transport]") {
  const HttpHead once{200, {{"offsync-head", "1"}, {"set-cookie", "a"}, {"set-cookie", "b"}}};
  CHECK(check_singles(once));
  const HttpHead same{200, {{"offsync-head", "1"}, {"offsync-head", " 1 "}}};
  CHECK(check_singles(same));
  for (const char* name : {"offsync-head", "offsync-epoch", "offsync-made-up", "content-type"}) {
    const HttpHead two{200, {{name, "1"}, {"a", "b"}, {name, "2"}}};
    const Status checked = check_singles(two);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == "contradiction");
    CHECK(checked.error().detail ==
          "its header has " + std::string(name) + " twice, as '1' and as '2'");
  }
}

TEST_CASE("Retry-After: seconds", "[transport]") {
  CHECK(retry_after_ms(with_retry_after("0"), kNow) == 0);
  CHECK(retry_after_ms(with_retry_after(" 120 "), kNow) == 120'000);
  CHECK(retry_after_ms(with_retry_after("31536000"), kNow) == limits::kRetryAfterCapMs);
  CHECK(retry_after_ms(with_retry_after("99999999999999999999"), kNow) == limits::kRetryAfterCapMs);
}

TEST_CASE("Retry-After: a date", "[transport]") {
  CHECK(retry_after_ms(with_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), kNow) == 10'000);
  CHECK(retry_after_ms(with_retry_after("Wed, 21 Oct 2015 07:27:00 GMT"), kNow) == 0);
  CHECK(retry_after_ms(with_retry_after("Thu, 21 Oct 2100 07:27:00 GMT"), kNow) ==
        limits::kRetryAfterCapMs);
}

TEST_CASE("Retry-After: what cannot be read is none", "[transport]") {
  for (const auto* const value :
       {"", "-1", "+1", "1.5", "1 2", "soon", "Wed, 21 Oct 2015 07:28:00 CET",
        "Wed, 21 Okt 2015 07:28:00 GMT", "Wed, 99 Oct 2015 07:28:00 GMT",
        "Wednesday, 21-Oct-15 07:28:00 GMT"}) {
    INFO(value);
    CHECK_FALSE(retry_after_ms(with_retry_after(value), kNow).has_value());
  }
  CHECK_FALSE(retry_after_ms(HttpHead{503, {}}, kNow).has_value());
}

}  // namespace
}  // namespace offsync
