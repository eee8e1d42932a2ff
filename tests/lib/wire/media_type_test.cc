#include "wire/media_type.h"

#include "support/catch.h"

using namespace offsync;

TEST_CASE("a media type is compared without its parameters") {
  CHECK(media_type(" Application/JSON ; charset=utf-8") == "application/json");
  CHECK(media_type("").empty());
  CHECK(is_media_type("text/event-stream;x", "text/event-stream"));
}

TEST_CASE("the charset is a parameter, in any case and in quotes or not") {
  CHECK(charset("application/json").empty());
  CHECK(charset("application/json; charset=UTF-8") == "utf-8");
  CHECK(charset("a/b;CharSet = \"Utf-16\" ;x=y") == "utf-16");
  CHECK(charset("a/b; x=\"; charset=latin1\\\"; charset=latin1\"; charset=utf-8") == "utf-8");
  CHECK(charset("charset=utf-16").empty());
  CHECK(charset("a/b;;;charset").empty());
  CHECK(charset("a/b; x=\"never ends; charset=utf-16").empty());
}
