#include "base/glob.h"

#include <cstddef>

namespace offsync {
namespace {

// The length of the character at the start of `text`: one code point, or one byte of what is none.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (want > text.size()) return 1;
  for (std::size_t i = 1; i < want; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 1;
  }
  return want;
}

// A backslash that takes the special character behind it as it is.
bool is_escape(std::string_view pattern, std::size_t at) {
  if (pattern[at] != '\\' || at + 1 == pattern.size()) return false;
  const char next = pattern[at + 1];
  return next == '*' || next == '?' || next == '\\';
}

}  // namespace

// Greedy: it is enough to go back to the last star, because whatever an earlier star could take,
// the last one can take as well.
bool glob_match(std::string_view pattern, std::string_view text) {
  constexpr auto kNone = std::string_view::npos;
  std::size_t p = 0, t = 0;
  std::size_t star = kNone, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += character_bytes(text.substr(t));
      continue;
    }
    const bool escaped = is_escape(pattern, p);
    if (p < pattern.size() && pattern[escaped ? p + 1 : p] == text[t]) {
      p += escaped ? 2 : 1;
      ++t;
      continue;
    }
    if (star == kNone) return false;
    p = star + 1;
    star_text += character_bytes(text.substr(star_text));
    t = star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<std::string> glob_literal(std::string_view pattern) {
  std::string text;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    if (pattern[p] == '*' || pattern[p] == '?') return std::nullopt;
    if (is_escape(pattern, p)) ++p;
    text += pattern[p];
  }
  return text;
}

}  // namespace offsync
