#include "cli/text/age.h"

#include <fmt/format.h>

#include "cli/text/event_text.h"

namespace offsync::cli {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
constexpr std::int64_t kDayMs = 24 * kHourMs;

}  // namespace

std::string age_text(std::int64_t then_ms, std::int64_t now_ms) {
  const std::int64_t age = now_ms - then_ms;
  if (age < kMinuteMs) return "just now";
  if (age < kHourMs) return fmt::format("{} min ago", age / kMinuteMs);
  if (age < 2 * kDayMs) return fmt::format("{} h ago", age / kHourMs);
  return fmt::format("{} days ago", age / kDayMs);
}

std::string dated_text(std::int64_t ms, std::int64_t now_ms, bool local) {
  if (ms == 0) return time_text(ms, local);
  return fmt::format("{}, {}", time_text(ms, local), age_text(ms, now_ms));
}

}  // namespace offsync::cli
