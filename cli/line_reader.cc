#include "cli/line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptor.h"
#include "cli/interrupt.h"
#include "event/decoder.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kBlockBytes = 512 * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kWhiteSpace = " \t\r";  // of JSON
constexpr std::size_t kStartBytes = 6;             // that tell what a file is

// Files that are taken for lines by mistake, where each of thousands would be told as a bad one.
Status check_start(const std::string& name, std::string_view start) {
  struct Kind {
    std::string_view begins, what, hint;
  };
  constexpr Kind kKinds[] = {
      {"\x1f\x8b", "is compressed with gzip", "unpack it first, with gzip -dc"},
      {"\x28\xb5\x2f\xfd", "is compressed with zstd", "unpack it first, with zstd -dc"},
      {"\xfd"
       "7zXZ",
       "is compressed with xz", "unpack it first, with xz -dc"},
      {"BZh", "is compressed with bzip2", "unpack it first, with bzip2 -dc"},
      {"\xff\xfe", "is UTF-16", "make it UTF-8 first, with iconv -f UTF-16 -t UTF-8"},
      {"\xfe\xff", "is UTF-16", "make it UTF-8 first, with iconv -f UTF-16 -t UTF-8"},
      {"[\n", "is a JSON array", "make it one event a line first, with jq -c '.[]'"},
      {"[\r", "is a JSON array", "make it one event a line first, with jq -c '.[]'"},
      {"[{", "is a JSON array", "make it one event a line first, with jq -c '.[]'"}};
  if (start.starts_with(kByteOrderMark)) start.remove_prefix(kByteOrderMark.size());
  for (const Kind& kind : kKinds) {
    if (!start.starts_with(kind.begins)) continue;
    return bad_data("not_ndjson", fmt::format("{} {}", name, kind.what), std::string(kind.hint));
  }
  return {};
}

}  // namespace

LineReader::LineReader(int fd, std::string name, std::size_t max_line)
    : fd_(fd), name_(std::move(name)), max_line_(max_line), buffer_(2 * kBlockBytes) {}

bool LineReader::next(Line& line) {
  while (true) {
    const char* from = buffer_.data() + searched_;
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - searched_));
    if (newline != nullptr) {
      const auto length = static_cast<std::size_t>(newline - buffer_.data()) - position_;
      if (take(length, true, line)) return true;
      continue;
    }
    searched_ = end_;
    if (end_ - position_ > max_line_ + 1) {  // +1: a CR may still belong to the line's end
      if (!skipping_) skip_byte_ = base_ + position_;
      skipping_ = true;
      position_ = end_;
    }
    if (fill()) continue;
    if (!status_.ok() || interrupted()) return false;
    if (position_ == end_ && !skipping_) return false;
    if (take(end_ - position_, false, line)) return true;
  }
}

// Takes `length` bytes as a line; false where there is nothing to give out.
bool LineReader::take(std::size_t length, bool newline, Line& line) {
  std::string_view text(buffer_.data() + position_, length);
  line = Line{{}, ++number_, skipping_ ? skip_byte_ : base_ + position_, false};
  position_ += length + (newline ? 1 : 0);
  searched_ = position_;
  if (number_ == 1 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (std::exchange(skipping_, false) || text.size() > max_line_) {
    line.too_long = true;
    return true;
  }
  line.text = text.substr(0, text.find_last_not_of(kWhiteSpace) + 1);
  return !line.text.empty();
}

// Reads a block behind what is there; false at the end, on error, and when interrupted.
bool LineReader::fill() {
  if (ended_ || !status_.ok() || interrupted()) return false;
  if (buffer_.size() - end_ < kBlockBytes + kDecodePadding) {
    std::memmove(buffer_.data(), buffer_.data() + position_, end_ - position_);
    base_ += position_;
    searched_ -= position_;
    end_ -= position_;
    position_ = 0;
  }
  if (buffer_.size() - end_ < kBlockBytes + kDecodePadding) buffer_.resize(2 * buffer_.size());
  while (true) {
    const ssize_t n = read_some(fd_, buffer_.data() + end_, kBlockBytes);
    if (n > 0) {
      end_ += static_cast<std::size_t>(n);
      if (!started_ && end_ >= kStartBytes) {
        started_ = true;
        if (base_ == 0) status_ = check_start(name_, {buffer_.data(), kStartBytes});
      }
      return status_.ok();
    }
    if (n == 0) {
      ended_ = true;
      return false;
    }
    if (errno != EINTR) break;
    if (interrupted()) return false;
  }
  status_ =
      make_error(Errc::io, "io", fmt::format("cannot read {}: {}", name_, std::strerror(errno)));
  return false;
}

bool LineReader::would_wait() const {
  if (ended_ || std::memchr(buffer_.data() + searched_, '\n', end_ - searched_) != nullptr) {
    return false;
  }
  pollfd input{fd_, POLLIN, 0};
  return ::poll(&input, 1, 0) == 0;
}

Result<InputFile> InputFile::open(const std::string& file) {
  if (file == "-") return InputFile(0, "stdin");
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info = {};
  if (fd >= 0 && ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(fd);
    return make_error(Errc::no_input, "no_input", fmt::format("{} is a folder", file),
                      "give a file, or - for stdin");
  }
  if (fd < 0) {
    return make_error(Errc::no_input, "no_input",
                      fmt::format("cannot open {}: {}", file, std::strerror(errno)));
  }
  return InputFile(fd, file);
}

Result<std::string> read_all(const InputFile& file, std::size_t limit) {
  std::string text;
  std::vector<char> block(64 * 1024);
  while (true) {
    const ssize_t n = read_some(file.fd(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return make_error(Errc::io, "io",
                        fmt::format("cannot read {}: {}", file.name(), std::strerror(errno)));
    }
    if (n == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(n));
    if (text.size() > limit) {
      return bad_data("too_large", fmt::format("{} is over {} bytes", file.name(), limit));
    }
  }
}

InputFile::InputFile(InputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), name_(std::move(other.name_)) {}

InputFile::~InputFile() {
  if (fd_ > 0) ::close(fd_);
}

}  // namespace offsync::cli
