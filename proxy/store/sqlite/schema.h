// The tables of the embedded store, and how keys are packed in them. Internal to store/sqlite.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sqlite/db.h"

namespace offsync::proxy {

inline constexpr std::int32_t kLogApplicationId = 0x6f66736c;  // "ofsl"

std::span<const sqlite::Migration> log_migrations();

// An event's key is one integer, (space id << 40 | sequence): a table by integer keys is the
// leanest that SQLite has, and each space's events are neighbours in it.
inline constexpr int kSequenceBits = 40;
inline constexpr std::uint64_t kMaxSequence = (1ULL << kSequenceBits) - 1;
inline constexpr std::int64_t kMaxSpaceId = (1LL << (62 - kSequenceBits)) - 1;

constexpr std::int64_t key_of(std::int64_t space_id, std::uint64_t sequence) {
  return space_id << kSequenceBits | static_cast<std::int64_t>(sequence);
}
constexpr std::uint64_t sequence_of(std::int64_t key) {
  return static_cast<std::uint64_t>(key) & kMaxSequence;
}

// Ids as they are stored: a UUID in lower case as its 16 bytes, any other text as it is; a byte in
// front tells them apart. UUIDs make up most of the index, which is the part that must stay cached.
std::string pack_id(std::string_view id);
std::string unpack_id(std::string_view packed);

}  // namespace offsync::proxy
