// Internal: TOML as far as the settings of both programs need it; the only user of toml++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace offsync {

// In a file. Tables nest no deeper, so neither does what frees them.
inline constexpr std::size_t kTomlDots = 4096;

// A value that no setting has: a table, a date, a boolean, an array of anything but strings.
struct TomlOther {};
using TomlValue =
    std::variant<TomlOther, std::string, std::int64_t, double, std::vector<std::string>>;

struct TomlEntry {
  std::string key;
  TomlValue value;
  unsigned line = 0;
};

// The entries of the top level; `file` is only named. Whatever the bytes are, this is an answer or
// an error: config `not_toml` with file and line.
Result<std::vector<TomlEntry>> parse_toml(std::string_view text, const std::string& file);

}  // namespace offsync
