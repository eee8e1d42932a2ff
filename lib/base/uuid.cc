#include "base/uuid.h"

namespace offsync {
namespace {

std::string text(std::uint64_t high, std::uint64_t low) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(36, '-');
  std::size_t at = 0;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) ++at;
    const std::uint64_t word = nibble < 16 ? high : low;
    out[at++] = kHex[(word >> (60 - 4 * (nibble % 16))) & 0xf];
  }
  return out;
}

std::string with_version(std::uint64_t version, std::uint64_t high, std::uint64_t low) {
  high = (high & ~0xf000ULL) | (version << 12);
  low = (low & 0x3fff'ffff'ffff'ffffULL) | 0x8000'0000'0000'0000ULL;
  return text(high, low);
}

}  // namespace

std::string uuid_v7(std::int64_t ms, Random& random) {
  const std::uint64_t time = static_cast<std::uint64_t>(ms) << 16;
  return with_version(7, time | (random.next() & 0xffff), random.next());
}

std::string uuid_v8(std::uint64_t high, std::uint64_t low) {
  return with_version(8, high, low);
}

}  // namespace offsync
