// What one side of a conflict made of its field, as a draft that makes it again.
#pragma once

#include "base/result.h"
#include "event/draft.h"
#include "state/decision.h"

namespace offsync {

// Has `draft` give the field of `conflict`, which is `field` now (nullptr: there is none), what
// `side` gave it. Errors: bad_data `kind_mismatch` where the value does not fit, `bad_number` where
// it is more than one increment of a counter can be.
Status give(EventDraft& draft, const Conflict& conflict, const Side& side, const Field* field);

// The side whose value the record had no room for, as its event has it. Precondition: the conflict
// is not of one element.
Side side_in(const EventView& event, const Conflict& conflict, Side side);

}  // namespace offsync
