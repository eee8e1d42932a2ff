// A cursor "epoch-sequence": a place in one incarnation of a space's log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offsync {

// [0-9a-z]{1,32}; made by the proxy, opaque to clients.
bool is_epoch(std::string_view text);

// Sequence 0 is before the first event.
struct Cursor {
  std::string epoch;
  std::uint64_t sequence = 0;  // at most 2^63-1

  static std::optional<Cursor> parse(std::string_view text);
  std::string text() const;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

}  // namespace offsync
