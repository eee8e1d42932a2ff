// The JSON object of a conflict.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/conflict_text.h"
#include "event/value.h"
#include "state/field_writes.h"

namespace offsync::cli {
namespace {

nlohmann::ordered_json side_json(const Side& side) {
  nlohmann::ordered_json json = {{"stamp", side.stamp}, {"id", side.id}, {"source", side.source}};
  if (side.deleted) json["deleted"] = true;
  if (side.omitted) json["omitted"] = true;
  return json;
}

// The object `json` with "value": the side's value put in as it is, so that no digit changes.
std::string side_json_text(const Side& side) {
  std::string text = side_json(side).dump();
  text.pop_back();
  if (!side.removed.empty()) text += ",\"removed\":" + side.removed;
  if (!side.value.empty()) text += ",\"value\":" + side.value;
  return text + "}";
}

// The same of what was written after both sides.
std::string now_json(const Later& later) {
  Side side;
  side.stamp = later.stamp.text();
  side.id = later.id;
  side.source = later.source;
  side.deleted = later.deleted;
  side.value = later.value;
  std::string text = side_json_text(side);
  if (later.deleted) return text;
  return fmt::format("{{\"field\":{},{}", json_string(later.field), text.substr(1));
}

// What the event made of the field: a side's members; `increment` of a counter; `kept` where
// nothing.
std::string resolved_members(const EventView& event, const Conflict& conflict) {
  if (event.del) return ",\"deleted\":true";
  const FieldWrites writes = writes_of(event, conflict);
  if (writes.last == nullptr) return ",\"kept\":true";
  const Op& op = *writes.last;
  if (op.kind == OpKind::set) return fmt::format(",\"value\":{}", op.value);
  if (op.kind == OpKind::inc) return fmt::format(",\"increment\":{}", op.value);
  const auto& [last, added, removed] = writes;
  if (!conflict.element.empty()) return added.empty() ? "" : ",\"value\":" + added;
  std::string text;
  if (!removed.empty()) text += fmt::format(",\"removed\":[{}]", removed);
  if (!added.empty()) text += fmt::format(",\"value\":[{}]", added);
  return text;
}

// By whom, and to what where the event is here.
std::string resolved_json(const ConflictRecord& record, const std::optional<std::string>& line) {
  Decoder decoder;
  const auto event = line ? decoder.decode(*line) : Result<const EventView*>(nullptr);
  const bool here = event && *event != nullptr;
  if (!here && record.resolved_source.empty()) return {};
  const std::string source = here ? std::string((*event)->source) : record.resolved_source;
  std::string text = fmt::format(",\"resolved\":{{\"id\":{},\"source\":{}",
                                 json_string(record.resolved_by), json_string(source));
  if (!here) return text + "}";
  return fmt::format("{},\"stamp\":\"{}\"{}}}", text, (*event)->stamp.text(),
                     resolved_members(**event, record.conflict));
}

}  // namespace

std::string conflict_json(const ConflictRecord& record, const std::optional<Later>& later,
                          const std::optional<std::string>& line) {
  const Conflict& conflict = record.conflict;
  nlohmann::ordered_json head = {
      {"id", conflict.id}, {"subject", record.subject}, {"field", conflict.field}};
  nlohmann::ordered_json tail = {{"winner", conflict.incoming_wins ? "incoming" : "current"},
                                 {"rule", conflict.rule}};
  if (!conflict.base.none()) tail["base"] = conflict.base.text();
  tail["sequence"] = std::to_string(record.sequence);
  tail["recordedtime"] = record.recorded;
  std::string out = head.dump();
  out.pop_back();
  if (!conflict.element.empty()) {
    out += fmt::format(",\"element\":{}", conflict.element);
  } else if (conflict.kind != FieldKind::reg) {
    out += fmt::format(",\"kind\":\"{}\"", name_of(conflict.kind));
  }
  out += fmt::format(",\"current\":{},\"incoming\":{},{}", side_json_text(conflict.current),
                     side_json_text(conflict.incoming), tail.dump().substr(1));
  if (record.resolved_by.empty() && !later) return out;
  out.pop_back();
  if (record.resolved_by.empty()) return fmt::format("{},\"now\":{}}}", out, now_json(*later));
  return fmt::format("{},\"resolved_by\":{}{}}}", out, json_string(record.resolved_by),
                     resolved_json(record, line));
}

}  // namespace offsync::cli
