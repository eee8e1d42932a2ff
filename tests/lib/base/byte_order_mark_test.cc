#include "base/byte_order_mark.h"

#include "support/catch.h"

using namespace offsync;
using std::literals::operator""sv;

TEST_CASE("text that is not UTF-8 is known by how it begins") {
  for (const auto text : {""sv, "{"sv, "{}"sv, "\0"sv, "\0\0"sv, "\0\0\0\0"sv, "\xef\xbb\xbf{}"sv,
                          "{\"a\0\""sv, "\xff\xff"sv}) {
    CHECK(other_encoding(text).empty());
  }
  CHECK(other_encoding("\xff\xfe"sv) == "UTF-16");
  CHECK(other_encoding("\xff\xfe{\0"sv) == "UTF-16");
  CHECK(other_encoding("\xfe\xff\0{"sv) == "UTF-16");
  CHECK(other_encoding("{\0"sv) == "UTF-16LE");
  CHECK(other_encoding("{\0}\0"sv) == "UTF-16LE");
  CHECK(other_encoding("\0{\0}"sv) == "UTF-16BE");
  CHECK(other_encoding("\xff\xfe\0\0{\0\0\0"sv) == "UTF-32");
  CHECK(other_encoding("\0\0\xfe\xff"sv) == "UTF-32");
  CHECK(other_encoding("{\0\0\0"sv) == "UTF-32LE");
  CHECK(other_encoding("\0\0\0{"sv) == "UTF-32BE");
}
