// Whether a WAL goes on from the file that it was found beside. The first page of a file has a mark
// of the WAL that was last copied into it, and of how much of that; who begins a WAL begins it with
// the first page, as it was read, and so with that mark. A file and a WAL belong together where the
// file has the WAL's mark, or the WAL begins with the file's, or is one of the next, which a
// connection began that has the first page from before. Not so a WAL of another file, nor an older
// one of the same, nor a newer one beside a file that was put back; of the latter it cannot be told
// where a connection began it that has long been open.
//
// Where there is no mark (of an older version's file, a VACUUM INTO, a WAL that another program
// began), nothing is known.
//
// Internal to lib/sqlite.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "sqlite/wal_index.h"

namespace offsync::sqlite {

class Db;

// Of the bytes that SQLite keeps "for expansion" in the header, behind the mark of a whole file.
inline constexpr std::size_t kWalMarkAt = 80, kWalMarkBytes = 12;

// Into a first page that is copied out of the WAL which `index` is of.
void put_wal_mark(char* first_page, const WalIndex& index);

// Other processes may write meanwhile. Errors: as for the Db.
Result<bool> wal_fits(Db& db);
// Error: io `corrupt` where it does not.
Status check_wal_fits(Db& db);

}  // namespace offsync::sqlite
