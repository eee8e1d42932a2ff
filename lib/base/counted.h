// Numbers of things, as people say them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace offsync {

// "1 event", "2 events": with more than one of them other words may change, too.
inline std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  return std::to_string(n).append(" ").append(n == 1 ? one : many);
}
// The same where the many only have an s.
inline std::string counted(std::uint64_t n, std::string_view one) {
  return counted(n, one, std::string(one) + "s");
}

// Numbers in their order: "7, 694-704".
inline std::string ranges_of(const std::vector<std::uint64_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i;
    while (end + 1 < numbers.size() && numbers[end + 1] == numbers[end] + 1) ++end;
    text.append(text.empty() ? "" : ", ").append(std::to_string(numbers[i]));
    if (end > i) text.append("-").append(std::to_string(numbers[end]));
    i = end + 1;
  }
  return text;
}

}  // namespace offsync
