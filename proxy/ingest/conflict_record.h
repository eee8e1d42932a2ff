// What stands in the record of a conflict.
#pragma once

#include <string>

#include "event/decoder.h"
#include "state/decision.h"

namespace offsync::proxy {

// The data of `record`, an event that has all else. It holds two values, and one level deeper than
// their events did: where that makes an event that no client could read, the longer value is left
// out (and said so in `conflict`), then both.
std::string readable_data(Decoder& decoder, EventView record, Conflict& conflict);

}  // namespace offsync::proxy
