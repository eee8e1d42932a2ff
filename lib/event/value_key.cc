#include "event/value_key.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace offsync {
namespace {

// A whole number of up to so many digits (2^64 has 20) is written without an exponent.
constexpr std::int64_t kPlainDigits = 20;

bool in_number(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// A whole number that stands as it is.
bool is_plain(std::string_view number) {
  const auto digits = static_cast<std::int64_t>(number.size()) - (number.front() == '-' ? 1 : 0);
  return number != "-0" && digits <= kPlainDigits &&
         number.find_first_of(".eE") == std::string_view::npos;
}

// Digits without zeros around them, and the power of ten to multiply them with: the exponent as it
// is written, without `+` and zeros in front, and what is to be added to it.
struct Parts {
  std::string digits;
  bool negative = false, down = false;  // the number; the exponent
  std::string_view power;
  std::int64_t shift = 0;
};

Parts take_apart(std::string_view number) {
  Parts parts;
  parts.negative = number.front() == '-';
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  for (bool fraction = false; const char c : number.substr(0, e)) {
    if (c == '.') fraction = true;
    if (c < '0' || c > '9') continue;
    if (fraction) --parts.shift;
    parts.digits += c;
  }
  std::string& digits = parts.digits;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++parts.shift;
  }
  parts.power = number.substr(std::min(e + 1, number.size()));
  parts.down = parts.power.starts_with('-');
  parts.power.remove_prefix(std::min(parts.power.find_first_of("123456789"), parts.power.size()));
  return parts;
}

// An exponent of so many digits and a shift, which has as many as a number at most, fit into 64
// bits together.
constexpr std::size_t kShortPower = 17;

// The shift is small against a longer one, so that the sign stays.
std::string long_exponent(const Parts& parts) {
  std::string power(parts.power);
  std::int64_t carry = parts.down ? -parts.shift : parts.shift;
  for (std::size_t at = power.size(); at-- > 0 && carry != 0;) {
    std::int64_t digit = (power[at] - '0') + carry % 10;
    carry /= 10;
    if (digit < 0 || digit > 9) {
      carry += digit < 0 ? -1 : 1;
      digit += digit < 0 ? 10 : -10;
    }
    power[at] = static_cast<char>('0' + digit);
  }
  if (carry > 0) power.insert(0, std::to_string(carry));
  power.erase(0, power.find_first_not_of('0'));
  return (parts.down ? "-" : "") + power;
}

void append_number(std::string& out, std::string_view number) {
  if (is_plain(number)) {
    out += number;
    return;
  }
  const Parts parts = take_apart(number);
  if (parts.digits.empty()) {
    out += '0';
    return;
  }
  if (parts.negative) out += '-';
  out += parts.digits;
  if (parts.power.size() > kShortPower) {
    out += 'e';
    out += long_exponent(parts);
    return;
  }
  std::int64_t exponent = 0;
  std::from_chars(parts.power.data(), parts.power.data() + parts.power.size(), exponent);
  exponent = (parts.down ? -exponent : exponent) + parts.shift;
  const auto count = static_cast<std::int64_t>(parts.digits.size());
  if (exponent >= 0 && count + exponent <= kPlainDigits) {
    out.append(static_cast<std::size_t>(exponent), '0');
  } else {
    out += 'e';
    out += std::to_string(exponent);
  }
}

// The end of the string that begins at `at`.
std::size_t behind_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

}  // namespace

std::string_view value_key(std::string_view canonical, std::string& scratch) {
  bool changed = false;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < canonical.size();) {
    const char c = canonical[at];
    if (c == '"') {
      at = behind_string(canonical, at);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      std::size_t end = at;
      while (end < canonical.size() && in_number(canonical[end])) ++end;
      const std::string_view number = canonical.substr(at, end - at);
      if (!is_plain(number)) {
        if (!changed) scratch.clear();
        changed = true;
        scratch += canonical.substr(copied, at - copied);
        append_number(scratch, number);
        copied = end;
      }
      at = end;
    } else {
      ++at;
    }
  }
  if (!changed) return canonical;
  scratch += canonical.substr(copied);
  return scratch;
}

bool same_value(std::string_view a, std::string_view b) {
  if (a == b) return true;
  std::string of_a, of_b;
  return value_key(a, of_a) == value_key(b, of_b);
}

}  // namespace offsync
