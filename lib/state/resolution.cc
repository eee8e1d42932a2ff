#include "state/resolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "event/decoder.h"
#include "state/field_draft.h"
#include "state/later.h"
#include "state/undo.h"

namespace offsync {
namespace {

bool same_meeting(const Conflict& a, const Conflict& b) {
  const auto same = [](const Side& one, const Side& other) {
    return one.id == other.id && one.source == other.source;
  };
  return same(a.current, b.current) && same(a.incoming, b.incoming);
}

const Side& delete_of(const Conflict& conflict) {
  return conflict.current.deleted ? conflict.current : conflict.incoming;
}

Entity copy_of(const Entity& entity) {
  Entity copy;
  copy.join(entity);
  return copy;
}

Stamp greatest_stamp(const Entity& entity) {
  Stamp greatest = std::max(entity.created().stamp, entity.deleted().stamp);
  for (const Field& field : entity.fields()) greatest = std::max(greatest, field.stamp());
  return greatest;
}

// Whether an event has room for the draft with its base, which names what it writes once more.
bool has_room(const EventDraft& draft, std::size_t fields) {
  constexpr std::size_t kStampBytes = 64;  // and a name's quotes
  return 2 * draft.line().size() + fields * kStampBytes <= limits::kEventBytes;
}

}  // namespace

bool about_delete(const Conflict& conflict) {
  return conflict.current.deleted || conflict.incoming.deleted;
}

Decisions::Decisions(std::string subject, const Entity& now, std::vector<KnownConflict> conflicts,
                     EntityLog& log)
    : subject_(std::move(subject)),
      begun_(copy_of(now)),
      now_(copy_of(now)),
      conflicts_(std::move(conflicts)),
      log_(log) {}

Result<Side> Decisions::complete(const Conflict& conflict, const Side& side) {
  if (!side.omitted) return side;
  Side whole = side;
  whole.omitted = false;
  if (!conflict.element.empty()) {
    whole.value = conflict.element;
    return whole;
  }
  OFFSYNC_ASSIGN(const auto line, log_.find_event(side.source, side.id));
  if (line) {
    Decoder decoder;
    OFFSYNC_ASSIGN(const EventView* event, decoder.decode(*line));
    return side_in(*event, conflict, whole);
  }
  // Where the event is gone, what it wrote may still stand there.
  const Field* field = begun_.find(conflict.field);
  if (field != nullptr && field->kind() == conflict.kind && same_event(side, field->writer())) {
    whole.value = field->shown();
    return whole;
  }
  return make_error(Errc::no_input, "value_omitted",
                    fmt::format("the value is too long for the record of the conflict {}, and its "
                                "event {} is not here",
                                conflict.id, side.id),
                    "say which value is to be taken with --value, or take the other side");
}

Result<Resolution> Decisions::decide(const Conflict& conflict, const Choice& choice, bool careful) {
  OFFSYNC_ASSIGN(Resolution made, made_by(conflict, choice, careful));
  OFFSYNC_TRY(apply(made.draft, conflict));
  decided_.insert(conflict.id);
  return made;
}

Result<Resolution> Decisions::made_by(const Conflict& conflict, const Choice& choice,
                                      bool careful) {
  Resolution made;
  made.draft.type = kResolveType;
  made.draft.subject = subject_;
  made.draft.causationid = conflict.id;
  if (choice.kind == Choice::Kind::keep) return made;
  const bool gone_now = !now_.lives() && !now_.empty();
  if (is_over(conflict) || (gone_now && !about_delete(conflict))) {
    if (choice.kind == Choice::Kind::value) return deleted_after(subject_, conflict);
    made.over = true;
    return made;
  }
  OFFSYNC_ASSIGN(const Side side, complete(conflict, choice.side));
  const Entity* before = nullptr;
  if (about_delete(conflict) && !side.deleted) {
    OFFSYNC_ASSIGN(before, undone(conflict));
  }
  const bool adds_only =
      before != nullptr && conflict.kind != FieldKind::reg && choice.kind == Choice::Kind::side;
  OFFSYNC_ASSIGN(made.replaces, replaced(conflict, side, adds_only));
  if (made.replaces && careful) return written_since(subject_, conflict, *made.replaces);
  if (side.deleted) {
    // Also where it is: who decides otherwise meanwhile is to meet this.
    made.draft.del = true;
  } else {
    OFFSYNC_TRY(write_edit(conflict, choice, side, before, made));
  }
  return made;
}

// An edit that is taken is taken over the delete that it met, also where it took something away.
// Where the entity does not live, what was written after its delete shows again with the `create`.
Status Decisions::write_edit(const Conflict& conflict, const Choice& choice, const Side& side,
                             const Entity* before, Resolution& made) const {
  const bool lives = now_.lives() || now_.empty();
  made.draft.create = !lives;
  if (!about_delete(conflict) || choice.kind == Choice::Kind::value) {
    OFFSYNC_TRY(give(made.draft, conflict, side, now_.find(conflict.field)));
  } else {
    OFFSYNC_TRY(give_whole(made.draft, conflict, side, before));
  }
  if (lives) return {};
  made.rest_known = before != nullptr;
  return before != nullptr && before->lives() ? bring_back(conflict, *before, made) : Status();
}

// A counter or set that the edit wrote is what it is with the edit and without the delete: the
// record has the whole of it, or the edit's part alone, as the one or the other came first.
Status Decisions::give_whole(EventDraft& draft, const Conflict& conflict, const Side& side,
                             const Entity* before) const {
  const bool many = conflict.kind != FieldKind::reg;
  const Field* field = before != nullptr && many ? before->find(conflict.field) : nullptr;
  Side whole = side;
  if (field != nullptr && field->kind() == conflict.kind &&
      (field->shows() || side.value == "[]")) {
    whole.value = field->shown();
  }
  return give(draft, conflict, whole, now_.find(conflict.field));
}

Result<const Entity*> Decisions::undone(const Conflict& conflict) {
  const Side& gone = delete_of(conflict);
  for (const Undone& known : undone_) {
    if (known.id == gone.id && known.source == gone.source) {
      return known.entity ? &*known.entity : nullptr;
    }
  }
  if (!history_) {
    OFFSYNC_ASSIGN(history_, log_.history());
  }
  std::set<std::string> records;
  for (const KnownConflict& known : conflicts_) {
    const Side& other = delete_of(known.conflict);
    if (other.deleted && other.id == gone.id && other.source == gone.source) {
      records.insert(known.conflict.id);
    }
  }
  OFFSYNC_ASSIGN(auto entity, without_delete(*history_, gone, records));
  undone_.push_back({gone.source, gone.id, std::move(entity)});
  return undone_.back().entity ? &*undone_.back().entity : nullptr;
}

// What the delete took besides: the decision undoes all of it, but for what is still to be decided
// between the same two events.
Status Decisions::bring_back(const Conflict& conflict, const Entity& before,
                             Resolution& made) const {
  std::set<std::string> done = {conflict.field};
  for (const KnownConflict& other : conflicts_) {
    if (other.open && decided_.count(other.conflict.id) == 0 &&
        same_meeting(other.conflict, conflict)) {
      done.insert(other.conflict.field);
    }
  }
  const EventDraft alone = made.draft;
  for (const Field& field : before.fields()) {
    if (!field.shows() || !done.insert(field.name()).second) continue;
    Conflict one;
    one.field = field.name();
    one.kind = field.kind();
    Side side;
    side.value = field.shown();
    OFFSYNC_TRY(give(made.draft, one, side, now_.find(field.name())));
    made.back.emplace_back(field.name(), side.value);
  }
  if (has_room(made.draft, made.back.size())) return {};
  made.draft = alone;
  made.back.clear();
  made.rest_known = false;
  return {};
}

Status Decisions::apply(const EventDraft& draft, const Conflict& conflict) {
  Decoder decoder;
  OFFSYNC_ASSIGN(const EventView* read, decoder.decode_partial(draft.line()));
  EventView event = *read;
  event.id = conflict.id;
  event.stamp = {greatest_stamp(now_).time + 1, 1};
  if (Status fits = check_fit(now_, event); !fits) {
    if (fits.error().code != "kind_mismatch") return fits.error();
    return bad_data("kind_mismatch", fits.error().detail,
                    fmt::format("close the conflict and leave it as it is with: offsync resolve {} "
                                "--keep",
                                conflict.id));
  }
  if (event.writes()) now_.fold(event);
  return {};
}

}  // namespace offsync
