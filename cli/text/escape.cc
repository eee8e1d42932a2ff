#include "cli/text/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "cli/text/characters.h"

namespace offsync::cli {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: no UTF-8
};

// The code point at the start of `text`: shortest form only, no surrogates.
CodePoint read(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
  std::uint32_t value = first & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (at(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[bytes] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
  return {value, bytes};
}

// So many marks may stand on one character; what nobody could read fills lines above and below it.
constexpr int kMarksOnOne = 8;

// Whether the next characters of a text are escaped.
class Judge {
 public:
  bool escapes(std::uint32_t c) {
    if (is_hidden(c)) {
      marks_ = 0;
      return true;
    }
    marks_ = is_mark(c) ? marks_ + 1 : 0;
    if (marks_ <= kMarksOnOne) return false;
    marks_ = 0;
    return true;
  }

 private:
  int marks_ = 0;
};

void append_hex(std::string& out, std::uint32_t value, int least_digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  while (value != 0 || least_digits > 0) {
    digits.insert(digits.begin(), kDigits[value & 15]);
    value >>= 4;
    --least_digits;
  }
  out += digits;
}

void append_escape(std::string& out, std::uint32_t c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (c < 0x80) {
    out += "\\x";
    append_hex(out, c, 2);
  } else {
    out += "\\u{";
    append_hex(out, c, 2);
    out += '}';
  }
}

// Columns of one code point: the blocks that terminals draw wide or not at all.
std::size_t width_of(std::uint32_t c) {
  if (is_mark(c)) return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0x303e) ||
                    (c >= 0x3041 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                    (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) ||
                    (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) ||
                    (c >= 0x1f300 && c <= 0x1f64f) || (c >= 0x1f680 && c <= 0x1f6ff) ||
                    (c >= 0x1f900 && c <= 0x1f9ff) || (c >= 0x20000 && c <= 0x3fffd);
  return wide ? 2 : 1;
}

}  // namespace

std::string escape_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  Judge judge;
  while (!text.empty()) {
    const CodePoint c = read(text);
    if (c.bytes == 0) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(text[0]), 2);
    } else if (judge.escapes(c.value)) {
      append_escape(out, c.value);
    } else {
      out += text.substr(0, c.bytes);
    }
    text.remove_prefix(std::max<std::size_t>(c.bytes, 1));
  }
  return out;
}

std::string escape_json(std::string_view json) {
  std::string out;
  const auto append_unit = [&](std::uint32_t unit) {
    out += "\\u";
    append_hex(out, unit, 4);
  };
  Judge judge;
  while (!json.empty()) {
    const CodePoint c = read(json);
    if (c.bytes == 0 || c.value == '\n' || !judge.escapes(c.value)) {  // newlines are between lines
      out += json.substr(0, std::max<std::size_t>(c.bytes, 1));
    } else if (c.value < 0x10000) {
      append_unit(c.value);
    } else {
      append_unit(0xd800 + ((c.value - 0x10000) >> 10));
      append_unit(0xdc00 + (c.value & 0x3ff));
    }
    json.remove_prefix(std::max<std::size_t>(c.bytes, 1));
  }
  return out;
}

std::size_t display_width(std::string_view escaped) {
  std::size_t columns = 0;
  while (!escaped.empty()) {
    const CodePoint c = read(escaped);
    columns += c.bytes == 0 ? 1 : width_of(c.value);
    escaped.remove_prefix(std::max<std::size_t>(c.bytes, 1));
  }
  return columns;
}

std::string clip(std::string_view escaped, std::size_t columns) {
  if (display_width(escaped) <= columns) return std::string(escaped);
  std::size_t used = 0;
  std::size_t end = 0;
  while (end < escaped.size()) {
    const CodePoint c = read(escaped.substr(end));
    const std::size_t width = c.bytes == 0 ? 1 : width_of(c.value);
    if (used + width + 1 > columns) break;
    used += width;
    end += std::max<std::size_t>(c.bytes, 1);
  }
  return std::string(escaped.substr(0, end)) + (columns > 0 ? "…" : "");
}

std::string pad(std::string escaped, std::size_t columns) {
  const std::size_t width = display_width(escaped);
  if (width < columns) escaped.append(columns - width, ' ');
  return escaped;
}

}  // namespace offsync::cli
