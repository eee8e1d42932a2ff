// What the files of the Api share.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/api/api.h"

namespace offsync::proxy {

struct Api::Call {
  const ApiRequest& request;
  const Target& target;
  std::string space;
  SpaceState at;
};

inline constexpr const char* kNdjson = "application/x-ndjson";
inline constexpr const char* kEventStream = "text/event-stream";
inline constexpr const char* kProblemType = "application/problem+json";

// Whether the client asks for a stream: it names one, and wants nothing more than that.
bool wants_stream(const ApiRequest& request);
// What the client wants most, the better compression first.
Coding coding_for(const ApiRequest& request);
std::string_view name_of(Coding coding);

// The texts of a POST's events.
struct Posted {
  std::vector<std::string> lines;
  bool one = false;  // there can be but one
};
// Its body without its Content-Encoding, divided. What that takes, and will take, is counted in
// `taken`; 503 busy where there is no room.
std::variant<Posted, Problem> posted(const ApiRequest& request, TakenBytes& taken);

// 503, for who may well try again.
Problem busy(std::string_view why);
Problem too_many_bytes();

// The sequence behind which to go on: a cursor of this epoch, a sequence, or "now". Problems: 400
// bad_cursor, 410 cursor_expired (another epoch, beyond the head, or history is gone).
std::variant<std::uint64_t, Problem> position_of(std::string_view after, const SpaceState& at);
Problem history_gone(std::uint64_t after, std::uint64_t oldest);

}  // namespace offsync::proxy
