// What an event made of the field of a conflict.
#pragma once

#include <string>

#include "event/event.h"
#include "state/decision.h"

namespace offsync {

// Where the conflict is of one element of a set: what the event made of that element alone, which
// may be written otherwise (1 and 1.0 are one).
struct FieldWrites {
  const Op* last = nullptr;  // of the event; nullptr: it left the field alone
  // Of a set: the elements as they were written, in their order, with commas in between.
  std::string added, removed;
};
FieldWrites writes_of(const EventView& event, const Conflict& conflict);

}  // namespace offsync
