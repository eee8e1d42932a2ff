// What a WAL consists of: sqlite.org/fileformat2.html#walformat. Internal to lib/sqlite.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sqlite/sealed_file.h"

namespace offsync::sqlite::wal {

inline constexpr int kHeader = 32, kFrameHeader = 24, kFrame = kFrameHeader + kPageBytes;
inline constexpr int kSaltAt = 16, kFrameSaltAt = 8;  // in the one and the other
inline constexpr std::size_t kSaltBytes = 8;

inline std::uint32_t big_endian(const char* at) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

// Where the frame of a number, from 1, begins.
inline std::int64_t place_of(std::uint32_t number) {
  return kHeader + static_cast<std::int64_t>(number - 1) * kFrame;
}

struct Sum {
  std::uint32_t first = 0, second = 0;
  friend bool operator==(const Sum&, const Sum&) = default;

  Sum add(const char* bytes, int count, bool big) const {
    Sum sum = *this;
    for (int at = 0; at < count; at += 8) {
      const auto word = [&](int place) {
        const std::uint32_t value = big_endian(bytes + place);
        return big ? value : __builtin_bswap32(value);
      };
      sum.first += word(at) + sum.second;
      sum.second += word(at + 4) + sum.first;
    }
    return sum;
  }
};

struct Header {
  std::array<char, kHeader> bytes{};
  // The order of the words that are added up.
  bool big() const { return (bytes[3] & 1) != 0; }
  Sum sum() const { return {big_endian(bytes.data() + 24), big_endian(bytes.data() + 28)}; }
  // What that should be.
  Sum made_sum() const { return Sum().add(bytes.data(), 24, big()); }
  bool valid() const {
    return (big_endian(bytes.data()) & ~1U) == 0x377f0682 && made_sum() == sum();
  }
  std::string_view salt() const { return {bytes.data() + kSaltAt, kSaltBytes}; }
};

struct Frame {
  std::array<char, kFrame> bytes{};
  bool repeats(const Frame& other) const {
    return std::equal(bytes.begin(), bytes.begin() + 16, other.bytes.begin()) &&
           std::equal(bytes.begin() + kFrameHeader, bytes.end(),
                      other.bytes.begin() + kFrameHeader);
  }
  std::string_view salt() const { return {bytes.data() + kFrameSaltAt, kSaltBytes}; }
  std::uint32_t page() const { return big_endian(bytes.data()); }
  // Of the database, in the last frame of a commit; in others 0.
  std::uint32_t pages() const { return big_endian(bytes.data() + 4); }
  bool commits() const { return pages() != 0; }
  Sum sum() const { return {big_endian(bytes.data() + 16), big_endian(bytes.data() + 20)}; }
  // What it should be behind a frame, or a header, with that one: it is of all that stands in
  // front.
  Sum sum_behind(Sum before, bool big) const {
    return before.add(bytes.data(), 8, big).add(bytes.data() + kFrameHeader, kPageBytes, big);
  }
};

}  // namespace offsync::sqlite::wal
