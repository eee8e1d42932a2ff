// A sync, for the commands that need one.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "sync/engine.h"

namespace offsync::cli {

// Pushes, pulls, and shows progress on a terminal. Why it ended early is in the report; errors are
// those that came before it began. Precondition: context.network is set.
Result<SyncReport> sync_once(Context& context, const Settings& settings, Replica& replica,
                             bool push, bool pull);

// "2 rejected, 2 held wait for you: offsync queue"; empty where nothing waits.
std::string waiting_text(const QueueCounts& counts);

// Says that the replica goes on under this source, SyncReport::renamed.
std::string renamed_text(const std::string& source);

}  // namespace offsync::cli
