// Whether a file is a database of another program, as far as can be seen without opening it.
// Internal to store/sqlite.
#pragma once

#include <string>

#include "base/result.h"

namespace offsync::proxy {

// Error config `not_ours`. SQLite would make files beside it, as it would beside ours, and so would
// our locks. Where the header leaves a doubt (no tables yet, pages with seals, a damage), it is ok:
// who opens it sees more.
Status not_foreign(const std::string& file);

}  // namespace offsync::proxy
