// The gate of a request: its head as raw bytes. This is the only parser of heads: what it reads is
// what the routes see, so that no two readers can differ about where a request ends. It refuses
// what no honest client sends, because each such kindness is a way to smuggle one request inside
// another. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wire/problem.h"

namespace offsync::proxy {

inline constexpr std::size_t kHeadFields = 100;
inline constexpr std::size_t kMethodBytes = 16;
inline constexpr std::size_t kTargetBytes = 8 * 1024;
inline constexpr std::size_t kFieldNameBytes = 128;
inline constexpr std::size_t kFieldValueBytes = 4 * 1024;

// How the body of a request is delimited.
struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;  // where it is not chunked; 0: no body
  bool none() const { return !chunked && length == 0; }
};

struct RequestHead {
  std::string method;
  std::string target;  // as sent: path and query, or with scheme and authority in front
  bool http11 = true;
  Framing framing;
  bool keep = true;               // the connection may serve further requests
  bool expects_continue = false;  // waits for 100 before it sends its body
  // In their order, names as sent; values are raw bytes without the white space around them.
  std::vector<std::pair<std::string, std::string>> fields;

  // The values of all fields of this name, joined by ", " (RFC 9110, 5.3); "" where there is none.
  // So a field that may stand only once and is there twice has a value that nobody takes.
  std::string header(std::string_view name) const;
};

// The bytes of the head at the start of `bytes`, empty line included; nothing while it is not yet
// complete. A line ended by LF alone completes nothing: check_partial_head() refuses it. The first
// `seen` bytes were looked at before.
std::optional<std::size_t> head_bytes(std::string_view bytes, std::size_t seen = 0);

// A problem that is sure before the head is complete: a bare LF or CR, NUL, too many bytes.
std::optional<Problem> check_partial_head(std::string_view bytes, std::size_t seen = 0);

// `head` is complete, empty line included. Refused with 400, 411 (a POST without a length), 414,
// 417 (an Expect other than 100-continue), 431 (too much of it), 501 (a transfer coding other than
// chunked) or 505: see RFC 9112, sections 2 to 6.
std::variant<RequestHead, Problem> check_head(std::string_view head);

// Without control characters (a tab is none).
bool valid_field_text(std::string_view text);
// NAME: VALUE, as in a head or a trailer.
bool valid_field_line(std::string_view line);

}  // namespace offsync::proxy
