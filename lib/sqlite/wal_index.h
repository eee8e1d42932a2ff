// What all processes that have a database open know of its WAL, by the memory that they share.
// Internal to lib/sqlite.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sqlite/db.h"

struct sqlite3_file;

namespace offsync::sqlite {

// The main database of the connection, as its VFS has it: one that is open, as each Db has.
sqlite3_file* file_of(Db& db);

// Whether the file can have such memory: else nobody else writes.
bool has_wal_index(sqlite3_file* file);

struct WalIndex {
  std::uint32_t last_frame = 0;    // of the last commit that is told of
  std::uint32_t copied = 0;        // frames up to there are in the file
  std::uint32_t being_copied = 0;  // up to there they are, or somebody copies them
  std::uint32_t use = 0;           // another one each time that the WAL was begun anew
  std::array<char, 8> salts{};     // as in the WAL; `use` is their beginning
};
// Nothing where it cannot be seen.
std::optional<WalIndex> wal_index_of(sqlite3_file* file);

}  // namespace offsync::sqlite
