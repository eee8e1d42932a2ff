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

// Whether the connection must not be trusted any more after `rc`.
bool breaks_connection(int rc);

}  // namespace offsync::sqlite
