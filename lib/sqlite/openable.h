// Internal to lib/sqlite.
#pragma once

#include <string>

#include "base/result.h"
#include "sqlite/db.h"

namespace offsync::sqlite {

// Whether SQLite may be let at a file of the system's; it would wait for what is no file, take an
// empty or a missing one for a new one and delete the WAL beside it, and write to one that has two
// names by two WALs. Errors: config `not_a_file`, of what it keeps beside it, too, and `hard_link`;
// io `wal_alone`.
Status must_be_openable(const std::string& name, const OpenOptions& options);

}  // namespace offsync::sqlite
