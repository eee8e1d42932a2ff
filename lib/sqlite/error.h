// From SQLite's result codes to ours. Internal to lib/sqlite.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;

namespace offsync::sqlite {

// What `rc` (an extended result code) means. `doing` starts the sentence: "cannot write to". `file`
// is for a connection that does not know its own, as it could not be opened.
Error error_of(sqlite3* db, int rc, std::string_view doing, const std::string& file = {});
// The same where there is no connection (yet) to ask for a message.
Error error_of_file(const std::string& file, int rc, std::string_view doing, std::string_view why);

// Whether a file could not be written because it may not grow so far (ulimit -f, or a file system
// with such a limit).
bool beyond_file_limit(sqlite3* db, int rc);
// What that means: a full disk, and what can be done.
Error error_of_limit(const std::string& file, std::string_view doing);
// The same as error_of() for SQL of ours that SQLite does not take: as our tests know it to be
// right, the file has not the tables that it should have.
Error error_of_sql(sqlite3* db, int rc);

// Whether the connection must not be trusted any more after `rc`.
bool breaks_connection(int rc);

}  // namespace offsync::sqlite
