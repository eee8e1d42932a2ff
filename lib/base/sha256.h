// SHA-256 (FIPS 180-4), by libmd.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace offsync {

using Sha256 = std::array<std::uint8_t, 32>;

// Of the parts, one behind the other: nothing stands between them.
Sha256 sha256(std::initializer_list<std::string_view> parts);

}  // namespace offsync
