// RFC 3339 times, as CloudEvents uses them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offsync {

// Milliseconds since 1970 UTC of "2026-11-23T12:00:00.123Z" (any offset, any number of fraction
// digits; what is finer than a millisecond is cut off). Nothing where it is no such time, or lies
// outside 1970..9999. A leap second counts as the second before it.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

// Always UTC with three fraction digits: "2026-11-23T12:00:00.123Z".
std::string format_rfc3339(std::int64_t ms);

}  // namespace offsync
