// Internal to lib/sqlite.
#pragma once

#include <string>

struct sqlite3;
struct sqlite3_vfs;

namespace offsync::sqlite {

// The name of a VFS that is `base`, but for two things: a main database is a sealed file, and a WAL
// that exists and is not empty is opened without SQLITE_OPEN_CREATE. With that flag, SQLite syncs
// the folder at the first sync of each process, which doubles the price of one commit, and is
// needed only for who has made the file. Whoever made it and died before its sync has left a note
// (FileLock::doubtful), and secure() syncs the folder. Lives as long as the process; any thread.
std::string wal_vfs(sqlite3_vfs& base);

// Makes the WAL of a connection on such a VFS as durable as its maker would: with its name. Gives a
// code of SQLite's.
int sync_wal_and_folder(sqlite3* db);

}  // namespace offsync::sqlite
