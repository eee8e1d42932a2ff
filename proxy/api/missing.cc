// POST …/missing: which of some events the log does not have. So a client whose log was replaced
// finds out what it has that the new one lacks.
#include <fmt/format.h>

#include "base/limits.h"
#include "proxy/api/parts.h"
#include "proxy/http/problems.h"
#include "wire/event_name.h"

namespace offsync::proxy {

ApiAnswer Api::missing(const Call& call) {
  const auto type = media_type(call.request.header("Content-Type"));
  if (type != kNdjson) {
    return answer_of(
        problem_of(kUnsupportedType, "the names of events come as application/x-ndjson"));
  }
  TakenBytes taken(bytes_);
  const auto names_of = posted(call.request, taken);
  if (const auto* problem = std::get_if<Problem>(&names_of)) return answer_of(*problem);
  MissingHeader header;
  Questions questions;
  for (const std::string& line : std::get<Posted>(names_of).lines) {
    ++header.asked;
    auto name = parse_event_name(line);
    if (!name) {
      return answer_of(
          problem_of(kBadRequest, fmt::format("line {}: {}", header.asked, name.error().detail)));
    }
    questions.events.push_back(std::move(*name));
  }
  const auto facts = store_.look(call.space, questions);
  if (!facts) return store_failed("read", facts.error());
  std::string names;
  for (std::size_t i = 0; i < questions.events.size(); ++i) {
    if (facts->events[i]) continue;
    const EventName& name = questions.events[i];
    ++header.missing;
    names += encode_event_name(name.source, name.id) + "\n";
  }
  ApiAnswer answer;
  answer.content_type = kNdjson;
  answer.body = encode_missing_header(header) + "\n" + names;
  return answer;
}

}  // namespace offsync::proxy
