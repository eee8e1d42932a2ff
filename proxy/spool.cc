#include "proxy/spool.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace offsync::proxy {
namespace {
constexpr std::size_t kMemoryBytes = 4 * 1024 * 1024;
constexpr std::size_t kPieceBytes = 256 * 1024;

Error failed(std::string_view what) {
  return make_error(
      Errc::io, "spool",
      fmt::format("cannot {} a temporary file for an answer: {}", what, std::strerror(errno)),
      "is there room in the folder for temporary files?");
}
}  // namespace

Status Spool::add(std::string_view bytes) {
  size_ += bytes.size();
  memory_ += bytes;
  return memory_.size() > kMemoryBytes ? spill() : Status();
}

Status Spool::spill() {
  if (!file_) file_.reset(std::tmpfile());
  if (!file_) return failed("create");
  if (std::fwrite(memory_.data(), 1, memory_.size(), file_.get()) != memory_.size()) {
    return failed("write");
  }
  memory_.clear();
  return {};
}

Status Spool::read(const std::function<bool(std::string_view)>& take) {
  if (!file_) {
    take(memory_);
    return {};
  }
  OFFSYNC_TRY(spill());
  if (std::fflush(file_.get()) != 0) return failed("write");
  std::rewind(file_.get());
  std::string piece(kPieceBytes, '\0');
  for (std::uint64_t left = size_; left > 0;) {
    const auto n = std::fread(piece.data(), 1, piece.size(), file_.get());
    if (n == 0) return failed("read");
    if (!take(std::string_view(piece).substr(0, n))) return {};
    left -= n;
  }
  return {};
}

}  // namespace offsync::proxy
