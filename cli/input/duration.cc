#include "cli/input/duration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace offsync::cli {
namespace {

std::int64_t unit_ms(char unit) {
  switch (unit) {
    case 's':
      return 1000;
    case 'm':
      return 60'000;
    case 'h':
      return 3'600'000;
    case 'd':
      return 86'400'000;
    case 'w':
      return 604'800'000;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  constexpr std::uint64_t kMost = 4'000'000'000;
  if (text.size() < 2) return {};
  const auto count = parse_number(text.substr(0, text.size() - 1));
  const std::int64_t unit = unit_ms(text.back());
  if (!count || *count > kMost || unit == 0) return {};
  return static_cast<std::int64_t>(*count) * unit;
}

std::optional<std::int64_t> parse_timeout_ms(std::string_view text) {
  constexpr double kMostSeconds = 1e9;
  if (const auto ms = parse_duration_ms(text)) {
    return *ms > 0 && static_cast<double>(*ms) < kMostSeconds * 1000 ? ms : std::nullopt;
  }
  const auto seconds = parse_number<double>(text);
  if (!seconds || !(*seconds > 0 && *seconds < kMostSeconds)) return {};
  return std::max<std::int64_t>(1, std::llround(*seconds * 1000));
}

std::string timeout(const std::string& text) {
  if (parse_timeout_ms(text)) return {};
  return fmt::format("'{}' is not a time above 0, in seconds or as 90s, 5m or 2h", text);
}

}  // namespace offsync::cli
