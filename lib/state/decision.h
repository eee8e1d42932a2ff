// What must be decided about an event before it is taken: does it fit the entity, and whom does it
// meet. Pure; used by emit (against the visible state) and by the proxy (against the log's state).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/entity.h"

namespace offsync {

// The increments of an entity's counters and the elements of its sets, removed ones too: each is
// kept, as a delete may still come that is older than some of them. With them its record is read
// and written for each event, and must fit into limits::kSnapshotLineBytes.
inline constexpr std::size_t kEntriesPerEntity = 100'000;

// Refused with `kind_mismatch` (an operation that does not fit the field's kind),
// `too_many_fields` or `too_many_entries` (increments and elements together). A field that a delete
// has hidden has no kind any more.
Status check_fit(const Entity& before, const EventView& event);

// Refuses (`entity_deleted`) an edit without `create` of an entity that is deleted. Only for the
// author's own emit: what arrives at the proxy is not refused but makes a conflict.
Status check_alive(const Entity& before, const EventView& event);

// One side of a conflict.
struct Side {
  std::string stamp, id, source;
  std::string value;     // canonical JSON; empty: none (unset, removed, deleted)
  bool deleted = false;  // the side is a delete of the whole entity
  bool omitted = false;  // there is a value, too long for the record: see the event `id`
  // Of an edit of a set that met a delete, where it added `value`: what it took out, as a JSON
  // array too; empty: nothing.
  std::string removed = {};
};

// Two writes of a field of which neither author saw the other, with different values.
struct Conflict {
  std::string id;  // UUIDv8 of the two events, whichever was first, the field and the element
  std::string field;
  std::string
      element;  // canonical JSON of a set's element; empty where it is about the whole field
  FieldKind kind = FieldKind::reg;  // of the field
  Stamp base;     // what the later arrival's author had seen of these; none(): nothing
  Side current;   // was in the log
  Side incoming;  // arrived
  bool incoming_wins = false;
  std::string rule;  // "last-write", "delete-wins"
};

// The log behind a state, where conflicts_of() must know more than the state tells. Each answer is
// nullptr where the log cannot say (any more), and valid until the next question.
class LogLook {
 public:
  virtual ~LogLook() = default;
  virtual const EventView* event_of(std::string_view source, std::string_view id) = 0;
  // An event that bears this stamp.
  virtual const EventView* event_at(const Stamp& stamp) = 0;
};

// The conflicts of `event` with the state before it. Two writers are the same author if their
// stamps bear the same node. An event that does not say what its author saw (no `base`, as plain
// CloudEvents producers send) meets only what has a later stamp: both were surely written unseen.
// Writes of a set meet element by element; a delete meets a set as a whole, once. A new beginning
// (`create`) meets a delete that its author had not seen, which its `base` tells.
//
// An event may come behind one whose author knew it (a log was lost, and is sent again in another
// order): then there is no conflict. What that author had seen its event says, and what had been
// seen by the author of what it saw; `log` is asked for them only where there would be a conflict.
// Where it cannot say, nothing is taken as seen.
std::vector<Conflict> conflicts_of(const Entity& before, const EventView& event,
                                   LogLook* log = nullptr);

// The `data` of an offsync.conflict event (canonical JSON), and its reading.
std::string conflict_data(const Conflict& conflict);
Result<Conflict> parse_conflict_data(std::string_view data);
// The record that an event is, with its id: the one rule by which records are taken from a proxy
// and read again. Errors: bad_data.
Result<Conflict> conflict_of(const EventView& event);

}  // namespace offsync
