// Which format a file is of by the tables that it has, where its header says something else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "sqlite/db.h"

namespace offsync::sqlite {

// The number of the first step behind which there are just these of our tables, columns and
// indexes; 0: there is none, or one of them is missing.
Result<std::size_t> format_by_tables(Db& db, std::span<const Migration> steps);

// Writes into the header what the tables say, where they say something. True where that was
// something else. Under the FileLock.
Result<bool> mend_format(Db& db, std::int32_t application_id, std::span<const Migration> steps);

}  // namespace offsync::sqlite
