#include "event/value_key.h"

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "support/catch.h"

using namespace offsync;

namespace {

std::string key(std::string_view value) {
  std::string scratch;
  return std::string(value_key(value, scratch));
}

}  // namespace

TEST_CASE("value key: equal numbers are one value, however they are written") {
  const std::vector<std::vector<std::string>> same = {
      {"0", "-0", "0.0", "-0.0", "0e7", "0.000e-3", "-0E+0", "0e10000000000000000",
       "-0.0e-99999999999999999999999"},
      {"1", "1.0", "1e0", "10e-1", "0.1e1", "1E+0", "100.00e-2", "1.0000000000000000000000",
       "1e00000000000000000000", "10e-0000000000000000000001"},
      {"1e-1000000000000000", "10e-1000000000000001", "0.1e-999999999999999"},
      {"1e-100000000000000000", "0.1e-99999999999999999", "10e-100000000000000001"},
      {"1e-10000000000000000000000", "0.01e-9999999999999999999998",
       "10.0e-10000000000000000000001", "1e-00010000000000000000000000"},
      {"-1e-10000000000000000000000", "-10e-10000000000000000000001"},
      {"1e-10000000000000000000001"},
      {"-1", "-1.0", "-10e-1"},
      {"0.1", "1e-1", "0.10", "0.01e1"},
      {"1500", "1.5e3", "15E2", "1500.0"},
      {"18446744073709551615", "18446744073709551615.0", "1.8446744073709551615e19"},
      {"10000000000000000000", "1e19"},
      {"1e20", "10e19", "100000000000000000000.0"},
      {"1e300", "10e299"},
      {"-9223372036854775808", "-9.223372036854775808e18"},
      {"[1,{\"a\":2}]", "[1.0,{\"a\":2e0}]"},
      {"\"1.0\""},
      {"\"1\""},
      {"{\"1.0\":1}", "{\"1.0\":1.0}"},
      {"{\"1\":1}"},
      {"\"\\\"-0\\\\\""},
      {"true"},
      {"null"},
      {""},
      {"0.1000000000000000055511151231257827"},  // the same double as 0.1, another number
      {"1e-300"},
      {"1e-301"}};
  for (std::size_t i = 0; i < same.size(); ++i) {
    for (const std::string& a : same[i]) {
      CHECK(key(key(a)) == key(a));
      for (std::size_t j = 0; j < same.size(); ++j) {
        for (const std::string& b : same[j]) {
          INFO(a << " and " << b);
          CHECK(same_value(a, b) == (i == j));
        }
      }
    }
  }
}

TEST_CASE("value key: a value without such numbers is its own key, without a copy") {
  for (const std::string value : {"1", "-7", "\"1e5\"", "[1,2,\"-0.0\"]",
                                  "{\"a.b\":[null,true,\"\\\\\\\"1.0\"]}", "\"é1.0\""}) {
    std::string scratch;
    CHECK(value_key(value, scratch).data() == value.data());
    CHECK(key(value) == value);
  }
}

TEST_CASE("value key: any number is equal to itself with its point moved, and to no other") {
  CHECK(rc::check([] {
    const auto whole = *rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000);
    const auto zeros = *rc::gen::inRange<std::size_t>(0, 5);
    const auto power = *rc::gen::inRange(-30, 30);
    std::string longer = std::to_string(whole) + std::string(zeros, '0');
    longer += "e" + std::to_string(power - static_cast<int>(zeros));
    const std::string plain = std::to_string(whole) + "e" + std::to_string(power);
    RC_ASSERT(same_value(plain, longer));
    RC_ASSERT(key(key(plain)) == key(plain));
    RC_ASSERT(!same_value(plain, std::to_string(whole + 1) + "e" + std::to_string(power)));
  }));
}

TEST_CASE(
    "value key: a number with an exponent of any length keeps its value, as its point moves") {
  CHECK(rc::check([] {
    const auto digits = *rc::gen::inRange<std::size_t>(1, 40);
    const auto moved = *rc::gen::inRange<std::size_t>(1, 30);
    const auto last = *rc::gen::inRange(0, 10);
    const std::string nines(digits, '9');
    const std::string hundreds = "1" + std::string(digits, '0');
    // What is added to the exponent carries and borrows over all its digits.
    RC_ASSERT(same_value("1e-" + hundreds, "0.1e-" + nines));
    std::string next = hundreds;
    next.back() = static_cast<char>('0' + last);
    const std::string power =
        (digits > 2 ? next : "1" + std::string(20, '0') + std::to_string(last));
    const std::string zeros(moved, '0');
    const std::string point = "1" + zeros + "." + zeros + "e-" + power;
    RC_ASSERT(key(key(point)) == key(point));
    RC_ASSERT(same_value(point, "1" + zeros + "e-" + power));
    RC_ASSERT(!same_value(point, "1" + zeros + "0e-" + power));
    RC_ASSERT(!same_value(point, "-" + point));
    RC_ASSERT(same_value("0." + zeros + "e-" + power, "0"));
  }));
}
