// UUIDs as lower-case text (RFC 9562).
#pragma once

#include <cstdint>
#include <string>

#include "base/ports.h"

namespace offsync {

// Version 7: 48 bits of milliseconds, then 74 random bits; sorts by time.
std::string uuid_v7(std::int64_t ms, Random& random);

// Version 8 around 128 given bits (122 of them are kept), e.g. of a digest.
std::string uuid_v8(std::uint64_t high, std::uint64_t low);

}  // namespace offsync
