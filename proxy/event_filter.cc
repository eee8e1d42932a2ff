#include "proxy/event_filter.h"

#include <simdjson.h>

#include "base/glob.h"

namespace offsync::proxy {

EventKeys event_keys(std::string_view line) {
  thread_local simdjson::ondemand::parser parser;
  thread_local std::string padded;
  padded.assign(line);
  padded.resize(line.size() + simdjson::SIMDJSON_PADDING);
  EventKeys keys;
  simdjson::ondemand::document document;
  if (parser.iterate(padded.data(), line.size(), padded.size()).get(document)) return keys;
  std::string_view text;
  if (!document["type"].get_string().get(text)) keys.type = text;
  if (!document["subject"].get_string().get(text)) keys.subject = text;
  return keys;
}

bool EventFilter::matches(const EventKeys& keys) const {
  return (type.empty() || glob_match(type, keys.type)) &&
         (subject.empty() || glob_match(subject, keys.subject));
}

}  // namespace offsync::proxy
