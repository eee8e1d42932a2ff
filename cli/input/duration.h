// Lengths of time, as they are typed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offsync::cli {

// "90s", "10m", "2h", "3d", "1w" in ms; nothing where it is none, or longer than a century.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);

// The same, and seconds without a unit, which may have a fraction: "1.5". Above 0.
std::optional<std::int64_t> parse_timeout_ms(std::string_view text);
// For option->check(): what is wrong with a value that is no timeout.
std::string timeout(const std::string& text);

}  // namespace offsync::cli
