// How old an answer is that the replica gives in the proxy's place.
#pragma once

#include <cstdint>
#include <string>

namespace offsync::cli {

// "just now" (less than a minute), "5 min ago", "3 h ago", "12 days ago"; of a time to come, which
// a clock that was set back makes, "just now", too.
std::string age_text(std::int64_t then_ms, std::int64_t now_ms);
// "2026-11-27 12:00:00Z, 5 min ago" (`local`: in the time of this place), or "never" where `ms` is
// 0.
std::string dated_text(std::int64_t ms, std::int64_t now_ms, bool local = false);

}  // namespace offsync::cli
