// The task `compact`: the log of a space forgets its oldest events, as the operator says.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "proxy/ops/config.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

// Does it, or with `task.dry_run` only looks; what is, or would be, for people: a line. `now_ms`:
// since 1970. What is left: states, open conflicts, and of each event that it was there.
// Errors: no_input `no_space`; those of the store.
Result<std::string> compact_log(LogStore& store, const CompactTask& task, std::int64_t now_ms);

}  // namespace offsync::proxy
