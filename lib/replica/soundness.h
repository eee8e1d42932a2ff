// What of a damaged replica's file can be believed: which of its parts lie on pages that are as
// they were written. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "sqlite/db.h"

namespace offsync {

struct Soundness {
  std::vector<std::string> problems;  // none: all is as it was written
  bool newest = true;                 // no commit is lost with the WAL
  bool rows = true;  // of the queue and of former logs: each that there was can be read
  bool settings = true, base = true, log = true, state = true, consumers = true;
  // What is not, by its number: events of the queue, of logs that were replaced, and of the
  // received log. Where `log` is false there may be others of that, of which not even the number is
  // found.
  std::set<std::uint64_t> queue, former, events;
};

// The numbers of the rows that there are, as far as they can be read at all.
struct RowNumbers {
  std::vector<std::uint64_t> queue, former, events;
};

// Reads all of the file; what its first page says of the others is taken as it is. Under the
// replica's lock, so that nobody writes pages meanwhile.
Result<Soundness> look_for_damage(const std::string& file, const RowNumbers& rows);

// Whether every row that `sql` gives can be read, each on pages that are as they were written,
// where `db` forgives no others.
bool reads_all(sqlite::Db& db, const char* sql);

}  // namespace offsync
