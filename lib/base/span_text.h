// Spans of time, as people say them.
#pragma once

#include <cstdint>
#include <string>

#include "base/counted.h"

namespace offsync {

// "1500 ms", "90 s", "5 min", "3 h", "12 days", "72 years": in the greatest unit of which there are
// two, rounded up; years to the nearest. `ms` is not negative.
inline std::string span_text(std::int64_t ms) {
  const auto of = [ms](std::int64_t unit) {
    return static_cast<std::uint64_t>(ms / unit + (ms % unit == 0 ? 0 : 1));
  };
  constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour, kYear = 31'556'952 * kSecond;
  if (ms < 2 * kSecond) return std::to_string(ms) + " ms";
  if (ms < 2 * kMinute) return std::to_string(of(kSecond)) + " s";
  if (ms < 2 * kHour) return std::to_string(of(kMinute)) + " min";
  if (ms < 2 * kDay) return std::to_string(of(kHour)) + " h";
  if (ms < 2 * kYear) return counted(of(kDay), "day");
  const std::int64_t more = ms % kYear >= kYear / 2 ? 1 : 0;
  return counted(static_cast<std::uint64_t>(ms / kYear + more), "year");
}

}  // namespace offsync
