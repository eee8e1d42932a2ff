// gzip and zstd for bodies. Decompression is bounded: a bomb costs no more than `limit`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync {

enum class Coding { identity, gzip, zstd };

std::string compress(std::string_view bytes, Coding coding);
// Errors: bad_data `too_large` over `limit` bytes, `bad_encoding` for damaged or cut input.
Result<std::string> decompress(std::string_view bytes, Coding coding, std::size_t limit);

}  // namespace offsync
