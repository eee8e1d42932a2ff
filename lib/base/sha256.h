// SHA-256 (FIPS 180-4), by libmd.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace offsync {

using Sha256 = std::array<std::uint8_t, 32>;

// Of the parts, one behind the other: nothing stands between them.
Sha256 sha256(std::initializer_list<std::string_view> parts);

// The first `bytes` of it (32 at most) in hexadecimal digits, a to f small.
std::string hex_of(const Sha256& digest, std::size_t bytes);

}  // namespace offsync
