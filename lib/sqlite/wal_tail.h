// SQLite reads a WAL up to the first frame whose checksum is wrong, and takes what is behind it for
// what was never committed. So it must: the last commit may have been cut by a loss of power. But
// each commit is on the disk before the next one is written, so where a commit lies behind that
// frame, and another one goes on from it, it was damaged later, and what was promised would be lost
// without a word. So it is with a frame whose salts are not those of the others. What damage to the
// last commit did, and to the last frame of the one before together with it, a loss of power may
// do.
//
// Internal to lib/sqlite.
#pragma once

#include "base/result.h"

namespace offsync::sqlite {

class Db;

// Error: io `corrupt`. Other processes may write meanwhile.
Status check_wal_tail(Db& db);

}  // namespace offsync::sqlite
