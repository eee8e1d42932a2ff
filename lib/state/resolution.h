// What a decision of a conflict writes. Pure: what `conflicts show` promises and what `resolve`
// does come from here.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "event/draft.h"
#include "state/decision.h"
#include "state/entity.h"

namespace offsync {

// How a conflict is decided.
struct Choice {
  enum class Kind : std::uint8_t {
    keep,   // it is closed, and all stays as it is
    side,   // the field becomes what this side made of it; a delete deletes
    value,  // the field becomes side.value; empty: unset, or deleted where one side is a delete
  };
  Kind kind = Kind::keep;
  Side side = {};
  static Choice of(Side side) { return {Kind::side, std::move(side)}; }
};

// What was written over both sides of a conflict, by who may have known them.
struct Later {
  bool deleted = false;  // the entity
  std::string field;     // else: this, which shows
  std::string value;     // canonical JSON; empty: nothing; of an element, whether it is there
  Stamp stamp;
  std::string source, id;  // of the event
};

struct Resolution {
  EventDraft draft;  // cites the conflict; may write nothing
  // It belongs to what was deleted: nothing is written, whichever side was chosen.
  bool over = false;
  std::optional<Later> replaces;  // what was written after both sides is overwritten
  // Where an edit is taken over the delete that it met, and nothing of the entity lives: its other
  // fields, which come back with it as they were before the delete; name and canonical JSON.
  std::vector<std::pair<std::string, std::string>> back = {};
  // False where they stay gone: the delete came with a snapshot, which no longer has them, or an
  // event has no room for them.
  bool rest_known = true;
};

// What was written to an entity, as far as it is at hand.
struct EntityHistory {
  Entity base;                     // before the events
  std::vector<std::string> lines;  // all events of the entity, pending ones too
};
class EntityLog {
 public:
  virtual ~EntityLog() = default;
  virtual Result<EntityHistory> history() = 0;
  virtual Result<std::optional<std::string>> find_event(std::string_view source,
                                                        std::string_view id) = 0;
};

struct KnownConflict {
  Conflict conflict;
  bool open = true;  // when these decisions began
};

// Decides conflicts of one entity, one after another. Each builds on what those before it wrote;
// what stood there before the first is what each is judged by, so that none changes what another
// was said to make.
class Decisions {
 public:
  // `now`: the entity as it shows. `conflicts`: all that are known of it. `log` must outlive this.
  Decisions(std::string subject, const Entity& now, std::vector<KnownConflict> conflicts,
            EntityLog& log);

  // Whether the conflict belongs to what was deleted, so that no side of it can be taken.
  bool is_over(const Conflict& conflict) const;
  // What was written after both sides, knowing them for all one can tell (it is in no other open
  // conflict). Errors: of the log.
  Result<std::optional<Later>> later(const Conflict& conflict) const;
  // The side with its value, taken from its event where the record has no room for it. Error:
  // no_input `value_omitted` where that is not at hand.
  Result<Side> complete(const Conflict& conflict, const Side& side);
  // What the choice writes; it counts for those that follow. With `careful` nothing that later()
  // names is overwritten. Errors: bad_data `written_since` (careful), `entity_deleted` (a value of
  // one's own where it is over), `kind_mismatch` where the value does not fit the field, or is not
  // the element that the conflict is about; those of complete(), of check_fit() and of the log.
  Result<Resolution> decide(const Conflict& conflict, const Choice& choice, bool careful = false);
  // The entity with all that was decided.
  const Entity& now() const { return now_; }

 private:
  Result<Resolution> made_by(const Conflict& conflict, const Choice& choice, bool careful);
  bool in_open_conflict(const Writer& writer, std::string_view field, const Conflict& own) const;
  Result<bool> may_have_known(const Writer& writer, const Conflict& conflict,
                              const Stamp& after) const;
  std::optional<Later> later_than_meeting(const Conflict& conflict, const Stamp& after) const;
  Result<std::optional<Later>> replaced(const Conflict& conflict, const Side& side,
                                        bool adds_only) const;
  Status write_edit(const Conflict& conflict, const Choice& choice, const Side& side,
                    const Entity* before, Resolution& made) const;
  Result<const Entity*> undone(const Conflict& conflict);
  Status give_whole(EventDraft& draft, const Conflict& conflict, const Side& side,
                    const Entity* before) const;
  Status bring_back(const Conflict& conflict, const Entity& before, Resolution& made) const;
  Status apply(const EventDraft& draft, const Conflict& conflict);

  std::string subject_;
  Entity begun_, now_;
  std::vector<KnownConflict> conflicts_;
  std::set<std::string> decided_;  // their ids
  EntityLog& log_;
  std::optional<EntityHistory> history_;
  struct Undone {
    std::string source, id;        // of the delete
    std::optional<Entity> entity;  // nothing: the delete is not at hand
  };
  std::vector<Undone> undone_;
};

// Whether a delete is one of the sides: an edit and a delete that met are decided together.
bool about_delete(const Conflict& conflict);

}  // namespace offsync
