// What was written over both sides of a conflict.
#pragma once

#include <string>

#include "base/result.h"
#include "state/resolution.h"

namespace offsync {

// Whether the event of the side is the writer's.
bool same_event(const Side& side, const Writer& writer);

// bad_data `entity_deleted`, `written_since`: why a choice is refused, and what can be chosen.
Error deleted_after(const std::string& subject, const Conflict& conflict);
Error written_since(const std::string& subject, const Conflict& conflict, const Later& later);

}  // namespace offsync
