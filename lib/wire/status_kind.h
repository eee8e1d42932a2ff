// What a status of HTTP that is no 200 is to a client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync {

// auth, unreachable (the same request may fare better later) or protocol.
Errc kind_of_status(int status);

// When to try again after a refusal that is `unreachable`: as its Retry-After asks (`asked_ms`), or
// later; nothing where `detail`, what the proxy says of it, has that already.
std::string retry_hint(std::optional<std::int64_t> asked_ms, std::string_view detail);

}  // namespace offsync
