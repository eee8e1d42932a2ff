// Harms the bytes of a database as disks, copies and strangers do. One seed, one harm.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>

namespace offsync::test {

inline std::string read_bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(const std::string& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << bytes;
  if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

// What was done, in words. Precondition: `bytes` is a database of at least two pages.
inline std::string damage(std::string& bytes, std::uint64_t seed) {
  constexpr std::size_t kPage = 4096;
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const auto page = [&] { return below(bytes.size() / kPage) * kPage; };
  switch (seed % 9) {
    case 0: {  // a bit
      const std::size_t at = below(bytes.size());
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      return "a bit of byte " + std::to_string(at);
    }
    case 1: {  // several bytes of one page
      const std::size_t at = page();
      for (int i = 0; i < 20; ++i) bytes[at + below(kPage)] = static_cast<char>(random());
      return "bytes of the page at " + std::to_string(at);
    }
    case 2: {  // where a page says what it holds, and where
      const std::size_t at = page();
      for (std::size_t i = 0; i < 16; ++i) bytes[at + i] = static_cast<char>(random());
      return "the head of the page at " + std::to_string(at);
    }
    case 3: {
      const std::size_t at = page();
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), kPage, '\0');
      return "zeros at " + std::to_string(at);
    }
    case 4: {
      const std::size_t size = below(bytes.size());
      bytes.resize(size);
      return "cut to " + std::to_string(size);
    }
    case 5: {  // two pages in each other's place
      const std::size_t one = page();
      const std::size_t other = page();
      std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(one),
                       bytes.begin() + static_cast<std::ptrdiff_t>(one + kPage),
                       bytes.begin() + static_cast<std::ptrdiff_t>(other));
      return "pages at " + std::to_string(one) + " and " + std::to_string(other);
    }
    case 6: {  // the first page: the format, the schema
      const std::size_t at = below(kPage);
      bytes[at] = static_cast<char>(random());
      return "byte " + std::to_string(at) + " of the first page";
    }
    case 7: {  // letters of what is written in it
      for (int i = 0; i < 30; ++i) {
        const std::size_t at = below(bytes.size());
        if (bytes[at] >= '0' && bytes[at] <= 'z') bytes[at] = static_cast<char>('0' + below(70));
      }
      return "letters";
    }
    default: {  // an older copy of a page, or of another file
      const std::size_t at = page();
      for (std::size_t i = 0; i < kPage; ++i) bytes[at + i] = static_cast<char>(random());
      return "noise at " + std::to_string(at);
    }
  }
}

}  // namespace offsync::test
