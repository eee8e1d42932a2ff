// The epoch of a space: which incarnation of which log. No two spaces have the same, so that a
// cursor into one log is never taken for a place in another.
#pragma once

#include <string>
#include <string_view>

namespace offsync::proxy {

// `store` names the incarnation of the store that holds the log ([0-9a-z], 24 bytes at most).
std::string space_epoch(std::string_view store, std::string_view space);

}  // namespace offsync::proxy
