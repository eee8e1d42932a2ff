// What a status of HTTP that is no 200 is to a client.
#pragma once

#include "base/result.h"

namespace offsync {

// auth, unreachable (the same request may fare better later) or protocol.
Errc kind_of_status(int status);

}  // namespace offsync
