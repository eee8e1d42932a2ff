#include "proxy/api/split_body.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>

#include "base/byte_order_mark.h"
#include "base/limits.h"
#include "base/text.h"
#include "event/json_check.h"
#include "proxy/http/problems.h"

namespace offsync::proxy {
namespace {

using Lines = std::variant<std::vector<std::string>, Problem>;

Problem bad(std::string detail) {
  return problem_of(kBadRequest, std::move(detail));
}

Problem too_many() {
  return problem_of(kTooLarge,
                    fmt::format("the body has over {} events; send them in several requests",
                                limits::kBodyEvents));
}

Problem not_json(std::string_view what, simdjson::error_code error) {
  return bad(fmt::format("the body is not {}: {}", what, simdjson::error_message(error)));
}

// The parts are found by counting brackets, which only well-formed JSON allows.
std::optional<Problem> malformed(std::string_view body) {
  const Status good = check_json(body);
  if (good) return std::nullopt;
  if (good.error().code != "trailing") return bad("the body is not JSON: " + good.error().detail);
  return bad(
      "the body goes on behind its JSON; several events are sent as application/x-ndjson or "
      "application/cloudevents-batch+json");
}

// JSON's white space, around a line and in what simdjson calls raw text.
constexpr std::string_view kBlanks = " \t\r\n";

// What is JSON, but not what is meant to come as this type.
std::optional<Problem> other_json(std::string_view body, char begins) {
  const std::size_t at = body.find_first_not_of(kBlanks);
  if (at == std::string_view::npos || body[at] == begins) return std::nullopt;
  // A scalar alone is looked at as the element of an array.
  if (const Status good = check_json(fmt::format("[{}]", body)); !good) return std::nullopt;
  if (begins == '[') {
    return bad("the body is no JSON array; one event is sent as application/cloudevents+json");
  }
  return bad(
      "the body is no JSON object, which an event is; an array of events is sent as "
      "application/cloudevents-batch+json");
}

Lines split_lines(std::string_view body) {
  std::vector<std::string> lines;
  while (!body.empty()) {
    const auto end = body.find('\n');
    const auto line = trim(body.substr(0, end), kBlanks);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (line.empty()) continue;
    if (lines.size() == limits::kBodyEvents) return too_many();
    lines.emplace_back(line);
  }
  return lines;
}

// The text of an array's element. Scalars too: that they are no events is said about each.
simdjson::error_code raw_text(simdjson::ondemand::value element, std::string_view& text) {
  simdjson::ondemand::json_type type{};
  if (const auto error = element.type().get(type)) return error;
  if (type == simdjson::ondemand::json_type::object) {
    simdjson::ondemand::object object;
    if (const auto error = element.get_object().get(object)) return error;
    return object.raw_json().get(text);
  }
  if (type == simdjson::ondemand::json_type::array) {
    simdjson::ondemand::array array;
    if (const auto error = element.get_array().get(array)) return error;
    return array.raw_json().get(text);
  }
  text = element.raw_json_token();
  // A string left where it is and followed by a colon would pass for a name, and hide what comes.
  if (type == simdjson::ondemand::json_type::string) return element.get_raw_json_string().error();
  return simdjson::SUCCESS;
}

Lines split_array(std::string_view body) {
  if (auto problem = other_json(body, '[')) return std::move(*problem);
  if (auto problem = malformed(body)) return std::move(*problem);
  const simdjson::padded_string padded(body);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (const auto error = parser.iterate(padded).get(document)) return not_json("JSON", error);
  if (const auto error = document.get_array().get(array)) return not_json("a JSON array", error);
  std::vector<std::string> lines;
  for (auto element : array) {
    simdjson::ondemand::value value;
    std::string_view text;
    if (const auto error = std::move(element).get(value)) return not_json("a JSON array", error);
    if (const auto error = raw_text(value, text)) return not_json("a JSON array", error);
    if (lines.size() == limits::kBodyEvents) return too_many();
    lines.emplace_back(trim(text, kBlanks));
  }
  return lines;
}

Lines single(std::string_view body) {
  if (auto problem = other_json(body, '{')) return std::move(*problem);
  if (auto problem = malformed(body)) return std::move(*problem);
  const simdjson::padded_string padded(body);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  std::string_view text;
  if (const auto error = parser.iterate(padded).get(document)) return not_json("JSON", error);
  if (const auto error = document.get_object().get(object)) return not_json("a JSON object", error);
  if (const auto error = object.raw_json().get(text)) return not_json("a JSON object", error);
  return std::vector<std::string>{std::string(trim(text, kBlanks))};
}

}  // namespace

Lines split_body(std::string_view type, std::string_view body) {
  if (const auto encoding = other_encoding(body); !encoding.empty()) {
    return bad(fmt::format("the body is {}: JSON is sent as UTF-8", encoding));
  }
  body = without_byte_order_mark(body);
  if (type == "application/x-ndjson") return split_lines(body);
  if (type == "application/cloudevents-batch+json") return split_array(body);
  if (type == "application/cloudevents+json" || type == "application/json") return single(body);
  return problem_of(
      kUnsupportedType,
      fmt::format("events come as application/cloudevents+json, "
                  "application/cloudevents-batch+json, application/x-ndjson or application/json, "
                  "not as {}",
                  type.empty() ? "nothing: Content-Type is missing" : type));
}

}  // namespace offsync::proxy
