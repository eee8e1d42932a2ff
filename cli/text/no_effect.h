// What of an event changes nothing, which is mostly a slip.
#pragma once

#include <string>
#include <vector>

#include "event/event.h"
#include "state/entity.h"

namespace offsync::cli {

// One sentence for each part of `event` without an effect, with what was probably meant. What
// depends on `before`, the visible state, is only looked at for `own` events: those of others may
// come in any order. A duplicate, and an event that just says that something happened, are no slip.
std::vector<std::string> without_effect(const EventView& event, bool own, const Entity& before);

}  // namespace offsync::cli
