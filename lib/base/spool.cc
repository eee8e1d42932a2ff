#include "base/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/system_error.h"

namespace offsync {
namespace {

constexpr std::size_t kMemoryBytes = 4 * 1024 * 1024;
constexpr std::size_t kPieceBytes = 256 * 1024;
// Left free beside it: an answer must not take the room of the store's next commits.
constexpr std::uint64_t kRoomBytes = 64ULL * 1024 * 1024;

std::string temporary_folder() {
  std::error_code error;
  auto folder = std::filesystem::temp_directory_path(error);
  return error ? std::string("/tmp") : folder.string();
}

}  // namespace

Spool::Spool(std::string folder)
    : folder_(folder.empty() ? temporary_folder() : std::move(folder)) {}

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

Error Spool::failed(std::string_view what, int error) const {
  return make_error(kind_of_errno(error), "spool",
                    fmt::format("cannot {} a file for a great answer in the folder {}: {}", what,
                                folder_, std::strerror(error)),
                    "make room there");
}

Status Spool::add(std::string_view bytes) {
  size_ += bytes.size();
  memory_ += bytes;
  return memory_.size() > kMemoryBytes ? spill() : Status();
}

// Without a name it goes with its descriptor, whatever becomes of the process.
Status Spool::open() {
  file_ = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ >= 0) return {};
  if (errno != EOPNOTSUPP && errno != EISDIR) return failed("create", errno);
  std::string name = folder_ + "/.offsync-answer-XXXXXX";  // not every file system can do that
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) return failed("create", errno);
  ::unlink(name.c_str());
  return {};
}

Status Spool::spill() {
  if (file_ < 0) OFFSYNC_TRY(open());
  struct statvfs room {};
  if (::fstatvfs(file_, &room) == 0 &&
      room.f_bavail * room.f_frsize < kRoomBytes + memory_.size()) {
    return failed("write", ENOSPC);
  }
  std::string_view left(memory_);
  while (!left.empty()) {
    const auto n = ::write(file_, left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("write", errno);
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  memory_.clear();
  return {};
}

Result<bool> Spool::next(std::string& out) {
  const auto filed = size_ - memory_.size();  // what is in memory comes behind that
  if (read_ < filed) {
    const auto at = out.size();
    const auto want = std::min<std::uint64_t>(kPieceBytes, filed - read_);
    out.resize(at + want);
    ssize_t n = 0;
    do {
      n = ::pread(file_, out.data() + at, want, static_cast<off_t>(read_));
    } while (n < 0 && errno == EINTR);
    out.resize(at + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n <= 0) return failed("read", n < 0 ? errno : EIO);
    read_ += static_cast<std::uint64_t>(n);
  } else {
    const auto piece = std::string_view(memory_).substr(read_ - filed, kPieceBytes);
    out += piece;
    read_ += piece.size();
  }
  return read_ < size_;
}

}  // namespace offsync
