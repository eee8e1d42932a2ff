#include "cli/commands/conflict_now.h"

#include <fmt/format.h>

#include "cli/commands/conflict_text.h"
#include "cli/text/escape.h"
#include "cli/text/event_text.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kColumns = 40;
constexpr std::size_t kShownColumns = 200;

void put(std::string& list, const std::string& part) {
  list += (list.empty() ? "" : ", ") + part;
}

// What the field, or the element, is in `entity`.
std::string state_text(const Conflict& conflict, const Entity& entity, std::size_t columns) {
  const Field* field = entity.find(conflict.field);
  const std::string name = escape_text(conflict.field);
  if (!conflict.element.empty()) {
    const SetElement* element = field == nullptr ? nullptr : field->element(conflict.element);
    return fmt::format("{} {} {}", name,
                       element != nullptr && element->present ? "with" : "without",
                       value_text(conflict.element, columns));
  }
  if (field == nullptr || !field->shows()) return name + " unset";
  return fmt::format("{}={}", name, value_text(field->shown(), columns));
}

std::string by_text(std::string_view source, const Stamp& stamp, bool local) {
  return fmt::format("by {} at {}", escape_text(source), time_text(stamp.ms(), local));
}

// What becomes of the entity's other fields.
std::string rest_text(const Resolution& made) {
  return made.rest_known ? back_text(made.back) : ", without its other fields";
}

}  // namespace

std::string later_text(const ConflictRecord& record, const Later& later, bool local) {
  const std::string by = by_text(later.source, later.stamp, local);
  if (later.deleted) return fmt::format("{} was deleted {}", escape_text(record.subject), by);
  const std::string field =
      later.field == record.conflict.field ? field_text(record.conflict) : escape_text(later.field);
  const std::string value =
      later.value.empty() ? " taken away" : "=" + value_text(later.value, kColumns);
  return fmt::format("{}{} {}", field, value, by);
}

Result<std::optional<Later>> later_of(Resolver& resolver, const Meeting& meeting) {
  OFFSYNC_ASSIGN(Decisions * decisions, resolver.decisions(meeting.front().subject));
  for (const ConflictRecord& record : meeting) {
    OFFSYNC_ASSIGN(auto later, decisions->later(record.conflict));
    if (later) return later;
  }
  return std::optional<Later>();
}

Result<std::string> now_text(Replica& replica, const Meeting& meeting, bool local) {
  OFFSYNC_ASSIGN(const auto entity, replica.entity(meeting.front().subject));
  if (!entity || entity->empty()) return std::string();
  const auto dated = [&](const std::string& what, const Writer& writer) {
    if (writer.none()) return what;
    return fmt::format("{}  by {}  at {}", what, escape_text(writer.source),
                       time_text(writer.stamp.ms(), local));
  };
  if (!entity->lives()) return dated("deleted", entity->deleted());
  std::string what;
  Writer last;
  for (const ConflictRecord& record : meeting) {
    put(what, state_text(record.conflict, *entity, kShownColumns));
    const Field* field = entity->find(record.conflict.field);
    if (field == nullptr) continue;
    const SetElement* element =
        record.conflict.element.empty() ? nullptr : field->element(record.conflict.element);
    const Writer writer = element == nullptr ? field->writer() : element->writer.view();
    if (writer.stamp > last.stamp) last = writer;
  }
  return dated(what, last);
}

Result<std::string> promise_of(Replica& replica, const Meeting& meeting, bool incoming) {
  OFFSYNC_ASSIGN(Resolver resolver, Resolver::begin(replica));
  OFFSYNC_ASSIGN(Decisions * decisions, resolver.decisions(meeting.front().subject));
  std::string rest;
  bool over = false;
  for (const ConflictRecord& record : meeting) {
    const Conflict& conflict = record.conflict;
    const Side& side = incoming ? conflict.incoming : conflict.current;
    OFFSYNC_ASSIGN(const Resolution made, decisions->decide(conflict, Choice::of(side)));
    if (side.deleted) return outcome_text(conflict, side);
    if (made.draft.create) rest = rest_text(made);
    over = made.over;
  }
  if (over) return fmt::format("nothing: {} was deleted", escape_text(meeting.front().subject));
  std::string text;
  for (const ConflictRecord& record : meeting) {
    const Side& side = incoming ? record.conflict.incoming : record.conflict.current;
    put(text, fmt::format("{} (by {})", state_text(record.conflict, decisions->now(), kColumns),
                          escape_text(side.source)));
  }
  return text + rest;
}

}  // namespace offsync::cli
