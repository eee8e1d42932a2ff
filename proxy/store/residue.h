// The residue of an event: what a log store keeps of one that was compacted, beside its id, so that
// a copy that comes late is still known for what it is.
#pragma once

#include <string>
#include <string_view>

#include "event/event.h"

namespace offsync::proxy {

// Of an event's line as it stands in the log. 16 bytes of the SHA-256 of its content; another 16
// of its content as it was without a time, where the proxy may have given it the time.
std::string residue_of(std::string_view line);

// Whether the event of `residue` had the content of `incoming`.
bool is_residue_of(const EventView& incoming, std::string_view residue);

// Whether the event may have come without a time, and was given one by who took it first.
bool has_given_time(const EventView& event);

// Whether both are the same event. One that came without time and stamp is compared as if it had
// those that it was given when it was taken.
bool same_event(EventView incoming, const EventView& stored);

}  // namespace offsync::proxy
