// Rows of a damaged replica that are found though the way to them is lost, and what is lost of the
// queue. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "sqlite/db.h"
#include "sqlite/found_rows.h"

namespace offsync {

// Each column by its place, behind the rowid.
void bind_row(sqlite::Statement& statement, const sqlite::FoundRow& row);

// Whether it is like a row of the queue; each column is put there by its place.
bool is_like_pending(const sqlite::FoundRow& row);
inline constexpr std::size_t kPendingColumns = 10;

// Their numbers.
struct Gathered {
  std::set<std::uint64_t> queue, former, events;
};

// Puts into the tables of `fresh`, which is attached to `db`, the rows of the queue, of the
// received log and of former logs that lie on pages as they were written, but for those that are
// there. `certain`: none that may have been deleted; where it cannot be told which pages are free,
// nothing then. Without it only those of the queue.
Result<Gathered> gather(sqlite::Db& db, bool certain);

struct LostEvents {
  std::vector<std::uint64_t> numbers;
  std::uint64_t more = 0;  // of which no number is known
  bool unknown = false;    // whether there are others nothing tells
};

// What the index of the queue, or else the state and the index of what was rejected, know of and
// `fresh` does not have. Those whose names are known get a row there, rejected as `unreadable`,
// without a line. `file` is that of `db`.
Result<LostEvents> note_lost(sqlite::Db& db, const std::string& file);

struct LostFormer {
  std::vector<std::string> names;  // "ID of SOURCE"
  bool unknown = false;
};

// The same of the events of logs that were replaced, by their index; they get no row.
Result<LostFormer> find_lost_former(sqlite::Db& db, const std::string& file);

}  // namespace offsync
