#include "base/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/byte_order_mark.h"

// toml++ up to 3.4 asserts (and with NDEBUG lets the compiler assume) what a file may well break:
// "[[[", "x = [}". Right behind each such assertion it says what is wrong with the text. So it is
// compiled in here, without them; Debian's shared library has them.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace offsync {
namespace {

Error not_toml(const std::string& file, std::size_t line, std::string_view why) {
  return make_error(Errc::config, "not_toml",
                    fmt::format("{}:{}: this is not TOML: {}", file, line, why));
}

std::size_t line_at(std::string_view text, std::size_t at) {
  return static_cast<std::size_t>(std::count(text.begin(), text.begin() + at, '\n')) + 1;
}

constexpr char kPlane16 = '\xf4';

unsigned char byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}
bool is_tail(unsigned char byte) {
  return (byte & 0xc0U) == 0x80;
}

// The code point at `at` if it is one of two or three bytes, well formed; else 0.
unsigned short_code_point(std::string_view text, std::size_t at) {
  const unsigned char first = byte_at(text, at);
  const unsigned char second = byte_at(text, at + 1);
  const unsigned char third = byte_at(text, at + 2);
  if (first >= 0xc2 && first <= 0xdf && is_tail(second)) {
    return (first & 0x1fU) << 6U | (second & 0x3fU);
  }
  if ((first & 0xf0U) != 0xe0 || !is_tail(second) || !is_tail(third)) return 0;
  const unsigned point = (first & 0x0fU) << 12U | (second & 0x3fU) << 6U | (third & 0x3fU);
  return point < 0x800 || (point >= 0xd800 && point <= 0xdfff) ? 0 : point;
}

// toml++ runs into undefined behaviour when it asks whether U+00A1, say, is white space. Beyond
// U+FEFF it does not ask. So it gets U+0080 to U+FFFF as U+100080 to U+10FFFF, one for one; what is
// malformed stays as it is, for toml++ to refuse.
std::string lift(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const unsigned point = short_code_point(text, at);
    if (point == 0) {
      out += text[at++];
      continue;
    }
    out += kPlane16;
    for (const unsigned shift : {12U, 6U, 0U}) {
      out += static_cast<char>(0x80U | (point >> shift & 0x3fU));
    }
    at += point < 0x800 ? 2 : 3;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != kPlane16) {
      out += text[at];
      continue;
    }
    if (text.size() - at < 4) break;  // toml++ cut its own message
    unsigned point = 0;
    for (int i = 0; i < 3; ++i) point = point << 6U | (byte_at(text, ++at) & 0x3fU);
    if (point < 0x800) {
      out += static_cast<char>(0xc0U | point >> 6U);
    } else {
      out += static_cast<char>(0xe0U | point >> 12U);
      out += static_cast<char>(0x80U | (point >> 6U & 0x3fU));
    }
    out += static_cast<char>(0x80U | (point & 0x3fU));
  }
  return out;
}

// What toml++ cannot be given.
std::optional<Error> refused(std::string_view text, const std::string& file) {
  if (const auto at = std::min(text.find(kPlane16), text.find("\\U0010"));
      at != std::string_view::npos) {
    return not_toml(file, line_at(text, at), "it has a character beyond U+FFFFF");
  }
  // A table in a table for each dot of a key, and toml++ frees them by recursion.
  std::size_t dots = 0;
  const auto over = std::find_if(text.begin(), text.end(),
                                 [&](char c) { return c == '.' && ++dots > kTomlDots; });
  if (over == text.end()) return std::nullopt;
  return not_toml(file, line_at(text, static_cast<std::size_t>(over - text.begin())),
                  fmt::format("it has over {} dots", kTomlDots));
}

TomlValue value_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return lower(text->get());
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  const auto* array = node.as_array();
  if (array == nullptr) return TomlOther();
  std::vector<std::string> texts;
  for (const auto& element : *array) {
    const auto* text = element.as_string();
    if (text == nullptr) return TomlOther();
    texts.push_back(lower(text->get()));
  }
  return texts;
}

}  // namespace

Result<std::vector<TomlEntry>> parse_toml(std::string_view text, const std::string& file) {
  if (const auto encoding = other_encoding(text); !encoding.empty()) {
    return not_toml(file, 1, fmt::format("it is {}; save it as UTF-8", encoding));
  }
  text = without_byte_order_mark(text);
  if (auto error = refused(text, file)) return *std::move(error);
  try {
    const toml::table table = toml::parse(lift(text));
    std::vector<TomlEntry> entries;
    for (const auto& [key, node] : table) {
      entries.push_back({lower(key.str()), value_of(node), node.source().begin.line});
    }
    return entries;
  } catch (const toml::parse_error& error) {
    return not_toml(file, error.source().begin.line, lower(error.description()));
  }
}

}  // namespace offsync
