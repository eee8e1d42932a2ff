#include "base/shorten.h"

#include "support/catch.h"

using namespace offsync;

TEST_CASE("a message that is not long stays as it is") {
  for (const std::size_t length : {0, 1, 80, 1500}) {
    const std::string text(length, 'x');
    CHECK(shortened(text) == text);
  }
}

TEST_CASE("of a long message the beginning and the end stay") {
  const std::string text = "there is no command '" + std::string(100'000, 'x') + "'; see: --help";
  const std::string cut = shortened(text);
  CHECK(cut.size() < 1600);
  CHECK(cut.starts_with("there is no command 'xxx"));
  CHECK(cut.ends_with("xxx'; see: --help"));
  CHECK(cut.find(" … ") != std::string::npos);
}

TEST_CASE("no character is cut") {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'x');
    for (int i = 0; i < 1000; ++i) text += "\U0001F600";
    const std::string cut = shortened(text);
    const std::size_t gap = cut.find(" … ");
    REQUIRE(gap != std::string::npos);
    CHECK((gap - shift) % 4 == 0);
    CHECK((cut.size() - gap - std::string(" … ").size()) % 4 == 0);
  }
}
