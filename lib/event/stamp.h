// Stamp: the hybrid logical clock value of a write (Kulkarni et al., "Logical Physical Clocks",
// 2014), as text "<12 hex ms>-<4 hex counter>-<16 hex node>", 34 bytes, sorting as text does.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offsync {

struct Stamp {
  std::uint64_t time = 0;  // milliseconds << 16 | counter
  std::uint64_t node = 0;

  static constexpr std::size_t kTextBytes = 34;

  static Stamp make(std::int64_t ms, std::uint16_t counter, std::uint64_t node) {
    return {static_cast<std::uint64_t>(ms) << 16 | counter, node};
  }
  // Exactly the form above in lower case; anything else is nothing.
  static std::optional<Stamp> parse(std::string_view text);

  std::int64_t ms() const { return static_cast<std::int64_t>(time >> 16); }
  std::uint16_t counter() const { return static_cast<std::uint16_t>(time & 0xffff); }
  std::string text() const;
  void append_to(std::string& out) const;

  // The stamp that no write bears and every write exceeds.
  bool none() const { return time == 0 && node == 0; }

  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

// "%016x", as a node is printed.
std::string node_text(std::uint64_t node);
std::optional<std::uint64_t> parse_node(std::string_view text);

// The node of a writer that has no clock of ours: the first 64 bits of SHA-256(source).
std::uint64_t foreign_node(std::string_view source);

}  // namespace offsync
