#include "fuzz/check.h"

#include <cstdio>
#include <cstdlib>

namespace offsync::fuzz {

std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

void require(bool holds, std::string_view property, std::string_view about) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: does not hold: %.*s\n", static_cast<int>(property.size()),
               property.data());
  if (!about.empty()) {
    std::fprintf(stderr, "fuzz: on: %.*s\n", static_cast<int>(about.size()), about.data());
  }
  std::abort();
}

std::uint8_t Choices::byte() {
  if (rest_.empty()) return 0;
  const auto value = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return value;
}

std::uint32_t Choices::below(std::uint32_t bound) {
  const std::uint32_t high = byte();
  return (high << 8 | byte()) % bound;
}

std::string_view Choices::line() {
  const std::string_view line = rest_.substr(0, rest_.find('\n'));
  rest_.remove_prefix(line.size() + (line.size() < rest_.size() ? 1 : 0));
  return line;
}

}  // namespace offsync::fuzz
