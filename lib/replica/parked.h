// What waits in the queue as rejected or held, where a snapshot takes the place of the log that
// rejected it. The log that there is now may have it all the same: it was put back to a place from
// before, or the event came to it by another replica. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <string_view>

#include "replica/store.h"

namespace offsync::parked {

// Has the log asked about all of it, by Replica::doubtful(); or about this one.
Status ask_again(ReplicaWrite& write);
Status ask(ReplicaWrite& write, std::uint64_t n);
// The answer to that is of no interest any more.
Status forget(ReplicaStore& store, std::string_view source, std::string_view id);
Result<bool> is_asked(ReplicaStore& store, std::string_view source, std::string_view id);
// The log has an event of this name: what waits under it is queued as it is, so that the log says
// whether it is the same one.
Status queue_again(ReplicaWrite& write, std::string_view source, std::string_view id);
// When the log was asked about all: queues what is held behind nothing any more.
Status release(ReplicaWrite& write);

}  // namespace offsync::parked
