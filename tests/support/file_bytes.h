// Database files as bytes.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace offsync::test {

inline std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What a WAL beside it held is gone with the bytes of before.
inline void put_bytes(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
  std::filesystem::remove(file + "-wal");
  std::filesystem::remove(file + "-shm");
}

}  // namespace offsync::test
