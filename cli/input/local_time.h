// Instants by a clock on the wall.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace offsync::cli {

// Of a time that stood on the clock twice, as it was put back.
enum class WallTime : std::uint8_t { first, second };

// Unix milliseconds of a day, or of a day and a time of it, in the time zone of this process:
// "2026-11-23", "2026-11-23 12:00", "2026-11-23T12:00:30.5". What no clock showed, as it was put
// forward, is the moment at which it was. Nothing where it is no such text, or before 1970.
std::optional<std::int64_t> local_time(std::string_view text, WallTime which);

}  // namespace offsync::cli
