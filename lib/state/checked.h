// Whether an entity is one that check_fit() (state/decision.h) has let become so.
#pragma once

#include <string_view>

#include "base/result.h"
#include "state/entity.h"

namespace offsync {

// It was written to, has at most limits::kFieldsPerEntity fields, and each in one kind. (How many
// entries there may be, earlier versions did not ask.) Errors: bad_data `malformed`.
Status check_checked(std::string_view subject, const Entity& entity);

}  // namespace offsync
