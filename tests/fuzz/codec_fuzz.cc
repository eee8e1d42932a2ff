// The gate of every event. What it takes has one canonical line, obeys the limits, and says the
// same as what came in (a second JSON reader is the witness).
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "event/checks.h"
#include "event/decoder.h"
#include "event/value.h"
#include "event/value_key.h"
#include "event/with_base.h"
#include "fuzz/check.h"

namespace offsync::fuzz {
namespace {

using Json = nlohmann::json;

Json parse(std::string_view text) {
  return Json::parse(text, nullptr, false);
}

void check_limits(const EventView& event) {
  require(event.id.size() <= limits::kIdBytes, "id is bounded");
  require(event.source.size() <= limits::kSourceBytes, "source is bounded");
  require(event.type.size() <= limits::kTypeBytes, "type is bounded");
  require(event.subject.size() <= limits::kSubjectBytes, "subject is bounded");
  require(event.causationid.size() <= limits::kIdBytes, "causationid is bounded");
  require(event.extensions.size() <= limits::kExtensions, "extensions are bounded");
  require(event.ops.size() <= limits::kOpsPerEvent, "operations are bounded");
  require(event.data.size() <= limits::kEventBytes, "data is bounded");
  require(check_known_subject(event.subject).ok(), "subject passes its own check", event.subject);
  if (!check_new(event)) return;
  require(check_subject(event.subject).ok(), "a new subject passes its own check", event.subject);
  require(check_type(event.type).ok(), "type passes its own check", event.type);
  require(event.source.empty() || check_source(event.source).ok(), "source passes its own check",
          event.source);
  for (const Op& op : event.ops) {
    require(check_field_name(op.field).ok(), "a field's name passes its own check", op.field);
  }
}

void check_values(const EventView& event) {
  for (const Op& op : event.ops) {
    if (op.kind == OpKind::unset) continue;
    const auto value = canonical_json(op.value);
    require(value.ok() && *value == op.value, "an operation's value is canonical", op.value);
  }
  for (const Op& op : event.ops) {
    if (op.kind == OpKind::unset) continue;
    std::string scratch, again;
    const std::string key(value_key(op.value, scratch));
    require(value_key(key, again) == key, "the key of a value is its own key", op.value);
    require(same_value(op.value, key), "a value is the same as its key", op.value);
  }
  for (std::size_t i = 1; i < event.bases.size(); ++i) {
    const Base& a = event.bases[i - 1];
    const Base& b = event.bases[i];
    require(std::pair(a.field, a.element) < std::pair(b.field, b.element), "bases are in order",
            event.data);
    require(a.field != b.field || !a.element.empty(), "a field has one base, or elements have",
            event.data);
  }
  for (const Base& base : event.bases) {
    require(event.base_of(base.field, base.element) == base.stamp, "each base is found",
            event.data);
    const auto element = canonical_json(base.element);
    require(base.element.empty() || (element.ok() && *element == base.element),
            "an element in base is canonical", base.element);
  }
}

// Bases that are written again are the same.
void check_bases(const EventView& event) {
  if (!event.base_given) return;
  const auto same = [](const Base& a, const Base& b) {
    return a.field == b.field && a.element == b.element && a.stamp == b.stamp;
  };
  EventView again = event;
  const std::string data = with_base(event.data, event.bases);
  again.data = data;
  if (content_bytes(again) > limits::kEventBytes) return;
  Decoder decoder;
  const auto read = decoder.decode(encode_content(again));
  require(read.ok() && (**read).data == data, "data with a base is canonical", data);
  require(std::equal(event.bases.begin(), event.bases.end(), (**read).bases.begin(),
                     (**read).bases.end(), same),
          "bases that are written again are the same", data);
}

// What came in, as the witness reads it, without what canonical form adds or leaves out.
void check_same_meaning(std::string_view input, std::string_view line) {
  Json before = parse(input);
  Json after = parse(line);
  require(before.is_object(), "what is taken is JSON", input);
  require(after.is_object(), "what is written is JSON", line);
  if (!before.contains("stamp")) after.erase("stamp");
  if (!before.contains("data")) after.erase("data");
  if (!before.contains("sequence")) before.erase("recordedtime");
  for (auto member = before.begin(); member != before.end();) {
    member = member->is_null() ? before.erase(member) : std::next(member);
  }
  require(before == after, "canonical form means the same", input);
}

void check_fixpoint(const EventView& event, std::string_view line) {
  require(valid_utf8(line), "a canonical line is UTF-8", line);
  require(line.find('\n') == std::string_view::npos, "a canonical line is one line", line);
  const std::string content = encode_content(event);
  if (event.sequence != 0) {
    require(with_sequence(content, event.sequence, event.recordedtime) == line,
            "a line is its content and its place", line);
  }
  Decoder decoder;
  const auto again = decoder.decode(line);
  require(again.ok(), "a canonical line is taken", line);
  require(encode(**again) == line, "canonical form is a fixpoint", line);
  require(encode_content(**again) == content, "an event's identity is a fixpoint", line);
  require((**again).stamp == event.stamp, "the stamp is written", line);
}

void check_error(const Error& error) {
  require(error.kind == Errc::bad_data && !error.code.empty() && !error.detail.empty(),
          "a refusal says why");
  require(valid_utf8(error.detail), "a refusal is UTF-8", error.detail);
}

void check_event(std::string_view input) {
  Decoder decoder;
  const auto event = decoder.decode(input);
  if (!event) {
    check_error(event.error());
    return;
  }
  check_limits(**event);
  check_values(**event);
  check_bases(**event);
  const std::string line = encode(**event);
  check_same_meaning(input, line);
  check_fixpoint(**event, line);
  Decoder other;
  const auto partial = other.decode_partial(input);
  require(partial.ok() && encode(**partial) == line, "a whole event is a partial one", input);
  std::string padded(input);
  padded.append(kDecodePadding, '}');
  const auto in_place = other.decode_in_place(std::string_view(padded).substr(0, input.size()));
  require(in_place.ok() && encode(**in_place) == line, "what stands behind a line is not read",
          input);
}

void check_value(std::string_view input) {
  const auto value = canonical_json(input);
  if (!value) {
    check_error(value.error());
    return;
  }
  const auto again = canonical_json(*value);
  require(again.ok() && *again == *value, "canonical JSON is a fixpoint", input);
  require(parse(input) == parse(*value) && !parse(input).is_discarded(),
          "canonical JSON means the same", input);
}

void run(std::string_view input) {
  check_event(input);
  check_value(input);
}

FUZZ_TARGET(codec, run);

}  // namespace
}  // namespace offsync::fuzz
