#include "cli/input/line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/byte_order_mark.h"
#include "base/descriptor.h"
#include "base/system_error.h"
#include "cli/interrupt.h"
#include "event/decoder.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kBlockBytes = 512 * 1024;
constexpr std::string_view kWhiteSpace = " \t\r";  // of JSON, within a line
constexpr std::string_view kWhiteSpaceAndEnds = " \t\r\n";
// What goes on for so long without an end of a line has none (a device, a disk image).
constexpr std::uint64_t kMostSkipped = 64 * 1024 * 1024;
constexpr std::size_t kStartBytes = 6;  // that tell what a file is

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
      {"[\n", "is a JSON array", "make it one event a line first, with jq -c '.[]'"},
      {"[\r", "is a JSON array", "make it one event a line first, with jq -c '.[]'"},
      {"[ ", "is a JSON array", "make it one event a line first, with jq -c '.[]'"},
      {"[\t", "is a JSON array", "make it one event a line first, with jq -c '.[]'"},
      {"[{", "is a JSON array", "make it one event a line first, with jq -c '.[]'"}};
  if (const auto encoding = other_encoding(start); !encoding.empty()) {
    return bad_data("not_ndjson", fmt::format("{} is {}", name, encoding),
                    fmt::format("make it UTF-8 first, with iconv -f {} -t UTF-8", encoding));
  }
  start = without_byte_order_mark(start);
  start.remove_prefix(std::min(start.find_first_not_of(kWhiteSpaceAndEnds), start.size()));
  for (const Kind& kind : kKinds) {
    if (!start.starts_with(kind.begins)) continue;
    return bad_data("not_ndjson", fmt::format("{} {}", name, kind.what), std::string(kind.hint));
  }
  return {};
}

// Whether `text`, which begins with a brace, is surely all of one object as far as braces go.
// Without a branch in the loop, so that compilers make vector code of it: nearly every line of a
// log is one. Where strings have braces it may say no.
bool is_one_object(std::string_view text) {
  std::size_t opened = 0, closed = 0;
  bool another = false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const bool closes = text[i] == '}';
    opened += text[i] == '{' ? 1 : 0;
    closed += closes ? 1 : 0;
    another |= closes && (text[i + 1] == '{' || text[i + 1] <= ' ');
  }
  return opened == closed + 1 && !another && text.back() == '}';
}

}  // namespace

LineReader::LineReader(int fd, std::string name, std::size_t max_line)
    : fd_(fd), name_(std::move(name)), max_line_(max_line), buffer_(2 * kBlockBytes) {}

std::size_t LineReader::Place::pass(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (escaped) {
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

bool LineReader::next(Line& line) {
  while (!std::exchange(ready_, false)) {
    if (advance(next_)) break;
    if (fill()) continue;
    if (!status_.ok() || interrupted()) return false;
    if (!nothing_left()) {
      if (end_of_line(end_, false, next_)) break;
    } else if (!open_) {
      return false;
    } else if (give(end_, next_)) {
      break;
    }
  }
  line = next_;
  return true;
}

// To the next object as far as it is there.
bool LineReader::advance(Line& line) {
  while (true) {
    const char* from = buffer_.data() + searched_;
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - searched_));
    if (newline == nullptr) break;
    if (end_of_line(static_cast<std::size_t>(newline - buffer_.data()), true, line)) return true;
  }
  searched_ = end_;
  if (end_ - line_begin_ > max_line_ + 1) skip_a_long_line();  // +1: for the CR of its end
  return false;
}

void LineReader::skip_a_long_line() {
  if (!skipping_) {
    skip_byte_ = base_ + position_;
    if (!open_) first_ = number_ + (same_line_ ? 0 : 1);
  }
  if (base_ + end_ - skip_byte_ > kMostSkipped) {
    status_ = bad_data("not_ndjson",
                       fmt::format("{} has a line of over {} MiB", name_, kMostSkipped >> 20),
                       "it is no file of lines of JSON; check the path");
  }
  skipping_ = true;
  discarding_ |= open_;
  open_ = broken_ = false;
  position_ = line_begin_ = end_;
}

// Takes in the line up to `end`; false where there is nothing to give out.
bool LineReader::end_of_line(std::size_t end, bool newline, Line& line) {
  std::size_t begin = line_begin_;
  if (!std::exchange(same_line_, false)) ++number_;
  line_begin_ = searched_ = end + (newline ? 1 : 0);
  if (std::exchange(skipping_, false)) {
    line = Line{{}, first_, skip_byte_, true};
    position_ = line_begin_;
    return true;
  }
  std::string_view text(buffer_.data() + begin, end - begin);
  if (number_ == 1 && base_ + begin == 0) {
    text = without_byte_order_mark(text);
    begin = end - text.size();
  }
  text = text.substr(0, text.find_last_not_of(kWhiteSpace) + 1);
  const bool brace = text.starts_with('{');
  if (open_ && !brace) return go_on(begin, text, line);
  if (open_) {
    // The next one begins, though this one has not ended.
    line_begin_ = searched_ = begin;
    same_line_ = true;
    return give(begin, line);
  }
  discarding_ &= !brace;
  position_ = begin;
  if (text.empty() || discarding_) {
    position_ = line_begin_;
    return false;
  }
  first_ = number_;
  if (text[text.find_first_not_of(kWhiteSpace)] != '{' || is_one_object(text)) {
    return give(begin + text.size(), line);
  }
  place_ = {};
  return go_on(begin, text, line);
}

// `text`, which begins at `begin`, is of an object that began in it or before.
bool LineReader::go_on(std::size_t begin, std::string_view text, Line& line) {
  const std::size_t bytes = broken_ ? std::string_view::npos : place_.pass(text);
  if (bytes != std::string_view::npos) {
    const std::size_t rest = text.find_first_not_of(kWhiteSpace, bytes);
    if (rest == std::string_view::npos || text[rest] != '{') return give(begin + text.size(), line);
    line_begin_ = searched_ = begin + rest;
    same_line_ = true;
    return give(begin + bytes, line);
  }
  const bool cut = place_.in_string;  // a string does not go over lines
  if (cut && first_ == number_) return give(begin + text.size(), line);
  broken_ |= cut;
  open_ = true;
  if (line_begin_ - position_ <= max_line_) return false;
  discarding_ = true;
  give(begin + text.size(), line);
  line.too_long = true;  // also where only the ends of its lines make it so
  line.text = {};
  return true;
}

// Gives out what begins at position_; the next one begins at line_begin_.
bool LineReader::give(std::size_t end, Line& line) {
  std::string_view text(buffer_.data() + position_, end - position_);
  text = text.substr(0, text.find_last_not_of(kWhiteSpaceAndEnds) + 1);
  line = Line{text, first_, base_ + position_, text.size() > max_line_};
  if (line.too_long) line.text = {};
  open_ = broken_ = false;
  position_ = line_begin_;
  return true;
}

// Reads a block behind what is there; false at the end, on error, and when interrupted.
bool LineReader::fill() {
  if (ended_ || !status_.ok() || interrupted()) return false;
  if (buffer_.size() - end_ < kBlockBytes + kDecodePadding) {
    std::memmove(buffer_.data(), buffer_.data() + position_, end_ - position_);
    base_ += position_;
    searched_ -= position_;
    line_begin_ -= position_;
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

bool LineReader::would_wait() {
  while (!ready_) {
    ready_ = advance(next_);
    if (ready_ || ended_ || !status_.ok()) break;
    pollfd input{fd_, POLLIN, 0};
    if (::poll(&input, 1, 0) == 0) return true;
    if (!fill()) break;
  }
  return false;
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
    return make_error(kind_of_errno(errno, Errc::no_input), "no_input",
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
