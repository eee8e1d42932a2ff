#include "cli/commands/conflict_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "cli/text/escape.h"
#include "cli/text/event_text.h"
#include "state/field_writes.h"

namespace offsync::cli {
namespace {

constexpr std::string_view kKept = "as it was";
constexpr std::size_t kListedColumns = 30;
constexpr std::size_t kShownColumns = 200;
constexpr std::size_t kFieldsColumns = 40;

std::string side_time(const Side& side, bool local) {
  const auto stamp = Stamp::parse(side.stamp);
  return stamp ? time_text(stamp->ms(), local) : side.stamp;
}

// What one part of each record says, or one says for all.
template <class Part>
std::string joined(const Meeting& meeting, Part&& part) {
  std::string text;
  for (const ConflictRecord& record : meeting) {
    const std::pair<std::string, bool> said = part(record.conflict);
    if (said.second) return said.first;
    text += (text.empty() ? "" : ", ") + said.first;
  }
  return text;
}

std::string fields_of(const Meeting& meeting) {
  return joined(meeting, [](const Conflict& c) { return std::pair(field_text(c), false); });
}

std::string values_of(const Meeting& meeting, bool incoming, std::size_t columns) {
  return joined(meeting, [=](const Conflict& c) {
    const Side& side = incoming ? c.incoming : c.current;
    return std::pair(side_text(side, columns), side.deleted);
  });
}

struct Closing {
  std::string by;         // its author, or its event where that is not here; empty: still open
  std::string to;         // empty: not known
  bool of_field = false;  // and not of the whole entity
};

Closing closing_of(const ConflictRecord& record, const LineOf& line_of) {
  if (record.resolved_by.empty()) return {};
  const auto line = line_of(record);
  Decoder decoder;
  const auto event = line ? decoder.decode(*line) : Result<const EventView*>(nullptr);
  if (!event || *event == nullptr) return {escape_text(record.resolved_by), "", false};
  Closing found{escape_text((*event)->source), std::string((*event)->del ? "deleted" : kKept),
                false};
  const Conflict& conflict = record.conflict;
  const FieldWrites writes = writes_of(**event, conflict);
  if (writes.last == nullptr) return found;
  const Op& op = *writes.last;
  const bool gone = op.kind == OpKind::unset || op.kind == OpKind::remove;
  const bool counts = op.kind == OpKind::inc && op.value.front() != '-';
  found.to = gone ? "nothing" : (counts ? "+" : "") + value_text(op.value, kListedColumns);
  found.of_field = true;
  if (conflict.element.empty() && !writes.added.empty()) {
    found.to = value_text("[" + writes.added + "]", kListedColumns);
  }
  return found;
}

}  // namespace

std::string field_text(const Conflict& conflict) {
  std::string text = escape_text(conflict.field);
  if (!conflict.element.empty()) text += fmt::format("[{}]", value_text(conflict.element, 30));
  return text;
}

std::string outcome_text(const Conflict& conflict, const Side& side) {
  const std::string by = fmt::format(" (by {})", escape_text(side.source));
  if (side.deleted) return "it deleted" + by;
  const std::string field = escape_text(conflict.field);
  if (!conflict.element.empty()) {
    return fmt::format("{} {} {}{}", field, side.value.empty() ? "without" : "with",
                       value_text(conflict.element, kListedColumns), by);
  }
  if (side.value.empty() && !side.omitted) return fmt::format("{} unset{}", field, by);
  if (!side.removed.empty() && side.value == "[]") {
    return fmt::format("{} {}{}", field, side_text(side, kListedColumns), by);
  }
  return fmt::format("{}={}{}", field, side_text(side, kListedColumns), by);
}

std::string outcomes_of(const Meeting& meeting, bool incoming) {
  return joined(meeting, [incoming](const Conflict& c) {
    const Side& side = incoming ? c.incoming : c.current;
    return std::pair(outcome_text(c, side), side.deleted);
  });
}

Row conflict_row(const Meeting& meeting, const std::string& resolution, const Look& look) {
  const ConflictRecord& first = meeting.front();
  const Palette& colors = look.colors;
  const bool incoming = first.conflict.incoming_wins;
  const Side& winner = incoming ? first.conflict.incoming : first.conflict.current;
  const Side& loser = incoming ? first.conflict.current : first.conflict.incoming;
  return {{id_text(first.conflict.id, look.terminal)},
          {escape_text(first.subject), colors.bold},
          {clip(fields_of(meeting), kFieldsColumns)},
          {values_of(meeting, incoming, kListedColumns), colors.green},
          {"by " + escape_text(winner.source)},
          {"over"},
          {values_of(meeting, !incoming, kListedColumns), colors.red},
          {"by " + escape_text(loser.source)},
          {resolution}};
}

std::string resolution_text(const Meeting& meeting, const LineOf& line_of) {
  std::vector<Closing> all;
  for (const ConflictRecord& record : meeting) {
    Closing one = closing_of(record, line_of);
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](const Closing& other) { return other.by == one.by; });
    if (same == all.end()) {
      all.push_back(std::move(one));
    } else if (one.of_field) {
      same->to += ", " + one.to;
    }
  }
  std::string text;
  for (const Closing& one : all) {
    if (!text.empty()) text += ", ";
    text += one.by.empty()    ? "open"
            : one.to.empty()  ? "resolved by " + one.by
            : one.to == kKept ? fmt::format("kept {} by {}", one.to, one.by)
                              : fmt::format("resolved to {} by {}", one.to, one.by);
  }
  return text;
}

std::string conflict_details(const Meeting& meeting, const std::string& resolution,
                             const ReplicaInfo& info, const std::string& now,
                             const PromiseOf& promise, const Look& look) {
  const ConflictRecord& record = meeting.front();
  const Conflict& conflict = record.conflict;
  const Palette& colors = look.colors;
  std::string out;
  const auto line = [&](std::string_view what, const std::string& value) {
    out += fmt::format("{}{:9}{} {}\n", colors.dim, what, colors.reset, value);
  };
  const Ours ours = ours_of(conflict, info);
  const auto side = [&](std::string_view what, bool incoming) {
    const Side& of = incoming ? conflict.incoming : conflict.current;
    const bool wins = incoming == conflict.incoming_wins;
    std::string whose;
    if (ours != Ours::neither) whose = (ours == Ours::incoming) == incoming ? "ours, " : "theirs, ";
    const std::string values = values_of(meeting, incoming, kShownColumns);
    line(what,
         fmt::format("{}{}{}  by {}  at {}  ({}{})", wins ? colors.green : colors.red, values,
                     colors.reset, escape_text(of.source),
                     escape_text(side_time(of, look.terminal)), whose, wins ? "winner" : "loser"));
    line("", fmt::format("event {}", escape_text(of.id)));
  };
  line("conflict", escape_text(conflict.id));
  for (std::size_t i = 1; i < meeting.size(); ++i) line("", escape_text(meeting[i].conflict.id));
  line("entity", escape_text(record.subject));
  line("field", fields_of(meeting));
  side("current", false);
  side("incoming", true);
  line("base", conflict.base.none() ? "none was seen" : conflict.base.text());
  line("rule", escape_text(conflict.rule));
  const auto recorded = look.terminal ? parse_rfc3339(record.recorded) : std::nullopt;
  line("recorded", fmt::format("{} at sequence {}",
                               recorded ? time_text(*recorded, true) : escape_text(record.recorded),
                               record.sequence));
  line("state", resolution);
  if (!record.resolved_by.empty()) return out;
  if (!now.empty()) line("now", now);
  const bool named = ours != Ours::neither;
  const bool ours_first = ours == Ours::current;
  const std::string id = id_text(conflict.id, look.terminal);
  std::string_view what = "decide";
  const auto command = [&](std::string_view flag, bool incoming) {
    const auto makes = promise(incoming);
    if (makes) {
      line(what, fmt::format("offsync resolve {} --{:8}  makes {}", id, flag, *makes));
      what = "";
    } else {
      line("", fmt::format("--{} cannot be taken: {}", flag, escape_text(makes.error().detail)));
    }
  };
  command(named ? (ours_first ? "ours" : "theirs") : "current", false);
  command(named ? (ours_first ? "theirs" : "ours") : "incoming", true);
  line(what, fmt::format("offsync resolve {} --keep      leaves it as it is", id));
  return out;
}

std::string back_text(const std::vector<std::pair<std::string, std::string>>& back) {
  std::string text;
  for (const auto& [field, value] : back) {
    text += fmt::format("{}{}={}", text.empty() ? ", with " : ", ", escape_text(field),
                        value_text(value, kListedColumns));
  }
  return text.empty() ? text : text + " as before the delete";
}

}  // namespace offsync::cli
