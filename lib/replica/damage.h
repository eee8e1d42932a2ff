// Takes out of a replica what lies on pages that are not as they were written.
// Internal to lib/replica.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "replica/soundness.h"
#include "replica/store.h"

namespace offsync {

// Within a write transaction. What comes from the proxy again, or cannot be had again, goes; the
// queue stays, and whoever mends it looks at what is found of it. `mended` is told of each thing.
Result<Soundness> drop_damaged(ReplicaStore& store,
                               const std::function<void(std::string what)>& mended);

// The names of the log's events, all of which can be read, the places of consumers and the states
// of former events that cannot be. Within a write transaction, too. Such a consumer is as one whose
// log was replaced: it passes nothing over.
Status mend_marks(ReplicaStore& store, const std::function<void(std::string what)>& mended);

}  // namespace offsync
