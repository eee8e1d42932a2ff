// An entity as it would be without a delete.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "state/resolution.h"

namespace offsync {

// Without the delete `gone`, nor what decided about it (events that cite one of `records`, the ids
// of its conflicts), nor other deletes of the same life of the entity: taking an edit undoes all
// that have hidden it. Nothing where the history does not have the delete.
Result<std::optional<Entity>> without_delete(const EntityHistory& history, const Side& gone,
                                             const std::set<std::string>& records);

}  // namespace offsync
