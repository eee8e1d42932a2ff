// A cursor "epoch-sequence": a place in one incarnation of a space's log. Sequence 0 is before the
// first event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offsync {

struct Cursor {
  std::string epoch;  // [0-9a-z]{1,32}; made by the proxy, opaque to clients
  std::uint64_t sequence = 0;

  static std::optional<Cursor> parse(std::string_view text);
  std::string text() const;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

}  // namespace offsync
