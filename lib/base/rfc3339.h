// RFC 3339 times, as CloudEvents uses them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync {

// Milliseconds since 1970 UTC of "2026-11-23T12:00:00.123Z" (any offset, any number of fraction
// digits; what is finer than a millisecond is cut off). Nothing where it is no such time, or lies
// outside 1970..9999. All of a leap second, which can only be at 23:59:60 UTC, counts as the last
// millisecond of its minute.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

struct Rfc3339 {
  std::int64_t ms = 0;
  int leap_ms = -1;      // 0..999 within a leap second
  bool no_leap = false;  // ":60" where no leap second can be; `ms` as if there could
};
// The same, and takes what earlier versions took.
std::optional<Rfc3339> read_rfc3339(std::string_view text);

// Whether `ms`, by a machine's clock, is a time that can be written. Errors: config `bad_clock`.
Status check_wall_clock(std::int64_t ms);

// Always UTC with three fraction digits: "2026-11-23T12:00:00.123Z".
std::string format_rfc3339(std::int64_t ms);

}  // namespace offsync
