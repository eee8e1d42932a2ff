// Flips bytes of a file, one at a time, each undone before the next.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>

#include "base/result.h"
#include "support/catch.h"
#include "support/file_bytes.h"

namespace offsync::test {

// `look(place)` is called with each of `count` bytes (and all of the file's header) changed; what
// it leaves in the WAL is thrown away. The file keeps its inode, by which a replica knows itself.
inline void flip_bytes(const std::string& file, int count, std::uint32_t seed,
                       const std::function<void(std::size_t place)>& look) {
  const std::string sound = bytes_of(file);
  const auto put = [&](const std::string& bytes) {
    std::filesystem::resize_file(file, bytes.size());
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    out << bytes;
    out.close();
    std::filesystem::remove(file + "-wal");
    std::filesystem::remove(file + "-shm");
  };
  std::mt19937 random(seed);
  for (int i = 0; i < count + 100; ++i) {
    std::string bytes = sound;
    const std::size_t place = i < 100 ? static_cast<std::size_t>(i) : random() % sound.size();
    bytes[place] = static_cast<char>(bytes[place] ^ (1 + random() % 255));
    put(bytes);
    look(place);
  }
  put(sound);
}

// With each of these bytes changed `answers()`, a Result<std::string>, must be `right` or an error
// that names the file. How often it was an error. `before(place)` is called in front of it.
template <class Answers>
int refused_flips(const std::string& file, int count, std::uint32_t seed, const std::string& right,
                  Answers&& answers, const std::function<void(std::size_t)>& before = {}) {
  int refused = 0;
  flip_bytes(file, count, seed, [&](std::size_t place) {
    INFO("byte " << place);
    if (before) before(place);
    const auto got = answers();
    if (got) {
      REQUIRE(*got == right);
      return;
    }
    ++refused;
    INFO(got.error().code << ": " << got.error().message());
    REQUIRE((got.error().kind == Errc::io || got.error().kind == Errc::config));
    REQUIRE(got.error().detail.find(file) != std::string::npos);
  });
  const auto sound = answers();
  REQUIRE(sound);
  CHECK(*sound == right);
  return refused;
}

}  // namespace offsync::test
