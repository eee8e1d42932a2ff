// What a damaged WAL still holds of rows.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>

#include "base/result.h"
#include "sqlite/found_rows.h"

namespace offsync::sqlite {

struct WalRow {
  FoundRow row;
  // There may be a later version of its page, which cannot be read, or the page may be a free one:
  // the row may have been changed or deleted since.
  bool doubtful = false;
};

// Whether there are commits in the WAL beside a file that cannot be read for damage in front of
// them.
bool wal_is_damaged(const std::string& file);

// Calls `fn` for each row of tables, of as many columns as `wanted` names, that the commits in the
// WAL beside a file hold, wherever in it there is damage: of each page the latest version that is
// as it was written. What the WAL never had of a row's further pages, and of the list of free ones,
// is read from the file. Nothing where there is no WAL, or it cannot be read. Under the FileLock.
// Errors: of `fn`.
Status for_each_wal_row(const std::string& file, const std::set<std::size_t>& wanted,
                        const std::function<Status(const WalRow& row)>& fn);

}  // namespace offsync::sqlite
