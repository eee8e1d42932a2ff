// What the proxy answers where it does not do what it was asked (RFC 9457, problem+json).
#pragma once

#include <string>
#include <string_view>

namespace offsync {

// The code at which a client fetches the state, and goes on from that: 410.
inline constexpr const char* kCursorExpired = "cursor_expired";

// {"type":"about:blank","title":…,"status":410,"code":"cursor_expired","detail":…}
struct Problem {
  int status = 500;
  std::string code, title, detail;
};
std::string encode_problem(const Problem& problem);
// Never fails: a body that is no problem+json gives code "http_<status>". A code that is no word
// ([a-z0-9_], 64 bytes at most) is not taken; a long title or detail is cut. `status` is the one
// given, whatever the body says.
Problem parse_problem(int status, std::string_view content_type, std::string_view body);

// What may stand in `code`: [a-z0-9_], 1 to 64 bytes.
bool is_problem_code(std::string_view text);
// The first 2,000 bytes of what a peer says to people, cut between characters; then "…".
std::string first_words(std::string_view text);

}  // namespace offsync
