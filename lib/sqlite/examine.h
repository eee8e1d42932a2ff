// Reads a whole database file, as one that looks for damage does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "sqlite/db.h"

namespace offsync::sqlite {

// Told of each thing that is not as it must be, with its place.
using ProblemFn = std::function<void(const std::string& problem)>;

struct PagesRead {
  std::uint64_t pages = 0;
  // Written by SQLite's own tools, a backup for instance: nobody can know whether they are as they
  // were written. Each gets its seal when it is next written by us.
  std::uint64_t unsealed = 0;
};

// Every page of the file, those in use or not, and the WAL: whether all is as it was written. The
// file is not changed; others may write to it meanwhile. Errors: as for the Db.
Result<PagesRead> read_all_pages(Db& db, const ProblemFn& problem);

// How the pages hang together (tables, indexes).
void check_structure(Db& db, const ProblemFn& problem);

// The format of a file that is to be examined. Errors: config `not_ours`, `newer_format`, and
// `old_format` for one that has no seals yet; io `corrupt` where it had them.
Status check_format(Db& db, std::int32_t application_id, std::size_t newest);

}  // namespace offsync::sqlite
