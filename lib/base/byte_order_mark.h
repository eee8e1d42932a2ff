// The mark that some editors put in front of UTF-8, and text that is not UTF-8 at all.
#pragma once

#include <string_view>

namespace offsync {

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// `text` without one mark at its very start. Elsewhere it is a character like any other.
inline std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

// The encoding of a text that begins so, as iconv names it, where that is not UTF-8, else nothing.
// What offsync reads begins with an ASCII character or a mark (RFC 4627, 3).
inline std::string_view other_encoding(std::string_view start) {
  using std::literals::operator""sv;
  const auto zero = [&](std::size_t at) { return at < start.size() && start[at] == '\0'; };
  if (start.starts_with("\xff\xfe\0\0"sv) || start.starts_with("\0\0\xfe\xff"sv)) return "UTF-32";
  if (start.starts_with("\xff\xfe"sv) || start.starts_with("\xfe\xff"sv)) return "UTF-16";
  if (start.size() > 3 && zero(1) && zero(2) && zero(0) != zero(3)) {
    return zero(0) ? "UTF-32BE" : "UTF-32LE";
  }
  if (start.size() < 2 || zero(0) == zero(1)) return {};
  return zero(0) ? "UTF-16BE" : "UTF-16LE";
}

}  // namespace offsync
