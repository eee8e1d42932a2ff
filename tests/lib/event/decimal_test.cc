#include "event/decimal.h"

#include <rapidcheck.h>

#include <algorithm>

#include "support/catch.h"

using offsync::Decimal;

namespace {

std::string round(std::string_view text) {
  const auto value = Decimal::parse(text);
  return value ? value->text() : "refused";
}

}  // namespace

TEST_CASE("decimals are printed as the shortest number") {
  CHECK(round("0") == "0");
  CHECK(round("-0") == "0");
  CHECK(round("3") == "3");
  CHECK(round("3.0") == "3");
  CHECK(round("-0.5") == "-0.5");
  CHECK(round("-3") == "-3");
  CHECK(round("-12") == "-12");
  CHECK(round("1e3") == "1000");
  CHECK(round("1.5E+2") == "150");
  CHECK(round("1e-9") == "0.000000001");
  CHECK(round("0.100") == "0.1");
  CHECK(round("9223372036854775807.999999999") == "9223372036854775807.999999999");
  CHECK(round("-9223372036854775807") == "-9223372036854775807");
  CHECK(round("0e999999999999") == "0");
}

TEST_CASE("what cannot be kept exactly is refused") {
  for (const char* text : {"9223372036854775808",
                           "1e19",
                           "1e-10",
                           "0.0000000001",
                           "1e99999999999999",
                           "",
                           "-",
                           "+1",
                           "1.",
                           ".5",
                           "01",
                           "1e",
                           "1e+",
                           "0x1",
                           "NaN",
                           "1 ",
                           " 1",
                           "\"1\"",
                           "1,5",
                           "--1"}) {
    CAPTURE(text);
    CHECK(round(text) == "refused");
  }
}

TEST_CASE("a sum does not depend on the order of its terms") {
  CHECK(rc::check([](std::vector<std::int32_t> thousandths) {
    const auto term = [](std::int32_t value) {
      return Decimal::parse(std::to_string(value) + "e-3").value();
    };
    Decimal forward;
    Decimal backward;
    std::int64_t plain = 0;
    for (const auto value : thousandths) {
      forward += term(value);
      plain += value;
    }
    std::reverse(thousandths.begin(), thousandths.end());
    for (const auto value : thousandths) backward += term(value);
    RC_ASSERT(forward == backward);
    RC_ASSERT(forward == Decimal::parse(std::to_string(plain) + "e-3").value());
  }));
}
