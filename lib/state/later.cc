#include "state/later.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/rfc3339.h"
#include "event/checks.h"
#include "event/decoder.h"
#include "event/value_key.h"

namespace offsync {
namespace {

// The later one.
Stamp stamp_of(const Conflict& conflict) {
  const Stamp none;
  return std::max(Stamp::parse(conflict.current.stamp).value_or(none),
                  Stamp::parse(conflict.incoming.stamp).value_or(none));
}

// Who wrote what the conflict is about, as it is now; none() where nobody did.
Writer writer_of(const Conflict& conflict, const Field* field) {
  if (field == nullptr) return {};
  if (conflict.element.empty() || field->kind() != FieldKind::set) return field->writer();
  const SetElement* element = field->element(conflict.element);
  return element == nullptr ? Writer{} : element->writer.view();
}

// What is there of it.
std::string value_of(const Conflict& conflict, const Field& field) {
  if (conflict.element.empty() || field.kind() != FieldKind::set) return field.shown();
  const SetElement* element = field.element(conflict.element);
  return element != nullptr && element->present ? conflict.element : std::string();
}

Later later_by(const Writer& writer, std::string field, std::string value) {
  return {false,        std::move(field),           std::move(value),
          writer.stamp, std::string(writer.source), std::string(writer.id)};
}

}  // namespace

bool same_event(const Side& side, const Writer& writer) {
  return side.id == writer.id && side.source == writer.source;
}

Error deleted_after(const std::string& subject, const Conflict& conflict) {
  return bad_data(
      "entity_deleted",
      fmt::format("{} was deleted after both sides of the conflict {}", subject, conflict.id),
      fmt::format("close the conflict with: offsync resolve {} --keep; create the entity afresh "
                  "with: offsync emit --create",
                  conflict.id));
}

Error written_since(const std::string& subject, const Conflict& conflict, const Later& later) {
  const std::string what =
      later.deleted ? subject + " was deleted"
                    : fmt::format("{} of {} was {}", later.field, subject,
                                  later.value.empty() ? "taken away"
                                                      : "set to " + printable_json(later.value));
  return bad_data(
      "written_since",
      fmt::format("{} by {} at {}, after both sides of the conflict {}", what,
                  printable(later.source), format_rfc3339(later.stamp.ms()), conflict.id),
      fmt::format("keep that with: offsync resolve {0} --keep; see what else can be chosen with: "
                  "offsync conflicts show {0}",
                  conflict.id));
}

bool Decisions::is_over(const Conflict& conflict) const {
  if (about_delete(conflict) || begun_.deleted().none()) return false;
  if (!begun_.lives()) return true;
  return stamp_of(conflict) <= begun_.deleted().stamp &&
         writer_of(conflict, begun_.find(conflict.field)).none();
}

// `field`: empty for any.
bool Decisions::in_open_conflict(const Writer& writer, std::string_view field,
                                 const Conflict& own) const {
  const auto is_side = [&](const Conflict& one) {
    return same_event(one.current, writer) || same_event(one.incoming, writer);
  };
  return is_side(own) ||
         std::any_of(conflicts_.begin(), conflicts_.end(), [&](const KnownConflict& known) {
           return known.open && (field.empty() || known.conflict.field == field) &&
                  is_side(known.conflict);
         });
}

Result<std::optional<Later>> Decisions::later(const Conflict& conflict) const {
  const Stamp after = stamp_of(conflict);
  if (about_delete(conflict)) return later_than_meeting(conflict, after);
  if (is_over(conflict)) {
    Later later = later_by(begun_.deleted(), {}, {});
    later.deleted = true;
    return std::optional(std::move(later));
  }
  const std::optional<Later> nothing;
  const Field* field = begun_.find(conflict.field);
  const Writer writer = writer_of(conflict, field);
  if (writer.none() || writer.stamp <= after) return nothing;
  if (in_open_conflict(writer, conflict.field, conflict)) return nothing;
  OFFSYNC_ASSIGN(const bool may_have, may_have_known(writer, conflict, after));
  if (!may_have) return nothing;
  return std::optional(later_by(writer, conflict.field, value_of(conflict, *field)));
}

// Who wrote the same as a side, and says not to have seen the later one, meets nobody: that is no
// decision.
Result<bool> Decisions::may_have_known(const Writer& writer, const Conflict& conflict,
                                       const Stamp& after) const {
  OFFSYNC_ASSIGN(const auto line, log_.find_event(writer.source, writer.id));
  if (!line) return true;
  Decoder decoder;
  OFFSYNC_ASSIGN(const EventView* event, decoder.decode(*line));
  return !event->base_given || std::max(event->base_of(conflict.field),
                                        event->base_of(conflict.field, conflict.element)) >= after;
}

// The latest write of the entity, or another delete of it.
std::optional<Later> Decisions::later_than_meeting(const Conflict& conflict,
                                                   const Stamp& after) const {
  const auto counts = [&](const Writer& writer, std::string_view field) {
    return writer.stamp > after && !in_open_conflict(writer, field, conflict);
  };
  if (!begun_.lives()) {
    if (!counts(begun_.deleted(), {})) return {};
    Later later = later_by(begun_.deleted(), {}, {});
    later.deleted = true;
    return later;
  }
  std::optional<Later> latest;
  for (const Field& field : begun_.fields()) {
    const Writer writer = field.writer();
    if (!counts(writer, field.name()) || (latest && latest->stamp >= writer.stamp)) continue;
    latest = later_by(writer, field.name(), field.shown());
  }
  return latest;
}

// Who takes an edit writes its field, or adds to it; who takes a delete writes over all.
Result<std::optional<Later>> Decisions::replaced(const Conflict& conflict, const Side& side,
                                                 bool adds_only) const {
  const std::optional<Later> nothing;
  OFFSYNC_ASSIGN(std::optional<Later> found, later(conflict));
  if (!found || (side.deleted && found->deleted)) return nothing;
  if (side.deleted) return found;
  if (about_delete(conflict) && !found->deleted) {
    const Field* field = begun_.find(conflict.field);
    const Writer writer = writer_of(conflict, field);
    if (adds_only || writer.none() || writer.stamp <= stamp_of(conflict)) return nothing;
    if (in_open_conflict(writer, conflict.field, conflict)) return nothing;
    found = later_by(writer, conflict.field, field->shown());
  }
  if (!found->deleted && same_value(found->value, side.value)) return nothing;
  return found;
}

}  // namespace offsync
