// Whether a store's file and the WAL that was found beside it are of one state. Internal to
// store/sqlite.
#pragma once

#include "base/result.h"
#include "proxy/store/sqlite/reader.h"
#include "sqlite/db.h"

namespace offsync::proxy {

// A file that was put back from a backup beside a newer WAL has what that brings, and not what was
// in the file before it began: then a log has other events than its head says. Reads the index of
// all events: to be asked where there is a WAL to recover, not at each start. Error: io `corrupt`.
Status check_belongs(sqlite::Db& db, LogReader& reader);

}  // namespace offsync::proxy
