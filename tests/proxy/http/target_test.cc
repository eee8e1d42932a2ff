#include "proxy/http/target.h"

#include "support/catch.h"

namespace offsync::proxy {
namespace {
bool refused(std::string_view target) {
  return std::holds_alternative<Problem>(parse_target(target));
}
Target parsed(std::string_view target) {
  return std::get<Target>(parse_target(target));
}
}  // namespace

TEST_CASE("http target: path and query are decoded apart from each other") {
  const auto target = parsed("/v1/spaces/s/state/todo%2F1%3Fx?after=e-1&subject=a%26b+c%2B&flag&");
  CHECK(target.path == std::vector<std::string>{"v1", "spaces", "s", "state", "todo/1?x"});
  CHECK(target.parameter("after") == "e-1");
  CHECK(target.parameter("subject") == "a&b c+");
  CHECK(target.parameter("flag") == "");
  CHECK_FALSE(target.parameter("none"));
  CHECK(parsed("/").path == std::vector<std::string>{""});
  CHECK(parsed("/a/").path == std::vector<std::string>{"a", ""});
  CHECK(parsed("/a+b").path == std::vector<std::string>{"a+b"});
  CHECK(parsed("http://host:1/a?b=c").path == std::vector<std::string>{"a"});
  CHECK(parsed("http://host").path == std::vector<std::string>{""});
}

TEST_CASE("http target: what cannot be decoded is refused") {
  for (const auto* target : {"", "a", "*", "/%", "/%4", "/%g0", "/%00", "/%ff", "/a?b=%", "/a?%0g",
                             "/a?b=1&b=2", "/%c3"}) {
    INFO(target);
    CHECK(refused(target));
  }
}

TEST_CASE("http target: Accept lists") {
  CHECK(accepts("text/event-stream", "text/event-stream"));
  CHECK(accepts("a/b, Text/Event-Stream;q=0.5", "text/event-stream"));
  CHECK_FALSE(accepts("text/event-stream; q=0", "text/event-stream"));
  CHECK_FALSE(accepts("*/*", "text/event-stream"));
  CHECK_FALSE(accepts("", "gzip"));
  CHECK(accepts("deflate, gzip;q=1.0, *;q=0.5", "gzip"));
  CHECK(quality("a/b;q=0.5", "a/b") == 0.5);
  CHECK(quality("a/b; v=1; Q=0.25", "a/b") == 0.25);
  CHECK(quality("a/b;q=7", "a/b") == 1);
  CHECK(quality("a/b;q=-1", "a/b") == 0);
  CHECK(quality("a/b;q=x", "a/b") == 0);
  CHECK(quality("a/b;q=nan", "a/b") == 0);
  CHECK_FALSE(quality("a/*", "a/b"));
  CHECK(quality_or_any("a/*;q=0.2, */*;q=0.1", "a/b") == 0.2);
  CHECK(quality_or_any("a/*;q=0.2, */*;q=0.1", "c/d") == 0.1);
  CHECK(quality_or_any("a/b;q=0, */*", "a/b") == 0);
  CHECK(quality_or_any("x/y", "a/b") == 0);
  CHECK(media_type("Application/JSON; charset=utf-8") == "application/json");
}

}  // namespace offsync::proxy
