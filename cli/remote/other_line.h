// Whether a log is another one than the replica follows, though it has its epoch and is as long.
#pragma once

#include "cli/remote/remote.h"
#include "replica/replica.h"

namespace offsync::cli {

// Asks with what the replica has at `at`. A replica that has nothing but a snapshot has no line to
// ask about: false. Errors: those of Remote::events, but for `cursor_expired`, which is true.
Result<bool> has_other_line(Remote& remote, Replica& replica, const Cursor& at);

}  // namespace offsync::cli
