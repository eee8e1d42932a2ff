// The exit code of a sync.
#pragma once

#include "sync/engine.h"

namespace offsync::cli {

// Whether anything was sent, or taken over, that a summary tells of.
bool did_something(const SyncReport& report);

//                                      nothing done   pushed, pulled or a snapshot taken
//   no error                           0              0
//   the proxy cannot be reached        69             75
//   the replica or the log was busy    75             75
//   any other                          by its kind, whatever was done before it
int sync_code(const SyncReport& report);

}  // namespace offsync::cli
