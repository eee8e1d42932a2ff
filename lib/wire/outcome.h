// What the proxy answers for each event of a POST, and what it says of a space.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace offsync {

enum class OutcomeKind {
  accepted,   // durable at the proxy
  duplicate,  // the same event was accepted earlier
  rejected,   // for good; code and detail say why
  held,       // not decided: an earlier event of this author on this entity was rejected in this
              // request
};
std::string_view name_of(OutcomeKind kind);

struct Outcome {
  std::string id;  // of the event; empty if the line had none that could be read
  OutcomeKind kind = OutcomeKind::rejected;
  std::uint64_t sequence = 0;   // accepted, duplicate
  std::uint64_t line = 0;       // 1-based position in the request
  std::string code, detail;     // rejected, held
  std::uint64_t conflicts = 0;  // that this event met (accepted)
  std::string source = {};      // of the event; not sent: who asked knows it by its place
};

// One NDJSON line each: {"line":1,"id":…,"outcome":"accepted","sequence":"42"}. What is 0 or empty
// is not written (`id` always is); bytes that are no UTF-8 become U+FFFD.
std::string encode_outcome(const Outcome& outcome);
// Errors: protocol `bad_answer`. Members that it does not know are passed over.
Result<Outcome> parse_outcome(std::string_view line);

// GET /v1/spaces/{s}
struct SpaceInfo {
  std::string space, epoch;
  std::string log;            // the log's name, which outlives its epochs; empty: not said
  std::uint64_t head = 0;     // sequence of the newest event; 0: none
  std::uint64_t oldest = 1;   // sequence of the oldest event still kept
  std::uint64_t applied = 0;  // up to here the backend has taken everything (no backend: head)
};
std::string encode_space_info(const SpaceInfo& info);
// Errors: protocol `bad_answer`.
Result<SpaceInfo> parse_space_info(std::string_view json);

// The data of a stream's first message, `event: hello`: {"epoch":…,"head":N}.
struct Hello {
  std::string epoch;
  std::uint64_t head = 0;
};
std::string encode_hello(const Hello& hello);
// Errors: protocol `bad_answer`.
Result<Hello> parse_hello(std::string_view json);

}  // namespace offsync
