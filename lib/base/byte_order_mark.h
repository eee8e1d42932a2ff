// The mark that some editors put in front of UTF-8.
#pragma once

#include <string_view>

namespace offsync {

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// `text` without one mark at its very start. Elsewhere it is a character like any other.
inline std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

}  // namespace offsync
