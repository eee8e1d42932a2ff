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

// Digits, and the power of ten to multiply them with. False where the exponent has no room.
bool take_apart(std::string_view number, std::string& digits, std::int64_t& exponent) {
  const std::size_t e = number.find_first_of("eE");
  std::string_view mantissa = number.substr(0, e);
  exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view power = number.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    if (power.size() > 16) return false;
    std::from_chars(power.data(), power.data() + power.size(), exponent);
  }
  for (bool fraction = false; const char c : mantissa) {
    if (c == '.') fraction = true;
    if (c < '0' || c > '9') continue;
    if (fraction) --exponent;
    digits += c;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  return true;
}

void append_number(std::string& out, std::string_view number) {
  std::string digits;
  std::int64_t exponent = 0;
  if (is_plain(number) || !take_apart(number, digits, exponent)) {
    out += number;
    return;
  }
  if (digits.empty()) {
    out += '0';
    return;
  }
  if (number.front() == '-') out += '-';
  const auto count = static_cast<std::int64_t>(digits.size());
  out += digits;
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
