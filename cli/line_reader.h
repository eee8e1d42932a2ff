// LineReader: the lines of a file or pipe, without a copy of each, ready for
// Decoder::decode_in_place(). Memory is bounded by the longest line that is allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace offsync::cli {

class LineReader {
 public:
  // Reads `fd`, which it does not own; `name` is for messages.
  LineReader(int fd, std::string name, std::size_t max_line = limits::kLineBytes);

  struct Line {
    std::string_view text;     // without its end and white space before that; kDecodePadding bytes
                               // behind are readable
    std::uint64_t number = 0;  // from 1
    std::uint64_t byte = 0;    // of the line's first byte, from 0
    bool too_long = false;     // over the maximum: `text` is empty, the rest was skipped
  };
  // False at the end, after an error (see status()) and when interrupted (cli/interrupt.h). LF and
  // CRLF end a line, and so does the end of the input. White space before that end (of JSON: more
  // CRs are some) is left out, as the proxy does; lines of nothing else are skipped but counted,
  // and so is a byte order mark at the very start. An input that begins like a compressed file,
  // UTF-16 or a JSON array is an error as a whole: bad_data `not_ndjson`. The line is valid until
  // the next call.
  bool next(Line& line);

  // True where next() would have to wait for input that is not there yet.
  bool would_wait() const;

  const Status& status() const { return status_; }
  std::uint64_t bytes() const { return base_ + position_; }  // taken so far
  void set_max_line(std::size_t bytes) { max_line_ = bytes; }

 private:
  bool fill();
  bool take(std::size_t length, bool newline, Line& line);

  int fd_;
  std::string name_;
  std::size_t max_line_;
  std::vector<char> buffer_;
  std::size_t position_ = 0;  // of the next line in buffer_
  std::size_t searched_ = 0;  // no newline before this
  std::size_t end_ = 0;       // of what was read
  std::uint64_t base_ = 0;    // bytes before buffer_
  std::uint64_t number_ = 0;
  bool started_ = false;  // the input's first bytes were looked at
  bool ended_ = false;
  bool skipping_ = false;  // inside a line that is too long
  std::uint64_t skip_byte_ = 0;
  Status status_;
};

// Opens FILE for reading, "-" for stdin. The descriptor closes with the object.
class InputFile {
 public:
  static Result<InputFile> open(const std::string& file);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();
  int fd() const { return fd_; }
  const std::string& name() const { return name_; }  // "stdin" for "-"

 private:
  InputFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  int fd_;
  std::string name_;
};

// All of it; too_large (bad_data) over `limit` bytes.
Result<std::string> read_all(const InputFile& file, std::size_t limit);

}  // namespace offsync::cli
