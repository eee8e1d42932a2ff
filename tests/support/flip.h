// Flips bytes of a file, one at a time, each undone before the next.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>

namespace offsync::test {

// `look(place)` is called with each of `count` bytes (and all of the file's header) changed; what
// it leaves in the WAL is thrown away. The file keeps its inode, by which a replica knows itself.
inline void flip_bytes(const std::string& file, int count, std::uint32_t seed,
                       const std::function<void(std::size_t place)>& look) {
  std::string sound;
  {
    std::ifstream in(file, std::ios::binary);
    sound.assign(std::istreambuf_iterator<char>(in), {});
  }
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

}  // namespace offsync::test
