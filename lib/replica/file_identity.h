// Which file a replica is in. Internal to lib/replica.
#pragma once

#include <string>

namespace offsync {

// A copy of `file`, or one that was moved to another file system, has another one. Empty: it cannot
// be told. The device is no part of it, because its number may change when the machine starts.
std::string identity_of(const std::string& file);

}  // namespace offsync
