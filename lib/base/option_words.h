// What both programs say of an option that has too many values, or too few.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace offsync {

// `name` as it is written, "--listen"; `type` is the word for its value, `given` how many stand
// there.
inline std::string wrong_values(std::string_view name, std::string_view type, bool takes_one,
                                std::size_t given) {
  if (!takes_one) return fmt::format("{} takes no value", name);
  if (given > 1) return fmt::format("{} is given more than once", name);
  return fmt::format("{} needs a value: {} {}", name, name, type);
}

}  // namespace offsync
