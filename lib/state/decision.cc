#include "state/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/sha256.h"
#include "base/uuid.h"
#include "event/checks.h"
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

Side side_of(const Writer& writer, std::string_view value) {
  return {writer.stamp.text(), std::string(writer.id), std::string(writer.source),
          std::string(value), false};
}

Side deletion(const Writer& writer) {
  Side side = side_of(writer, {});
  side.deleted = true;
  return side;
}

// Half of a conflict's id: of one of its sides.
std::uint64_t half_of(const Conflict& conflict, std::string_view source, std::string_view id) {
  // With a NUL behind each, so that the parts cannot run into each other.
  constexpr std::string_view kEnd("\0", 1);
  std::string scratch;
  const std::string_view element =
      conflict.element.empty() ? std::string_view() : value_key(conflict.element, scratch);
  const Sha256 digest = sha256({source, kEnd, id, kEnd, conflict.field, kEnd, element, kEnd});
  std::uint64_t half = 0;
  for (std::size_t i = 0; i < 8; ++i) half = half << 8 | digest[i];
  return half;
}

// The same whichever of the two came first: where a log is put back, its events may be sent again
// in another order, and what has resolved the conflict still names it.
std::string id_of(const Conflict& conflict) {
  const std::uint64_t one = half_of(conflict, conflict.current.source, conflict.current.id);
  const std::uint64_t other = half_of(conflict, conflict.incoming.source, conflict.incoming.id);
  return uuid_v8(std::min(one, other), std::max(one, other));
}

// Whether `id` is that of a conflict on the same with this side, whatever the other one was.
bool has_side(std::string_view id, std::uint64_t half) {
  constexpr std::size_t kFirst = 18;  // "01234567-89ab-8def"
  const std::string first = uuid_v8(half, 0), second = uuid_v8(0, half);
  return id.size() == first.size() && (id.substr(0, kFirst) == first.substr(0, kFirst) ||
                                       id.substr(kFirst) == second.substr(kFirst));
}

// What `author` says that it had seen of `field` or, in a set, of `element`.
Stamp base_of(const EventView& author, std::string_view field, std::string_view element) {
  const Stamp whole = author.base_of(field);
  return whole.none() && !element.empty() ? author.base_of(field, element) : whole;
}

// Whether the stamp that an author has seen of something tells that it knew, too, of what another
// had written there before: everybody knows their own earlier writes.
bool follows(const Stamp& seen, const Stamp& write) {
  return seen.node == write.node && seen > write;
}

// Whether `author` says that it had seen the write of them with the stamp `write`.
bool saw(const EventView& author, const Stamp& write, std::string_view field,
         std::string_view element) {
  // One stamp for a whole set is that of the latest write seen; earlier ones count as seen with it.
  if (!element.empty() && write <= author.base_of(field)) return true;
  const Stamp seen = base_of(author, field, element);
  return seen == write || follows(seen, write);
}

// Whether the stamp is of a clock of its author's, which gives none twice. One that is made of a
// time may be that of several events.
bool has_own_stamp(const EventView& event) {
  return event.stamp.node != foreign_node(event.source);
}

// Whether `author` had seen `event`, and so all that it writes.
bool saw_all(const EventView& author, const EventView& event) {
  return has_own_stamp(event) &&
         std::any_of(author.bases.begin(), author.bases.end(),
                     [&](const Base& base) { return base.stamp == event.stamp; });
}

// Collects the conflicts of one event with one entity.
class Meeting {
 public:
  Meeting(const Entity& before, const EventView& event, LogLook* log)
      : before_(before), event_(event), log_(log) {}

  std::vector<Conflict> run() {
    if (event_.del) {
      meet_as_delete();
    } else if (hidden()) {
      for (const Op& op : event_.ops) meet_delete(op, false);
    } else {
      for (const Op& op : event_.ops) {
        overrules(op) ? meet_delete(op, true) : meet_field(op);
      }
    }
    return std::move(conflicts_);
  }

 private:
  Writer author() const { return {event_.stamp, event_.id, event_.source}; }

  // Whether the event's author wrote without knowing of `writer`'s write of them.
  bool unseen(const Writer& writer, std::string_view field, std::string_view element = {}) const {
    if (writer.none() || writer.stamp.node == event_.stamp.node) return false;
    if (!event_.base_given) return writer.stamp > event_.stamp;
    return !saw(event_, writer.stamp, field, element);
  }

  // The other way round: whether who wrote what is in the log knew of the event, or had written
  // over what was written by somebody who did. `element`: of a set, where the conflict is about the
  // whole of it.
  bool known_to_current(const Conflict& conflict, std::string_view element) const {
    if (log_ == nullptr) return false;
    if (element.empty()) element = conflict.element;
    const EventView* author = log_->event_of(conflict.current.source, conflict.current.id);
    while (author != nullptr && !knew(*author, conflict, element)) {
      // Each is older than who saw it, so that there is an end; what is older than the event cannot
      // have known it.
      const Stamp seen = base_of(*author, conflict.field, element);
      if (seen < event_.stamp || seen >= author->stamp) return false;
      author = log_->event_at(seen);
      if (author != nullptr && !is_one(*author, seen)) return false;
    }
    return author != nullptr;
  }

  bool knew(const EventView& author, const Conflict& conflict, std::string_view element) const {
    // It was written to resolve a conflict that the event was a side of.
    if (!author.causationid.empty() &&
        has_side(author.causationid, half_of(conflict, event_.source, event_.id))) {
      return true;
    }
    // Only who created afresh over it names a delete.
    if (event_.del) {
      return follows(base_of(author, conflict.field, element), event_.stamp) ||
             saw_all(author, event_);
    }
    return saw(author, event_.stamp, conflict.field, element) || saw_all(author, event_);
  }

  // Whether the stamp is of this write of the entity and of no other.
  bool is_one(const EventView& author, const Stamp& stamp) const {
    return author.stamp == stamp && author.subject == event_.subject && has_own_stamp(author);
  }

  bool wins_over(const Writer& current) const {
    if (event_.stamp != current.stamp) return event_.stamp > current.stamp;
    return event_.id != current.id ? event_.id > current.id : event_.source > current.source;
  }

  // What the event's author says that it had seen; of a set as a whole, the latest of it.
  Stamp stated(std::string_view field, std::string_view element) const {
    Stamp latest = base_of(event_, field, element);
    if (!latest.none() || !element.empty()) return latest;
    for (const Base& one : event_.bases) {
      if (one.field == field) latest = std::max(latest, one.stamp);
    }
    return latest;
  }

  // What a conflict is about, and which element of that was looked at.
  struct Target {
    std::string_view field;
    FieldKind kind = FieldKind::reg;
    std::string_view element;  // of the conflict
    std::string_view met;      // of a set as a whole
  };

  // False where there is no conflict after all.
  bool add(const Target& target, Side current, Side incoming, bool incoming_wins,
           std::string rule) {
    Conflict conflict;
    conflict.field = target.field;
    conflict.kind = target.kind;
    conflict.element = target.element;
    conflict.base = stated(conflict.field, conflict.element);
    conflict.current = std::move(current);
    conflict.incoming = std::move(incoming);
    conflict.id = id_of(conflict);
    conflict.incoming_wins = incoming_wins;
    conflict.rule = std::move(rule);
    if (known_to_current(conflict, target.met)) return false;
    conflicts_.push_back(std::move(conflict));
    return true;
  }

  // The event deletes: each field that its author had not seen so meets it. Where a later create
  // keeps the entity alive, the fields written after the delete win.
  void meet_as_delete() {
    if (!before_.lives() || event_.stamp <= before_.deleted().stamp) return;
    for (const Field& field : before_.fields()) {
      if (!field.shows() || already(field.name())) continue;
      for (const auto& [met, element] : unseen_writers(field)) {
        if (add({field.name(), field.kind(), {}, element}, side_of(met, field.shown()),
                deletion(author()), hides(met), "delete-wins")) {
          break;
        }
      }
    }
  }

  // Whether the event, a delete, leaves nothing of a write.
  bool hides(const Writer& writer) const {
    return event_.stamp >= before_.created().stamp || writer.stamp <= event_.stamp;
  }

  // Who wrote what the field shows and the author had not seen. Of a set, those of such elements,
  // first what the delete hides, the latest first.
  using Met = std::pair<Writer, std::string_view>;  // and the element
  std::vector<Met> unseen_writers(const Field& field) const {
    std::vector<Met> met;
    if (field.kind() != FieldKind::set) {
      if (unseen(field.writer(), field.name())) met.emplace_back(field.writer(), "");
      return met;
    }
    for (const auto& [element, entry] : field.written_elements()) {
      const Writer writer = entry->writer.view();
      if (entry->present && unseen(writer, field.name(), element))
        met.emplace_back(writer, element);
    }
    std::stable_sort(met.begin(), met.end(), [&](const Met& a, const Met& b) {
      return std::pair(hides(a.first), a.first.stamp) > std::pair(hides(b.first), b.first.stamp);
    });
    return met;
  }

  // Whether nothing of the event shows because somebody else deleted the entity.
  bool hidden() const {
    const Writer deleted = before_.deleted();
    if (deleted.none() || deleted.stamp.node == event_.stamp.node) return false;
    return event_.stamp <= deleted.stamp || !(before_.lives() || event_.create);
  }

  // Whether the operation is part of a new beginning by somebody who had not seen the delete. Who
  // had names that, or a later write, or (versions before this one) nothing.
  bool overrules(const Op& op) const {
    const Writer deleted = before_.deleted();
    if (!event_.create || before_.lives() || deleted.none()) return false;
    if (deleted.stamp.node == event_.stamp.node) return false;
    const auto element = kind_of(op.kind) == FieldKind::set ? op.value : std::string_view();
    const Stamp seen = base_of(event_, op.field, element);
    return !seen.none() && seen < deleted.stamp;
  }

  // A set as a whole, as where it is the delete that comes second: so either order gives one id.
  void meet_delete(const Op& op, bool wins) {
    const FieldKind kind = kind_of(op.kind);
    const bool of_set = kind == FieldKind::set;
    if (of_set && already(op.field)) return;
    const Side side = of_set ? set_side(op.field) : side_of(author(), op.value);  // unset: no value
    add({op.field, kind, {}, of_set ? op.value : std::string_view()}, deletion(before_.deleted()),
        side, wins, wins ? "last-write" : "delete-wins");
  }

  // What the event did to a set.
  Side set_side(std::string_view field) const {
    Side side = side_of(author(), elements(field, OpKind::add));
    if (std::string out = elements(field, OpKind::remove); out != "[]") side.removed = out;
    return side;
  }

  std::string elements(std::string_view field, OpKind kind) const {
    std::set<std::string_view> all;  // as a set is shown
    for (const Op& op : event_.ops) {
      if (op.kind == kind && op.field == field) all.insert(op.value);
    }
    return fmt::format("[{}]", fmt::join(all, ","));
  }

  void meet_field(const Op& op) {
    if (op.kind == OpKind::inc) return;  // increments commute
    const Field* field = known(before_, op.field);
    if (field == nullptr || field->kind() != kind_of(op.kind)) return;
    if (field->kind() == FieldKind::set) return meet_element(op, *field);
    const Writer current = field->writer();
    if (!unseen(current, op.field) || same_value(field->value(), op.value)) return;
    add({op.field, FieldKind::reg, {}, {}}, side_of(current, field->value()),
        side_of(author(), op.value), wins_over(current), "last-write");
  }

  void meet_element(const Op& op, const Field& field) {
    std::string_view written;
    const SetElement* element = field.element(op.value, &written);
    if (element == nullptr) return;
    const Writer current = element->writer.view();
    const bool adds = op.kind == OpKind::add;
    if (!unseen(current, op.field, op.value) || element->present == adds) return;
    add({op.field, FieldKind::set, op.value, {}}, side_of(current, element->present ? written : ""),
        side_of(author(), adds ? op.value : ""), wins_over(current), "last-write");
  }

  bool already(std::string_view field) const {
    return std::any_of(conflicts_.begin(), conflicts_.end(), [&](const Conflict& conflict) {
      return conflict.field == field && conflict.element.empty();
    });
  }

  const Entity& before_;
  const EventView& event_;
  LogLook* log_;
  std::vector<Conflict> conflicts_;
};

// What there is of increments and elements, and what the event adds to it.
struct Entries {
  std::size_t there = 0, added = 0;
};

Entries entries_with(const Entity& before, const EventView& event) {
  Entries entries;
  for (const Op& op : event.ops) {
    if (kind_of(op.kind) == FieldKind::reg) continue;
    const Field* field = known(before, op.field);
    if (field == nullptr || field->element(op.value) == nullptr) ++entries.added;
  }
  if (entries.added == 0) return entries;
  for (const Field& field : before.fields()) {
    if (field.kind() == FieldKind::reg) continue;
    entries.there += field.increments().size() + field.elements().size();
  }
  return entries;
}

Error mismatch(const Field& field, const Op& op, std::string_view subject) {
  const std::string shown = field.shown();
  const bool reg = field.kind() == FieldKind::reg;
  return bad_data(
      "kind_mismatch",
      fmt::format("the field {} of {} is a {} {}; the event uses it as a {}", op.field, subject,
                  name_of(field.kind()),
                  shown.empty() ? "that shows nothing" : "that shows " + printable_json(shown),
                  name_of(kind_of(op.kind))),
      reg ? "it stays as it is: set it to its new value, or use a field of another name"
          : "it stays as it is: use a field of another name");
}

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
      return mismatch(*field, op, event.subject);
    }
  }
  if (before.fields().size() + added.size() > limits::kFieldsPerEntity) {
    return bad_data("too_many_fields",
                    fmt::format("{} would have {} fields; an entity has at most {}", event.subject,
                                before.fields().size() + added.size(), limits::kFieldsPerEntity));
  }
  const Entries entries = entries_with(before, event);
  if (entries.added > 0 && entries.there + entries.added > kEntriesPerEntity) {
    return bad_data(
        "too_many_entries",
        fmt::format(
            "{} has {} increments of counters and elements of sets, and would have {} more; "
            "an entity has at most {}",
            event.subject, entries.there, entries.added, kEntriesPerEntity),
        "count in another entity (one a month, say), or delete it and create it afresh");
  }
  return {};
}

Status check_alive(const Entity& before, const EventView& event) {
  if (event.create || event.del || event.ops.empty() || before.empty() || before.lives()) return {};
  return bad_data("entity_deleted", fmt::format("{} was deleted", event.subject),
                  "create it afresh with --create, or choose another subject");
}

std::vector<Conflict> conflicts_of(const Entity& before, const EventView& event, LogLook* log) {
  return Meeting(before, event, log).run();
}

}  // namespace offsync
