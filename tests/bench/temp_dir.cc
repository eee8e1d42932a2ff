#include "bench/temp_dir.h"

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "bench/failure.h"

namespace offsync::bench {
namespace {

constexpr decltype(statfs::f_type) kTmpfs = 0x01021994;

// The line of `text` around byte `at`, at most 200 bytes of it.
std::string line_at(const std::string& text, std::size_t at) {
  if (at >= text.size()) return "(the end)";
  const std::size_t newline = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
  return text.substr(begin, std::min<std::size_t>(text.find('\n', at) - begin, 200));
}

}  // namespace

TempDir::TempDir(const std::string& parent) : path_(parent + "/offsync-bench-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) {
    throw Failure("cannot make a folder in " + parent + ": " + std::strerror(errno));
  }
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string text(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  if (!file.seekg(0).read(text.data(), static_cast<std::streamsize>(text.size()))) {
    throw Failure("cannot read " + path);
  }
  return text;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  if (!file.write(text.data(), static_cast<std::streamsize>(text.size())).flush()) {
    throw Failure("cannot write " + path);
  }
}

void expect_same(const std::string& what, const std::string& expected, const std::string& got) {
  if (expected == got) return;
  const auto [wanted, other] =
      std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
  const auto at = static_cast<std::size_t>(wanted - expected.begin());
  throw Failure(what + " is not as it must be, from byte " + std::to_string(at) +
                " on; expected: " + line_at(expected, at) + "; got: " + line_at(got, at));
}

void settle_disk(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ::syncfs(fd) != 0) throw Failure("cannot sync " + path);
  ::close(fd);
}

bool in_memory(const std::string& path) {
  struct statfs info = {};
  return ::statfs(path.c_str(), &info) == 0 && info.f_type == kTmpfs;
}

}  // namespace offsync::bench
