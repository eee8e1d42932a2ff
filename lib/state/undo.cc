#include "state/undo.h"

#include <algorithm>
#include <vector>

#include "event/decoder.h"

namespace offsync {
namespace {

class Undo {
 public:
  Undo(const EntityHistory& history, const Side& gone, const std::set<std::string>& records)
      : history_(history), gone_(gone), records_(records) {}

  Result<std::optional<Entity>> run() {
    note(history_.base.created().stamp);
    OFFSYNC_TRY(each([&](const EventView& event) {
      if (is_gone(event)) found_ = event.stamp;
      if (cites(event) || !event.create) return;
      note(event.stamp);
      for (const Base& base : event.bases) known_.push_back(base.stamp);
    }));
    if (found_.none()) return std::optional<Entity>{};
    Entity entity;
    entity.join(history_.base);
    OFFSYNC_TRY(each([&](const EventView& event) {
      if (event.writes() && !cites(event) && !undoes(event)) entity.fold(event);
    }));
    return std::optional<Entity>(std::move(entity));
  }

 private:
  template <class Each>
  Status each(const Each& fn) {
    for (const std::string& line : history_.lines) {
      OFFSYNC_ASSIGN(const EventView* event, decoder_.decode(line));
      fn(*event);
    }
    return {};
  }

  void note(const Stamp& created) {
    if (!created.none()) created_.push_back(created);
  }
  bool is_gone(const EventView& event) const {
    return event.del && event.id == gone_.id && event.source == gone_.source;
  }
  bool cites(const EventView& event) const {
    return !event.causationid.empty() && records_.count(std::string(event.causationid)) > 0;
  }

  // Another delete belongs to another life where the entity was created in between, or by somebody
  // who knew that delete.
  bool undoes(const EventView& event) const {
    if (!event.del) return false;
    if (is_gone(event)) return true;
    const auto [first, last] = std::minmax(event.stamp, found_);
    return std::none_of(created_.begin(), created_.end(),
                        [&, a = first, b = last](const Stamp& at) { return a < at && at < b; }) &&
           std::find(known_.begin(), known_.end(), event.stamp) == known_.end();
  }

  const EntityHistory& history_;
  const Side& gone_;
  const std::set<std::string>& records_;
  Decoder decoder_;
  Stamp found_;
  std::vector<Stamp> created_, known_;
};

}  // namespace

Result<std::optional<Entity>> without_delete(const EntityHistory& history, const Side& gone,
                                             const std::set<std::string>& records) {
  return Undo(history, gone, records).run();
}

}  // namespace offsync
