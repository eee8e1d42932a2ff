#include "wire/cursor.h"

#include <array>

#include "support/catch.h"

namespace offsync {
namespace {

TEST_CASE("Cursor: text and back", "[cursor]") {
  for (const auto* const text :
       {"a-0", "0193f-1", "e1-9223372036854775807", "abcdefghijklmnopqrstuvwxyz012345-7"}) {
    const auto cursor = Cursor::parse(text);
    INFO(text);
    REQUIRE(cursor.has_value());
    CHECK(cursor->text() == text);
  }
  CHECK(Cursor::parse("e1-42") == Cursor{"e1", 42});
}

TEST_CASE("Cursor: what is none", "[cursor]") {
  using namespace std::string_view_literals;
  for (const auto text : {""sv,
                          "-"sv,
                          "e"sv,
                          "42"sv,
                          "e-"sv,
                          "-1"sv,
                          "e-01"sv,
                          "e-00"sv,
                          "e--1"sv,
                          "e-+1"sv,
                          "e- 1"sv,
                          "e-1 "sv,
                          " e-1"sv,
                          "E-1"sv,
                          "e-1-2"sv,
                          "e-9223372036854775808"sv,
                          "e-18446744073709551615"sv,
                          "e-18446744073709551616"sv,
                          "e-99999999999999999999999"sv,
                          "e-1\n"sv,
                          "e-1\0"sv,
                          "e\0-1"sv,
                          "\xc3\xa9-1"sv,
                          "e-0x1"sv,
                          "abcdefghijklmnopqrstuvwxyz0123456-7"sv,
                          "now"sv}) {
    INFO(text);
    CHECK_FALSE(Cursor::parse(text).has_value());
  }
}

}  // namespace
}  // namespace offsync
