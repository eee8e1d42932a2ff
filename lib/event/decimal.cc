#include "event/decimal.h"

#include <algorithm>
#include <cstdint>

#include "base/limits.h"

namespace offsync {
namespace {

__extension__ using Wide = __int128;

constexpr Wide kOne = 1'000'000'000;  // 10^kCounterFractionDigits
static_assert(limits::kCounterFractionDigits == 9);
constexpr Wide kBound = (Wide{1} << 63) * kOne;

bool digit(std::string_view text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

// Digits at the front of `text`, moved to `out`.
std::size_t take_digits(std::string_view& text, std::string& out) {
  std::size_t count = 0;
  for (; digit(text); text.remove_prefix(1), ++count) out.push_back(text[0]);
  return count;
}

// "e+12" at the front; false if malformed. A huge exponent is clamped: it is refused later.
bool take_exponent(std::string_view& text, int& exponent) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return true;
  text.remove_prefix(1);
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  std::string digits;
  if (take_digits(text, digits) == 0) return false;
  int value = 0;
  for (const char c : digits) value = std::min(value * 10 + (c - '0'), 100'000);
  exponent += negative ? -value : value;
  return true;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  std::string digits;  // the number is digits * 10^exponent
  const bool zero_first = !text.empty() && text[0] == '0';
  const std::size_t whole = take_digits(text, digits);
  if (whole == 0 || (zero_first && whole > 1)) return std::nullopt;
  int exponent = 0;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    const std::size_t fraction = take_digits(text, digits);
    if (fraction == 0) return std::nullopt;
    exponent = -static_cast<int>(std::min<std::size_t>(fraction, 100'000));
  }
  if (!take_exponent(text, exponent) || !text.empty()) return std::nullopt;

  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  Decimal result;
  if (digits.empty()) return result;
  exponent += limits::kCounterFractionDigits;
  if (exponent < 0 || static_cast<int>(digits.size()) + exponent > 29) return std::nullopt;
  for (const char c : digits) result.nanos_ = result.nanos_ * 10 + (c - '0');
  for (; exponent > 0; --exponent) result.nanos_ *= 10;
  if (result.nanos_ >= kBound) return std::nullopt;
  if (negative) result.nanos_ = -result.nanos_;
  return result;
}

std::string Decimal::text() const {
  if (nanos_ == 0) return "0";
  const bool negative = nanos_ < 0;
  Wide rest = negative ? -nanos_ : nanos_;
  std::string out;  // backwards
  bool significant = false;
  for (int i = 0; i < limits::kCounterFractionDigits; ++i, rest /= 10) {
    const char c = static_cast<char>('0' + static_cast<int>(rest % 10));
    significant |= c != '0';
    if (significant) out.push_back(c);
  }
  if (significant) out.push_back('.');
  do {
    out.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  if (negative) out.push_back('-');
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace offsync
