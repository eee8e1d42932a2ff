#include "event/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "event/decoder.h"
#include "event/reserved.h"
#include "event/value.h"
#include "event/value_key.h"

namespace offsync {

bool is_kind_and_id(std::string_view subject) {
  const std::size_t slash = subject.find('/');
  return slash != std::string_view::npos && slash != 0 && slash + 1 != subject.size();
}

std::string subject_form(std::string_view subject) {
  return fmt::format("the subject \"{}\" is not kind/id, such as todo/1", printable(subject));
}

bool is_attribute_name(std::string_view name) {
  if (name.empty() || name.size() > limits::kExtensionNameBytes) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
  }
  return true;
}

std::optional<std::uint64_t> parse_counting(std::string_view text) {
  if (text.starts_with('0')) return std::nullopt;
  const auto value = parse_number(text);
  if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_sequence(std::string_view text) {
  return text == "0" ? std::uint64_t{0} : parse_counting(text);
}

namespace {

// So many bytes of a text are shown in a message; cut between two characters.
std::string_view shown(std::string_view text) {
  std::size_t end = 60;
  if (text.size() <= end) return text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

// `part` of a text, the insides of a JSON string or a JSON value. DEL is a control character that
// JSON leaves as it is.
std::string finished(std::string part, bool cut) {
  for (std::size_t at = 0; (at = part.find('\x7f', at)) != std::string::npos;) {
    part.replace(at, 1, "\\u007f");
  }
  return part + (cut ? "…" : "");
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string_view part = shown(text);
  const std::string quoted = json_string(part);
  return finished(quoted.substr(1, quoted.size() - 2), part.size() < text.size());
}

std::string printable_json(std::string_view json) {
  const std::string_view part = shown(json);
  return finished(std::string(part), part.size() < json.size());
}

std::size_t content_bytes(const EventView& event) {
  // The names, quotes and commas of the attributes that every event has.
  std::size_t bytes = 120 + event.id.size() + event.source.size() + event.type.size() +
                      event.subject.size() + event.time.size() + event.causationid.size() +
                      event.data.size() + Stamp::kTextBytes;
  for (const Extension& extension : event.extensions) {
    bytes += extension.name.size() + extension.value.size() + 4;
  }
  return bytes;
}

bool is_field_name(std::string_view name) {
  if (name.empty() || name.size() > limits::kFieldNameBytes) return false;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f || c == '"' || c == '\\') return false;
  }
  return true;
}

namespace {

Error bad_field_name(std::string_view name) {
  return bad_data("bad_operation",
                  fmt::format("the field name \"{}\" is empty, over {} bytes, or has a control "
                              "character, a quote or a backslash",
                              printable(name), limits::kFieldNameBytes));
}

Error forbidden(std::string_view what) {
  return bad_data("bad_attribute",
                  fmt::format("{} has a control character or one that is none", what));
}

Status check_text(std::string_view what, std::string_view text, std::size_t limit, bool is_new) {
  if (text.empty()) return bad_data("bad_attribute", fmt::format("{} is empty", what));
  if (text.size() > limit) {
    return bad_data("too_large", fmt::format("{} has {} bytes; at most {} can be taken", what,
                                             text.size(), limit));
  }
  if (has_control(text)) {
    return bad_data("bad_attribute", fmt::format("{} has a control character", what));
  }
  if (!valid_utf8(text)) return bad_data("malformed", fmt::format("{} is not UTF-8", what));
  if (is_new && has_forbidden(text)) return forbidden(what);
  return {};
}

Status check_subject(std::string_view subject, bool is_new) {
  if (!is_kind_and_id(subject)) return bad_data("bad_attribute", subject_form(subject));
  return check_text("subject", subject, limits::kSubjectBytes, is_new);
}

// Of a canonical JSON value: no string has an escape but of a quote or a backslash.
bool escapes_control(std::string_view json) {
  for (std::size_t i = 0; i + 1 < json.size(); ++i) {
    if (json[i] != '\\') continue;
    ++i;
    if (json[i] != '\\' && json[i] != '"') return true;
  }
  return false;
}

Status check_attributes(const EventView& event) {
  const std::pair<std::string_view, std::string_view> texts[] = {
      {"id", event.id},
      {"source", event.source},
      {"type", event.type},
      {"subject", event.subject},
      {"causationid", event.causationid}};
  for (const auto& [what, text] : texts) {
    if (has_forbidden(text)) return forbidden(what);
  }
  for (const Extension& extension : event.extensions) {
    if (has_forbidden(extension.value) || escapes_control(extension.value)) {
      return forbidden(extension.name);
    }
  }
  if (event.time.find(":60") == std::string_view::npos) return {};
  const auto time = read_rfc3339(event.time);
  if (!time || !time->no_leap) return {};
  return bad_data("bad_attribute",
                  fmt::format("the time {} has a second 60 where no leap second can be: these are "
                              "at 23:59:60 UTC",
                              event.time));
}

Status check_reserved_source(std::string_view source, const char* next) {
  if (!is_reserved_source(source)) return {};
  return bad_data("reserved_source", fmt::format("the source {} is the proxy's own", source), next);
}

Status check_reserved(const EventView& event) {
  if (is_reserved_type(event.type)) {
    return bad_data("reserved_type", fmt::format("the type {} is the proxy's own", event.type),
                    fmt::format("choose a type that does not begin with \"{}\"", kReservedTypes));
  }
  return check_reserved_source(event.source, "give the event the source of who wrote it");
}

// The elements of one field stand together in neither list, so each is looked up.
Status check_elements(const EventView& event) {
  std::set<std::pair<std::string_view, std::string>> seen;
  for (const Op& op : event.ops) {
    if (op.kind != OpKind::add && op.kind != OpKind::remove) continue;
    if (op.value.front() == '"') continue;  // strings have one spelling
    std::string scratch;
    if (seen.emplace(op.field, value_key(op.value, scratch)).second) continue;
    return bad_data("bad_operation",
                    fmt::format("the value {} of {} is there twice, in two spellings",
                                printable_json(op.value), op.field));
  }
  return {};
}

}  // namespace

bool has_forbidden(std::string_view text) {
  if (has_control(text)) return true;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (at(i) == 0xc2 && at(i + 1) < 0xa0) return true;  // U+0080..U+009F
    if (i + 2 >= text.size() || at(i) < 0xe0) continue;
    if (at(i) == 0xef && at(i + 1) == 0xb7 && at(i + 2) >= 0x90 && at(i + 2) < 0xb0) return true;
    // U+xFFFE and U+xFFFF of all planes
    const std::size_t last = at(i) >= 0xf0 ? i + 3 : i + 2;
    if (last >= text.size() || at(last - 1) != 0xbf || at(last) < 0xbe) continue;
    if (at(i) >= 0xf0 ? (at(i + 1) & 0x0f) == 0x0f : at(i) == 0xef) return true;
  }
  return false;
}

Status check_new(const EventView& event) {
  OFFSYNC_TRY(check_reserved(event));
  OFFSYNC_TRY(check_attributes(event));
  for (const Op& op : event.ops) {
    if (has_forbidden(op.field)) return bad_field_name(op.field);
  }
  return check_elements(event);
}

Status check_known_subject(std::string_view subject) {
  return check_subject(subject, false);
}

Status check_subject(std::string_view subject) {
  return check_subject(subject, true);
}

Status check_type(std::string_view type) {
  return check_text("type", type, limits::kTypeBytes, true);
}

Status check_source(std::string_view source) {
  return check_text("source", source, limits::kSourceBytes, true);
}

Status check_own_source(std::string_view source) {
  OFFSYNC_TRY(check_source(source));
  OFFSYNC_TRY(check_reserved_source(source, "choose another one, such as /clients/till-3"));
  const auto foreign = [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view(" \"<>\\^`{|}").find(c) != std::string_view::npos;
  };
  if (std::none_of(source.begin(), source.end(), foreign)) return {};
  return bad_data("bad_attribute",
                  fmt::format("the source '{}' is no URI reference: it has a space, a character "
                              "beyond ASCII, or one of \"<>\\^`{{|}}",
                              source));
}

Status check_field_name(std::string_view name) {
  if (is_field_name(name) && valid_utf8(name) && !has_forbidden(name)) return {};
  return bad_field_name(name);
}

}  // namespace offsync
