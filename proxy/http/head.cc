#include "proxy/http/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/comma_list.h"
#include "base/limits.h"
#include "base/text.h"
#include "proxy/http/problems.h"
#include "proxy/http/target.h"

namespace offsync::proxy {
namespace {

Problem bad(std::string detail) {
  return problem_of(kBadRequest, std::move(detail));
}
Problem too_much(std::string detail) {
  return problem_of(kLargeHead, std::move(detail));
}

bool token_character(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), token_character);
}

// Whether the comma-separated `list` has `item`.
bool lists(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    if (equal_ignoring_case(trim(take_item(list)), item)) return true;
  }
  return false;
}

// Takes the text up to the next CRLF (there is one).
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

class HeadCheck {
 public:
  std::variant<RequestHead, Problem> run(std::string_view bytes) {
    if (auto problem = request_line(take_line(bytes))) return *problem;
    for (auto line = take_line(bytes); !line.empty(); line = take_line(bytes)) {
      if (auto problem = field(line)) return *problem;
    }
    if (auto problem = whole()) return *problem;
    return std::move(head_);
  }

 private:
  using Verdict = std::optional<Problem>;

  Verdict request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
      return bad("the request line is not METHOD TARGET HTTP/1.1");
    }
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!is_token(method) || method.size() > kMethodBytes) return bad("the method is no token");
    if (target.size() > kTargetBytes) {
      return problem_of(kLongTarget, fmt::format("the target has {} bytes; the limit is {}",
                                                 target.size(), kTargetBytes));
    }
    const bool visible =
        std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (target.empty() || !visible) {
      return bad("the target has characters that must be percent-encoded");
    }
    if (version.size() != 8 || version.substr(0, 5) != "HTTP/") {
      return bad("the request line does not end with HTTP/1.1");
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      return problem_of(kBadVersion, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
    head_.http11 = version == "HTTP/1.1";
    head_.method = method;
    head_.target = target;
    return std::nullopt;
  }

  Verdict field(std::string_view line) {
    if (++fields_ > kHeadFields) return too_much("the request has over 100 header fields");
    if (line.front() == ' ' || line.front() == '\t') {
      return bad("a header field is folded over two lines, which RFC 9112 forbids");
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return bad("a header field is not NAME: VALUE, with no space before the colon");
    }
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (name.size() > kFieldNameBytes || value.size() > kFieldValueBytes) {
      return too_much(fmt::format("the header field {} is too long", name.substr(0, 40)));
    }
    if (!valid_field_text(value))
      return bad(fmt::format("the header field {} has control characters", name));
    head_.fields.emplace_back(name, value);
    if (equal_ignoring_case(name, "host")) return host(value);
    if (equal_ignoring_case(name, "content-length")) return content_length(value);
    if (equal_ignoring_case(name, "transfer-encoding")) return transfer_encoding(value);
    return std::nullopt;
  }

  Verdict host(std::string_view value) {
    if (++hosts_ > 1) return bad("the request has several Host fields");
    if (value.empty() || valid_authority(value)) return std::nullopt;
    return bad("Host is not HOST or HOST:PORT");
  }

  Verdict content_length(std::string_view value) {
    if (++lengths_ > 1) return bad("the request has several Content-Length fields");
    const auto length = parse_number(value);
    if (!length) return bad("Content-Length is not a number of bytes in digits");
    head_.framing.length = *length;
    return std::nullopt;
  }

  Verdict transfer_encoding(std::string_view value) {
    if (++encodings_ > 1) return bad("the request has several Transfer-Encoding fields");
    if (!equal_ignoring_case(value, "chunked")) {
      return problem_of(
          kBadTransfer,
          "the only Transfer-Encoding taken is chunked; compress with Content-Encoding");
    }
    head_.framing.chunked = true;
    return std::nullopt;
  }

  Verdict whole() {
    if (lengths_ > 0 && encodings_ > 0) {
      return bad("the request has both Content-Length and Transfer-Encoding");
    }
    if (!head_.http11 && encodings_ > 0) return bad("HTTP/1.0 knows no Transfer-Encoding");
    if (head_.http11 && hosts_ == 0) return bad("the request has no Host field");
    // Else a body that ends with the connection would be dropped without a word.
    if (head_.method == "POST" && lengths_ + encodings_ == 0) {
      return problem_of(kNoLength, "a POST has a Content-Length or Transfer-Encoding: chunked");
    }
    const auto connection = head_.header("Connection");
    head_.keep = !lists(connection, "close") && (head_.http11 || lists(connection, "keep-alive"));
    return expectation();
  }

  // HTTP/1.0 knows none, and RFC 9110 (10.1.1) has it ignored there.
  Verdict expectation() {
    const auto expected = head_.header("Expect");
    if (expected.empty() || !head_.http11) return std::nullopt;
    if (!equal_ignoring_case(expected, "100-continue")) {
      return problem_of(kBadExpectation, "the only expectation that is met is 100-continue");
    }
    head_.expects_continue = true;
    return std::nullopt;
  }

  RequestHead head_;
  std::size_t fields_ = 0;
  int hosts_ = 0, lengths_ = 0, encodings_ = 0;
};

}  // namespace

std::string RequestHead::header(std::string_view name) const {
  std::string joined;
  for (const auto& [given, value] : fields) {
    if (value.empty() || !equal_ignoring_case(given, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

bool valid_field_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\t';
  });
}

bool valid_field_line(std::string_view line) {
  const auto colon = line.find(':');
  return colon != std::string_view::npos && is_token(line.substr(0, colon)) &&
         valid_field_text(line.substr(colon + 1));
}

std::optional<std::size_t> head_bytes(std::string_view bytes, std::size_t seen) {
  const auto end = bytes.find("\r\n\r\n", seen > 3 ? seen - 3 : 0);
  if (end == std::string_view::npos) return std::nullopt;
  return end + 4;
}

std::optional<Problem> check_partial_head(std::string_view bytes, std::size_t seen) {
  const auto complete = head_bytes(bytes, seen);
  // What is beyond the limit is not looked at: the verdict is the same however the bytes arrive.
  const auto size = std::min(complete.value_or(bytes.size()), limits::kHeaderBytes + 1);
  const auto head = bytes.substr(0, size);
  const auto from = std::min(seen > 0 ? seen - 1 : 0, size);
  if (head.find('\0', from) != head.npos) return bad("the header has a NUL byte");
  for (auto at = head.find('\n', from); at != head.npos; at = head.find('\n', at + 1)) {
    if (at == 0 || head[at - 1] != '\r') {
      return bad("a header line ends with LF alone; it must end with CR LF");
    }
  }
  for (auto at = head.find('\r', from); at != head.npos; at = head.find('\r', at + 1)) {
    if (at + 1 < head.size() && head[at + 1] != '\n') return bad("the header has a CR without LF");
  }
  if (head.size() > limits::kHeaderBytes) {
    return too_much(fmt::format("the header is over {} bytes", limits::kHeaderBytes));
  }
  return std::nullopt;
}

std::variant<RequestHead, Problem> check_head(std::string_view head) {
  if (auto problem = check_partial_head(head)) return *problem;
  return HeadCheck().run(head);
}

}  // namespace offsync::proxy
