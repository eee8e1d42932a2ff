#include "replica/resolution.h"

#include <set>

#include "base/limits.h"
#include "event/decimal.h"
#include "event/decoder.h"
#include "event/value.h"
#include "event/value_key.h"
#include "state/entity_codec.h"

namespace offsync {
namespace {

// Both sides of it: what a delete met, or what met a delete.
bool about_delete(const Conflict& conflict) {
  return conflict.current.deleted || conflict.incoming.deleted;
}

// The texts of an array's elements, with commas.
std::string_view elements_of(std::string_view array) {
  return array.size() < 2 ? std::string_view() : array.substr(1, array.size() - 2);
}

Error misfit(const Conflict& conflict, std::string_view what) {
  return bad_data("kind_mismatch", conflict.field + " is a " + std::string(name_of(conflict.kind)) +
                                       ": its value is " + std::string(what));
}

// Of a set as a whole.
Status give_set(EventDraft& draft, const Conflict& conflict, const Side& side) {
  if (!side.value.empty() && side.value.front() != '[') {
    return misfit(conflict, "an array of elements");
  }
  const std::string_view added = elements_of(side.value), removed = elements_of(side.removed);
  if (!added.empty()) draft.add[conflict.field].emplace_back(added);
  if (!removed.empty()) draft.remove[conflict.field].emplace_back(removed);
  return {};
}

// Has `draft` give the field of `conflict`, which is `field` now, what `side` gave it.
Status give(EventDraft& draft, const Conflict& conflict, const Side& side, const Field* field) {
  const std::string_view value = side.value;
  if (!conflict.element.empty()) {
    if (!value.empty() && !same_value(value, conflict.element)) {
      return bad_data("kind_mismatch", "the conflict is about an element of the set " +
                                           conflict.field +
                                           ", which is in it or not: no other value fits");
    }
    (value.empty() ? draft.remove : draft.add)[conflict.field].push_back(conflict.element);
  } else if (conflict.kind == FieldKind::set) {
    return give_set(draft, conflict, side);
  } else if (value.empty()) {
    draft.unset.push_back(conflict.field);
  } else if (conflict.kind == FieldKind::reg) {
    draft.set[conflict.field] = value;
  } else {
    auto by = Decimal::parse(value);
    if (!by) return misfit(conflict, "a number");
    if (field != nullptr && field->kind() == FieldKind::counter) *by -= field->sum();
    draft.inc[conflict.field] = by->text();
  }
  return {};
}

// The entity as it would be without this delete; nothing where the received log has not the delete:
// what a snapshot holds is what the delete has left.
Result<std::optional<Entity>> without(Replica& replica, const std::string& subject,
                                      const Side& deleted) {
  const std::string name = "\"subject\":" + json_string(subject);
  Entity entity;
  Status read;
  bool found = false;
  EntityDecoder records;
  OFFSYNC_TRY(replica.for_each_base([&](std::string_view line) {
    if (line.find(name) == std::string_view::npos) return true;
    auto record = records.decode(line);
    if (!record) read = record.error();
    if (!record || record->subject != subject) return record.ok();
    entity = std::move(record->entity);
    return false;
  }));
  OFFSYNC_TRY(read);
  Decoder decoder;
  OFFSYNC_TRY(replica.for_each_log({}, [&](std::uint64_t, std::string_view line) {
    if (line.find(name) == std::string_view::npos) return true;
    const auto event = decoder.decode(line);
    if (!event) read = event.error();
    if (!event || (*event)->subject != subject) return event.ok();
    const bool is_it = (*event)->id == deleted.id && (*event)->source == deleted.source;
    found = found || is_it;
    if (!is_it && (*event)->writes()) entity.fold(**event);
    return true;
  }));
  OFFSYNC_TRY(read);
  if (!found) return std::optional<Entity>{};
  return std::optional<Entity>(std::move(entity));
}

// The fields in which the two events of the record met and nobody has decided yet.
Result<std::set<std::string>> fields_met(Replica& replica, const Conflict& conflict) {
  std::set<std::string> fields = {conflict.field};
  const auto same = [](const Side& a, const Side& b) {
    return a.id == b.id && a.source == b.source;
  };
  OFFSYNC_ASSIGN(const auto open, replica.conflicts(false));
  for (const Replica::ConflictRecord& other : open) {
    if (same(other.conflict.current, conflict.current) &&
        same(other.conflict.incoming, conflict.incoming)) {
      fields.insert(other.conflict.field);
    }
  }
  return fields;
}

// Whether an event has room for the draft with its base, which names what it writes once more.
bool has_room(const EventDraft& draft, std::size_t fields) {
  constexpr std::size_t kStampBytes = 64;  // and a name's quotes
  return 2 * draft.line().size() + fields * kStampBytes <= limits::kEventBytes;
}

// What the delete took besides: the decision undoes all of it. `now`: what shows again anyway, as
// it was written later than the delete.
Status bring_back(Replica& replica, const Replica::ConflictRecord& record, const Entity& now,
                  Resolution& made) {
  const Conflict& conflict = record.conflict;
  const Side& deleted = conflict.current.deleted ? conflict.current : conflict.incoming;
  OFFSYNC_ASSIGN(const auto before, without(replica, record.subject, deleted));
  made.rest_known = before.has_value();
  if (!before || !before->lives()) return {};
  OFFSYNC_ASSIGN(std::set<std::string> done, fields_met(replica, conflict));
  const EventDraft alone = made.draft;
  for (const Field& field : before->fields()) {
    if (!field.shows() || !done.insert(field.name()).second) continue;
    Conflict one;
    one.field = field.name();
    one.kind = field.kind();
    Side side;
    side.value = field.shown();
    OFFSYNC_TRY(give(made.draft, one, side, now.find(field.name())));
    made.back.emplace_back(field.name(), side.value);
  }
  if (has_room(made.draft, made.back.size())) return {};
  made.draft = alone;
  made.back.clear();
  made.rest_known = false;
  return {};
}

}  // namespace

Result<Resolution> resolution_of(Replica& replica, const Replica::ConflictRecord& record,
                                 const Side& side) {
  const Conflict& conflict = record.conflict;
  Resolution made;
  made.draft.type = kResolveType;
  made.draft.subject = record.subject;
  made.draft.causationid = conflict.id;
  OFFSYNC_ASSIGN(const std::optional<Entity> now, replica.entity(record.subject));
  const bool lives = !now || now->lives();
  if (side.deleted) {
    // Also where it is: who decides otherwise meanwhile is to meet this.
    made.draft.del = true;
    return made;
  }
  // An edit that is taken is taken over the delete that it met, also where it took something away.
  // Else there may be nothing left to take a value from: then the event only says so.
  if (!lives && side.value.empty() && !about_delete(conflict)) return made;
  OFFSYNC_TRY(give(made.draft, conflict, side, now ? now->find(conflict.field) : nullptr));
  // Where it does not live, what was written after its delete shows again with the `create`.
  made.draft.create = !lives;
  if (!lives && about_delete(conflict)) OFFSYNC_TRY(bring_back(replica, record, *now, made));
  return made;
}

}  // namespace offsync
