#include "state/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/sha256.h"
#include "base/uuid.h"
#include "event/value_key.h"

namespace offsync {
namespace {

// The kind under which a field is known, if it is: what a delete has hidden has none.
const Field* known(const Entity& entity, std::string_view name) {
  for (const Field& field : entity.fields()) {
    if (field.name() == name) return &field;
  }
  return nullptr;
}

std::string conflict_id(const EventView& event, std::string_view field, std::string_view element) {
  // With a NUL behind each, so that the parts cannot run into each other.
  constexpr std::string_view kEnd("\0", 1);
  const Sha256 digest = sha256({event.source, kEnd, event.id, kEnd, field, kEnd, element, kEnd});
  std::uint64_t words[2] = {0, 0};
  for (std::size_t i = 0; i < 16; ++i) words[i / 8] = words[i / 8] << 8 | digest[i];
  return uuid_v8(words[0], words[1]);
}

Side side_of(const Writer& writer, std::string_view value) {
  return {writer.stamp.text(), std::string(writer.id), std::string(writer.source),
          std::string(value), false};
}

Side deletion(const Writer& writer) {
  Side side = side_of(writer, {});
  side.deleted = true;
  return side;
}

// Collects the conflicts of one event with one entity.
class Meeting {
 public:
  Meeting(const Entity& before, const EventView& event) : before_(before), event_(event) {}

  std::vector<Conflict> run() {
    if (event_.del) {
      meet_as_delete();
    } else {
      for (const Op& op : event_.ops) {
        if (!meet_delete(op)) meet_field(op);
      }
    }
    return std::move(conflicts_);
  }

 private:
  Writer author() const { return {event_.stamp, event_.id, event_.source}; }

  // What the event's author had seen of `field` or, in a set, of `element`.
  Stamp base(std::string_view field, std::string_view element) const {
    const Stamp whole = event_.base_of(field);
    return whole.none() && !element.empty() ? event_.base_of(field, element) : whole;
  }

  // Whether the event's author wrote without knowing of `writer`'s write of them.
  bool unseen(const Writer& writer, std::string_view field, std::string_view element = {}) const {
    if (writer.none() || writer.stamp.node == event_.stamp.node) return false;
    if (!event_.base_given) return writer.stamp > event_.stamp;
    // One stamp for a whole set is that of the latest write seen; earlier ones count as seen with
    // it.
    if (!element.empty() && writer.stamp <= event_.base_of(field)) return false;
    return writer.stamp != base(field, element);
  }

  bool wins_over(const Writer& current) const {
    if (event_.stamp != current.stamp) return event_.stamp > current.stamp;
    return event_.id != current.id ? event_.id > current.id : event_.source > current.source;
  }

  // What the event's author says that it had seen; of a set as a whole, the latest of it.
  Stamp stated(std::string_view field, std::string_view element) const {
    Stamp latest = base(field, element);
    if (!latest.none() || !element.empty()) return latest;
    for (const Base& one : event_.bases) {
      if (one.field == field) latest = std::max(latest, one.stamp);
    }
    return latest;
  }

  void add(const Field* field, const Op* op, Side current, Side incoming, bool incoming_wins,
           std::string rule) {
    Conflict conflict;
    conflict.field = op != nullptr ? op->field : std::string_view(field->name());
    conflict.kind = op != nullptr ? kind_of(op->kind) : field->kind();
    if (op != nullptr && conflict.kind == FieldKind::set) conflict.element = op->value;
    conflict.id = conflict_id(event_, conflict.field, conflict.element);
    conflict.base = stated(conflict.field, conflict.element);
    conflict.current = std::move(current);
    conflict.incoming = std::move(incoming);
    conflict.incoming_wins = incoming_wins;
    conflict.rule = std::move(rule);
    conflicts_.push_back(std::move(conflict));
  }

  // The event deletes: each field that its author had not seen so meets it. Where a later create
  // keeps the entity alive, the fields written after the delete win.
  void meet_as_delete() {
    if (!before_.lives() || event_.stamp <= before_.deleted().stamp) return;
    for (const Field& field : before_.fields()) {
      if (!field.shows() || already(field.name())) continue;
      const Writer met = unseen_writer(field);
      if (met.none()) continue;
      add(&field, nullptr, side_of(met, field.shown()), deletion(author()), hides(met),
          "delete-wins");
    }
  }

  // Whether the event, a delete, leaves nothing of a write.
  bool hides(const Writer& writer) const {
    return event_.stamp >= before_.created().stamp || writer.stamp <= event_.stamp;
  }

  // Who wrote what the field shows and the author had not seen. Of a set, the latest such element;
  // first among those that the delete hides.
  Writer unseen_writer(const Field& field) const {
    if (field.kind() != FieldKind::set) {
      return unseen(field.writer(), field.name()) ? field.writer() : Writer{};
    }
    Writer met;
    for (const auto& [element, entry] : field.written_elements()) {
      const Writer writer = entry->writer.view();
      if (!entry->present || !unseen(writer, field.name(), element)) continue;
      if (met.none() || std::pair(hides(writer), writer.stamp) > std::pair(hides(met), met.stamp)) {
        met = writer;
      }
    }
    return met;
  }

  // True if the operation does not show because somebody else deleted the entity.
  bool meet_delete(const Op& op) {
    const Writer deleted = before_.deleted();
    if (deleted.none() || deleted.stamp.node == event_.stamp.node) return false;
    const bool lives = before_.lives() || event_.create;
    if (lives && event_.stamp > deleted.stamp) return false;
    add(nullptr, &op, deletion(deleted),
        side_of(author(), op.kind == OpKind::remove ? "" : op.value), false, "delete-wins");
    return true;
  }

  void meet_field(const Op& op) {
    if (op.kind == OpKind::inc) return;  // increments commute
    const Field* field = known(before_, op.field);
    if (field == nullptr || field->kind() != kind_of(op.kind)) return;
    if (field->kind() == FieldKind::set) return meet_element(op, *field);
    const Writer current = field->writer();
    if (!unseen(current, op.field) || same_value(field->value(), op.value)) return;
    add(field, &op, side_of(current, field->value()), side_of(author(), op.value),
        wins_over(current), "last-write");
  }

  void meet_element(const Op& op, const Field& field) {
    std::string_view written;
    const SetElement* element = field.element(op.value, &written);
    if (element == nullptr) return;
    const Writer current = element->writer.view();
    const bool adds = op.kind == OpKind::add;
    if (!unseen(current, op.field, op.value) || element->present == adds) return;
    add(&field, &op, side_of(current, element->present ? written : ""),
        side_of(author(), adds ? op.value : ""), wins_over(current), "last-write");
  }

  bool already(std::string_view field) const {
    return std::any_of(conflicts_.begin(), conflicts_.end(), [&](const Conflict& conflict) {
      return conflict.field == field && conflict.element.empty();
    });
  }

  const Entity& before_;
  const EventView& event_;
  std::vector<Conflict> conflicts_;
};

}  // namespace

Status check_fit(const Entity& before, const EventView& event) {
  std::set<std::string_view> added;
  for (const Op& op : event.ops) {
    const Field* field = known(before, op.field);
    if (field == nullptr) {
      added.insert(op.field);
      continue;
    }
    if (field->kind() != kind_of(op.kind)) {
      return bad_data(
          "kind_mismatch",
          fmt::format("the field {} of {} is a {}; the event uses it as a {}", op.field,
                      event.subject, name_of(field->kind()), name_of(kind_of(op.kind))));
    }
  }
  if (before.fields().size() + added.size() > limits::kFieldsPerEntity) {
    return bad_data("too_many_fields",
                    fmt::format("{} would have {} fields; an entity has at most {}", event.subject,
                                before.fields().size() + added.size(), limits::kFieldsPerEntity));
  }
  return {};
}

Status check_alive(const Entity& before, const EventView& event) {
  if (event.create || event.del || event.ops.empty() || before.empty() || before.lives()) return {};
  return bad_data("entity_deleted", fmt::format("{} was deleted", event.subject),
                  "create it afresh with --create, or choose another subject");
}

std::vector<Conflict> conflicts_of(const Entity& before, const EventView& event) {
  return Meeting(before, event).run();
}

}  // namespace offsync
