// Numbers of things, as people say them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace offsync {

// "1 event", "2 events": with more than one of them other words may change, too.
inline std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  return std::to_string(n).append(" ").append(n == 1 ? one : many);
}
// The same where the many only have an s.
inline std::string counted(std::uint64_t n, std::string_view one) {
  return counted(n, one, std::string(one) + "s");
}

}  // namespace offsync
