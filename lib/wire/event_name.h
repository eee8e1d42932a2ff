// The name of an event, by which a log knows it: one NDJSON line each of POST …/missing and of its
// answer, {"source":…,"id":…}. The answer begins with {"asked":N,"missing":M} and names M of the N.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync {

struct EventName {
  std::string source, id;
  friend auto operator<=>(const EventName&, const EventName&) = default;
};

std::string encode_event_name(std::string_view source, std::string_view id);
// Errors: bad_data `malformed`. Members that it does not know are passed over.
Result<EventName> parse_event_name(std::string_view line);

struct MissingHeader {
  std::uint64_t asked = 0, missing = 0;
};
std::string encode_missing_header(const MissingHeader& header);
// Errors: bad_data `malformed`.
Result<MissingHeader> parse_missing_header(std::string_view line);

}  // namespace offsync
