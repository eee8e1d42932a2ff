// Reads a whole database file, as one that looks for damage does.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "sqlite/db.h"
#include "sqlite/file_report.h"

namespace offsync::sqlite {

// Told of each thing that is not as it must be, with its place.
using ProblemFn = std::function<void(const std::string& problem)>;

// Opens a file to look at it, of this program and of the newest format, and calls `look` within a
// transaction that reads. Others may write meanwhile. Beside a file that has no WAL nothing comes
// to be; where one is there afterwards, somebody has begun to write, and `look` is called again,
// to begin anew. Errors: as for a Db; of the format `not_ours`, `newer_format`, and `old_format`
// for one that has no seals yet (config); io `corrupt` where it had them.
using LookFn = std::function<Status(Db& db)>;
Status examine(const std::string& file, std::int32_t application_id,
               std::span<const Migration> steps, const LookFn& look);

// Every page of the file, those in use or not, and the WAL: whether all is as it was written. The
// file is not changed; others may write to it meanwhile. Errors: as for the Db.
Result<PagesRead> read_all_pages(Db& db, const ProblemFn& problem);

// How the pages hang together (tables, indexes).
void check_structure(Db& db, const ProblemFn& problem);

// Both, for a report; the second where all pages are as they were written. Errors: as for the Db.
Status examine_file(Db& db, FileReport& report);

}  // namespace offsync::sqlite
