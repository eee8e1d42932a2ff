#include "cli/conflict_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/escape.h"
#include "cli/event_text.h"

namespace offsync::cli {
namespace {

using Record = Replica::ConflictRecord;

std::string side_value(const Side& side, std::size_t columns) {
  if (side.deleted) return "deleted";
  if (side.omitted) return fmt::format("(too long: see event {})", escape_text(side.id));
  return side.value.empty() ? "nothing" : value_text(side.value, columns);
}

std::string side_time(const Side& side) {
  const auto stamp = Stamp::parse(side.stamp);
  return stamp ? time_text(stamp->ms()) : side.stamp;
}

std::string field_text(const Conflict& conflict) {
  std::string text = escape_text(conflict.field);
  if (!conflict.element.empty()) text += fmt::format("[{}]", value_text(conflict.element, 30));
  return text;
}

nlohmann::ordered_json side_json(const Side& side) {
  nlohmann::ordered_json json = {{"stamp", side.stamp}, {"id", side.id}, {"source", side.source}};
  if (side.deleted) json["deleted"] = true;
  if (side.omitted) json["omitted"] = true;
  return json;
}

// The object `json` with "value": the side's value put in as it is, so that no digit changes.
std::string side_text(const Side& side) {
  std::string text = side_json(side).dump();
  if (side.value.empty()) return text;
  text.pop_back();
  return fmt::format("{},\"value\":{}}}", text, side.value);
}

}  // namespace

Result<Record> conflict_of_line(Decoder& decoder, std::string_view line) {
  OFFSYNC_ASSIGN(const EventView* event, decoder.decode(line));
  Record record;
  OFFSYNC_ASSIGN(record.conflict, parse_conflict_data(event->data));
  record.conflict.id = event->id;
  record.subject = event->subject;
  record.sequence = event->sequence;
  record.recorded = event->recordedtime;
  record.line = line;
  return record;
}

std::string conflict_row(const Record& record, const Palette& colors) {
  const Conflict& conflict = record.conflict;
  const Side& winner = conflict.incoming_wins ? conflict.incoming : conflict.current;
  const Side& loser = conflict.incoming_wins ? conflict.current : conflict.incoming;
  return fmt::format("{}  {}{}{} {}  {}{}{} by {} over {}{}{} by {}  {}", escape_text(conflict.id),
                     colors.bold, escape_text(record.subject), colors.reset, field_text(conflict),
                     colors.green, side_value(winner, 30), colors.reset, escape_text(winner.source),
                     colors.red, side_value(loser, 30), colors.reset, escape_text(loser.source),
                     record.resolved_by.empty() ? "open" : "resolved");
}

std::string conflict_details(const Record& record, const Palette& colors) {
  const Conflict& conflict = record.conflict;
  std::string out;
  const auto line = [&](std::string_view what, const std::string& value) {
    out += fmt::format("{}{:9}{} {}\n", colors.dim, what, colors.reset, value);
  };
  const auto side = [&](std::string_view what, const Side& of, bool wins) {
    line(what, fmt::format("{}{}{}  by {}  at {}  ({})", wins ? colors.green : colors.red,
                           side_value(of, 200), colors.reset, escape_text(of.source),
                           escape_text(side_time(of)), wins ? "winner" : "loser"));
    line("", fmt::format("event {}", escape_text(of.id)));
  };
  line("conflict", escape_text(conflict.id));
  line("entity", escape_text(record.subject));
  line("field", field_text(conflict));
  side("current", conflict.current, !conflict.incoming_wins);
  side("incoming", conflict.incoming, conflict.incoming_wins);
  line("base", conflict.base.none() ? "none was seen" : conflict.base.text());
  line("rule", escape_text(conflict.rule));
  line("recorded", fmt::format("{} at sequence {}", escape_text(record.recorded), record.sequence));
  line("state", record.resolved_by.empty()
                    ? "open"
                    : fmt::format("resolved by {}", escape_text(record.resolved_by)));
  return out;
}

std::string conflict_json(const Record& record) {
  const Conflict& conflict = record.conflict;
  nlohmann::ordered_json head = {
      {"id", conflict.id}, {"subject", record.subject}, {"field", conflict.field}};
  nlohmann::ordered_json tail = {{"winner", conflict.incoming_wins ? "incoming" : "current"},
                                 {"rule", conflict.rule}};
  if (!conflict.base.none()) tail["base"] = conflict.base.text();
  tail["sequence"] = std::to_string(record.sequence);
  tail["recordedtime"] = record.recorded;
  if (!record.resolved_by.empty()) tail["resolved_by"] = record.resolved_by;
  std::string out = head.dump();
  out.pop_back();
  if (!conflict.element.empty()) {
    out += fmt::format(",\"element\":{}", conflict.element);
  } else if (conflict.kind != FieldKind::reg) {
    out += fmt::format(",\"kind\":\"{}\"", name_of(conflict.kind));
  }
  return fmt::format("{},\"current\":{},\"incoming\":{},{}", out, side_text(conflict.current),
                     side_text(conflict.incoming), tail.dump().substr(1));
}

}  // namespace offsync::cli
