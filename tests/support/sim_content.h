// The bytes of a file, in chunks that copies share until one of them writes. Internal to sim_disk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace offsync::test {

class SimContent {
 public:
  static constexpr std::size_t kChunk = 4096;

  std::uint64_t size() const { return size_; }
  // How many of the bytes are there; the rest of `to` is left alone.
  std::size_t read(char* to, std::size_t count, std::uint64_t at) const;
  void write(const char* from, std::size_t count, std::uint64_t at);
  void resize(std::uint64_t size);  // what is new is zero
  // Takes over the chunks of `other` that hold any of these bytes. Both have the same size.
  void adopt(const SimContent& other, std::uint64_t at, std::size_t count);
  std::uint64_t hash(std::uint64_t start) const;

 private:
  using Chunk = std::array<char, kChunk>;
  Chunk& own(std::size_t at);

  // Missing: zeros. Bytes behind the end are zero in the last one.
  std::vector<std::shared_ptr<Chunk>> chunks_;
  std::uint64_t size_ = 0;
};

// Of 64 bits, well mixed (SplitMix64).
std::uint64_t sim_mix(std::uint64_t value);

}  // namespace offsync::test
