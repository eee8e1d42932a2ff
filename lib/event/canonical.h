// Internal to lib/event: the walk over a simdjson value that checks it and writes its canonical
// form. Include only in .cc files.
#pragma once

#include <simdjson.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace offsync::canonical {

namespace od = simdjson::ondemand;

// A fixed buffer. The canonical form is never longer than what it was made of, so a buffer of the
// input's size never overflows, and views into it stay valid.
class Out {
 public:
  void reset(std::size_t capacity) {
    if (buffer_.size() < capacity) buffer_.resize(capacity);
    at_ = buffer_.data();
  }
  void put(char c) { *at_++ = c; }
  void put(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  char* at() { return at_; }
  void rewind(char* to) { at_ = to; }
  void restart() { at_ = buffer_.data(); }
  std::string_view all() const { return since(buffer_.data()); }
  std::string_view since(const char* from) const {
    return {from, static_cast<std::size_t>(at_ - from)};
  }

 private:
  std::vector<char> buffer_;
  char* at_ = nullptr;
};

// Whether `text` is a number by the grammar of RFC 8259, section 6, of whatever size.
bool is_number(std::string_view text);

// Walks values; the first error stays in error().
class Walker {
 public:
  explicit Walker(Out& out) : out_(out) {}

  // Checks `value` and writes its canonical form. `depth` counts the containers around it.
  bool write(od::value value, int depth);

  // The name of a field, unescaped. The view is into the line, or, where there was an escape, into
  // simdjson's string buffer.
  bool read_name(od::field& field, std::string_view& name);
  // The same, and writes it (with quotes and colon) in canonical form; the view is then into the
  // output or simdjson's string buffer.
  bool write_name(od::field& field, std::string_view& name);

  // A string's content, unescaped, not written. Views as above. Text that had no escape is in the
  // line, and has no control characters below 0x20: simdjson refuses them there.
  // What is none is an error that names it by `what`.
  bool read_string(od::value& value, std::string_view& text, std::string_view what = "a value");
  bool read_string(od::value& value, std::string_view& text, std::string_view what,
                   bool& had_escape);

  // The raw token of a scalar, without white space behind it.
  static std::string_view token(od::value& value);

  bool fail(std::string_view code, std::string_view detail);
  bool fail(simdjson::error_code error);
  void reset() { failed_ = false; }
  Error take_error() { return std::move(error_); }
  Out& out() { return out_; }

 private:
  bool write_object(od::value value, int depth);
  bool write_array(od::value value, int depth);
  bool write_number(od::value& value);
  bool write_word(std::string_view word);
  bool write_string(od::value& value);
  bool pass_string(od::value& value);

  Out& out_;
  bool failed_ = false;
  Error error_;
};

// Puts the members of an object that begins at `begin` (its "{") into byte order of their names;
// false where a name is there twice. `members` are the positions at which each member begins.
struct Member {
  std::string_view name;
  std::string_view text;  // name, colon and value
};
bool sort_members(std::vector<Member>& members, char* begin, std::string& scratch);

// Without a branch in the loop, so that compilers make vector code of it.
inline bool has_escapes(std::string_view text) {
  bool found = false;
  for (const char c : text) {
    found |= (static_cast<unsigned char>(c) < 0x20) | (c == '"') | (c == '\\');
  }
  return found;
}

// Writes `text` as a JSON string with quotes.
template <class Sink>
void write_quoted(Sink& sink, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  sink.put('"');
  if (!has_escapes(text)) {
    sink.put(text);
    sink.put('"');
    return;
  }
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    sink.put(text.substr(done, i - done));
    done = i + 1;
    sink.put('\\');
    switch (c) {
      case '"':
      case '\\':
        sink.put(static_cast<char>(c));
        break;
      case '\b':
        sink.put('b');
        break;
      case '\f':
        sink.put('f');
        break;
      case '\n':
        sink.put('n');
        break;
      case '\r':
        sink.put('r');
        break;
      case '\t':
        sink.put('t');
        break;
      default:
        sink.put("u00");
        sink.put(kHex[c >> 4]);
        sink.put(kHex[c & 0xf]);
    }
  }
  sink.put(text.substr(done));
  sink.put('"');
}

}  // namespace offsync::canonical
