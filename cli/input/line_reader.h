// LineReader: the JSON objects of a file or pipe, without a copy of each, ready for
// Decoder::decode_in_place(). Mostly each is a line; one may also go over many lines, and several
// may stand in one. Memory is bounded by the longest that is allowed.
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

  // One object, or a line that is none.
  struct Line {
    std::string_view text;     // without the white space behind it; kDecodePadding bytes behind are
                               // readable
    std::uint64_t number = 0;  // of the line in which it begins, from 1
    std::uint64_t byte = 0;    // its first one, from 0
    bool too_long = false;     // over the maximum: `text` is empty, the rest was skipped
  };
  // False at the end, after an error (see status()) and when interrupted (cli/interrupt.h). LF and
  // CRLF end a line, and so does the end of the input. White space before that end (of JSON: more
  // CRs are some) is left out, as the proxy does; lines of nothing else are skipped but counted,
  // and so is a byte order mark at the very start.
  //
  // What begins with a brace goes on over line ends until its braces are closed, but not into a
  // line of which the first character is a brace: one that is cut off takes nothing along but what
  // belongs to it. What follows the object in its last line is an object of its own where it begins
  // with a brace, and else belongs to it (and makes it bad). Text that is bad is given out as it
  // is.
  //
  // An input that begins like a compressed file, UTF-16 or a JSON array is an error as a whole:
  // bad_data `not_ndjson`. The line is valid until the next call of this or of would_wait().
  bool next(Line& line);

  // True where next() would have to wait for input that is not there yet.
  bool would_wait();

  const Status& status() const { return status_; }
  std::uint64_t bytes() const { return base_ + position_; }  // taken so far
  void set_max_line(std::size_t bytes) { max_line_ = bytes; }

 private:
  // Where in an object its text so far ends.
  struct Place {
    std::size_t depth = 0;
    bool in_string = false;
    bool escaped = false;
    // Takes in `text`; the bytes up to the end of the object, npos where that is not in it.
    std::size_t pass(std::string_view text);
  };
  bool fill();
  bool advance(Line& line);
  bool end_of_line(std::size_t end, bool newline, Line& line);
  bool go_on(std::size_t begin, std::string_view text, Line& line);
  bool give(std::size_t end, Line& line);
  void skip_a_long_line();
  bool nothing_left() const { return line_begin_ == end_ && !skipping_; }

  int fd_;
  std::string name_;
  std::size_t max_line_;
  std::vector<char> buffer_;
  std::size_t position_ = 0;    // of the next object in buffer_
  std::size_t line_begin_ = 0;  // of the line that is looked at, or of what is left of it
  std::size_t searched_ = 0;    // no newline before this
  std::size_t end_ = 0;         // of what was read
  std::uint64_t base_ = 0;      // bytes before buffer_
  std::uint64_t number_ = 0;    // of the line
  std::uint64_t first_ = 0;     // ... in which the object began
  Place place_;                 // in the object
  bool open_ = false;           // an object goes on in the next line
  bool broken_ = false;         // ... which it does not end in, as a string does not
  bool same_line_ = false;      // line_begin_ is within a line that was counted
  bool discarding_ = false;     // lines that belong to an object that was too long
  bool ready_ = false;          // next_ is what next() gives
  Line next_;
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
