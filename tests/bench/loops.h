// Bare SQLite loops: what is possible for a program that stores events of this size durably and
// does nothing else. They parse nothing and check nothing, but keep the same number of bytes an
// event, in the same number of commits, in WAL with synchronous=FULL, and close with a checkpoint.
#pragma once

#include <cstddef>
#include <string>

#include "bench/generate.h"

namespace offsync::bench {

inline constexpr int kCommitEvents = 1000;

// How many bytes offsync keeps, so that the loops keep as many.
struct Stored {
  std::size_t line = 0;    // of an event's line
  std::size_t entity = 0;  // of an entity's record
};
// The means of the replica in `file`, and how many events it has queued.
Stored stored_in(const std::string& file, std::size_t& queued);

// What one would write at first: an event table with text ids (UUIDv7) and its line, two field rows
// and a queue row an event, SQLite's defaults. Returns the seconds, from the open of an existing
// database in `file` until it is closed.
double naive_loop(const std::string& file, const Events& events, Stored stored);

// What one would write at last: 16-byte ids, WITHOUT ROWID, one row an event; one row an entity
// under an integer key; the queue is a cursor; a cache of 128 MB and rare checkpoints.
double lean_loop(const std::string& file, const Events& events, Stored stored);

}  // namespace offsync::bench
