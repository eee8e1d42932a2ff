#include "wire/status_kind.h"

#include "support/catch.h"

using namespace offsync;

TEST_CASE("when to try again is said once, and as the proxy asks for it") {
  CHECK(retry_hint(std::nullopt, "the store is full") == "try again later");
  CHECK(retry_hint(std::nullopt, "it is full; try again") == "");
  CHECK(retry_hint(1999, "the store is full") == "try again later");
  CHECK(retry_hint(2000, "the store is full") == "try again in 2 s");
  CHECK(retry_hint(3'600'000, "") == "try again in 60 min");
  CHECK(retry_hint(90'000, "try again later") == "it asks for 90 s until then");
}
