// The id of a line that need be no event, for whoever says of it why it is none.
#pragma once

#include <string>
#include <string_view>

namespace offsync {

// The member `id` of a JSON object by check_json() (event/json_check.h), whatever else is wrong
// with that as an event. Empty where it has none or several, where that is no string of at most
// limits::kIdBytes, and where the line is over limits::kLineBytes.
std::string id_in(std::string_view line);

}  // namespace offsync
