// Rows found by looking at every page, for where the way to them from the root of their table is
// lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sqlite/db.h"

namespace offsync::sqlite {

struct FoundValue {
  enum class Kind { null, integer, text, other };
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  std::string text;
};

struct FoundRow {
  std::int64_t rowid = 0;  // the column that is its alias is null
  std::vector<FoundValue> columns;
};

// Calls `fn` for each row of tables (not of those without a rowid) that lies, all of it, on pages
// which are as they were written, as of the last commit that can be read; of which table it is, it
// does not say. Only rows of as many columns as `wanted` names. Rows on pages that are free are
// none: false where it cannot be told which are, so that there may be rows that were deleted. Under
// the FileLock, of a Db that forgives all and has read before. Errors: of `fn`.
Result<bool> for_each_found_row(Db& db, const std::set<std::size_t>& wanted,
                                const std::function<Status(const FoundRow& row)>& fn);

}  // namespace offsync::sqlite
