// The snapshot below the received log, which is kept in pieces. Internal to lib/replica.
#pragma once

#include <functional>

#include "replica/store.h"

namespace offsync {

// Calls fn(line) for the lines of the pieces whose mark is `staged` (0: the installed ones), in
// order, until it says false or fails.
using BaseLineFn = std::function<Result<bool>(std::string_view line)>;
Status for_each_base_line(ReplicaStore& store, std::int64_t staged, const BaseLineFn& fn);

// Runs a statement without parameters or results; `sql` must be a literal.
Status run(ReplicaStore& store, const char* sql);

// Folds a pending event that was not rejected into the visible state of its entity.
Status overlay_pending(ReplicaWrite& write, std::string_view line, bool held);

}  // namespace offsync
