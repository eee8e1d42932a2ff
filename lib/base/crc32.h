// CRC-32 (that of gzip), by zlib.
#pragma once

#include <cstdint>
#include <string_view>

namespace offsync {

// Goes on from `before`, the sum of what stands in front of `bytes`.
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

}  // namespace offsync
