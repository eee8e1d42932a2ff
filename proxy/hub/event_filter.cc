#include "proxy/hub/event_filter.h"

#include <simdjson.h>

#include "base/glob.h"

namespace offsync::proxy {

EventKeys event_keys(std::string_view line) {
  thread_local simdjson::ondemand::parser parser;
  thread_local std::string padded;
  padded.assign(line);
  padded.resize(line.size() + simdjson::SIMDJSON_PADDING);
  namespace od = simdjson::ondemand;
  od::document document;
  od::object members;
  if (parser.iterate(padded.data(), line.size(), padded.size()).get(document)) return {};
  if (document.get_object().get(members)) return {};
  EventKeys keys;
  for (auto item : members) {  // both stand in front, before `data`
    od::field field;
    std::string_view name;
    if (std::move(item).get(field) || field.unescaped_key().get(name)) return {};
    if (name != "type" && name != "subject") continue;
    std::string_view text;
    if (field.value().get_string().get(text)) return {};
    (name == "type" ? keys.type : keys.subject) = text;
    if (!keys.type.empty() && !keys.subject.empty()) return keys;
  }
  return keys;
}

bool EventFilter::matches(const EventKeys& keys) const {
  return (type.empty() || glob_match(type, keys.type)) &&
         (subject.empty() || glob_match(subject, keys.subject));
}

}  // namespace offsync::proxy
