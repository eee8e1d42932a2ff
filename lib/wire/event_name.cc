#include "wire/event_name.h"

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "wire/json_reader.h"

namespace offsync {

std::string encode_event_name(std::string_view source, std::string_view id) {
  const nlohmann::ordered_json json = {{"source", source}, {"id", id}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<EventName> parse_event_name(std::string_view line) {
  JsonReader json;
  if (!json.read(line))
    return bad_data("malformed", "a line is no JSON object, or has a name twice");
  const auto source = json.text("source");
  const auto id = json.text("id");
  if (!source || !id || source->empty() || id->empty() || source->size() > limits::kSourceBytes ||
      id->size() > limits::kIdBytes) {
    return bad_data("malformed", "a line does not have the source and id of an event");
  }
  return EventName{std::string(*source), std::string(*id)};
}

std::string encode_missing_header(const MissingHeader& header) {
  const nlohmann::ordered_json json = {{"asked", header.asked}, {"missing", header.missing}};
  return json.dump();
}

Result<MissingHeader> parse_missing_header(std::string_view line) {
  JsonReader json;
  const bool read = json.read(line);
  const auto asked = read ? json.number("asked") : std::nullopt;
  const auto missing = read ? json.number("missing") : std::nullopt;
  if (!asked || !missing) return bad_data("malformed", "its first line does not say how many");
  return MissingHeader{*asked, *missing};
}

}  // namespace offsync
