// What a client has of its log: which one it is, and whether it can know.
#include <algorithm>

#include "sim/machine.h"

namespace offsync::sim {
namespace {

bool begins_with(Log log, Log beginning) {
  return log.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), log.begin());
}

}  // namespace

// Which log the replica's snapshot is of. Where a state was fetched and the machine died before it
// said what it did with it, the replica tells by where it stands; or nobody knows.
bool Machine::know_base(const ReplicaInfo& info) {
  const Cursor at{info.cursor->epoch, info.log_after};
  // Its cursor never goes back but by a snapshot, which may stand where the one before it stood.
  const bool went_back = fetched_ && info.cursor->sequence < tail_.size();
  if (!base_ || !(base_->at == at) || went_back) {
    if (!fetched_) {
      world_.violated(2, "c{}: it has a snapshot at {}, and fetched none", index_, at.text());
      return false;
    }
    base_ = Base{at, *fetched_};
    fetched_.reset();
    return true;
  }
  if (!fetched_ || info.cursor->sequence > info.log_after) return true;
  const Log one = oracle_.log(space_, base_->life), other = oracle_.log(space_, *fetched_);
  return at.sequence <= one.size() && begins_with(other, one.first(at.sequence));
}

std::optional<Machine::Held> Machine::held(Replica& replica) {
  const auto info = replica.info();
  if (!info) return std::nullopt;  // the disk fails
  Held held;
  if (!info->cursor) return held;
  if (!know_base(*info)) return std::nullopt;
  held.at = *info->cursor;
  held.after = info->log_after;
  const Log base = oracle_.log(space_, base_->life);
  if (held.after > base.size()) {
    world_.violated(2, "c{}: it has a snapshot at {}, and the log was at {}", index_, held.after,
                    base.size());
    return std::nullopt;
  }
  held.events.assign(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(held.after));
  const Status read = replica.for_each_log({}, [&](std::uint64_t sequence, std::string_view line) {
    if (sequence != held.events.size() + 1) {
      world_.violated(8, "c{}: behind {} comes {} in the received log: {}", index_,
                      held.events.size(), sequence, line);
      return false;
    }
    held.events.push_back(oracle_.parse(std::string(line)));
    return true;
  });
  if (!read) return std::nullopt;
  check_held(held);
  return held;
}

// Whether the log had these lines behind that place, in some life from that one on.
bool Machine::is_piece(Log lines, std::uint64_t after, std::uint64_t life) const {
  for (; life <= oracle_.life(); ++life) {
    const Log log = oracle_.log(space_, life);
    if (log.size() >= after && begins_with(log.subspan(after), lines)) return true;
  }
  return false;
}

// P8: what was received is a piece of one log. It goes on behind the snapshot, or behind another
// one's place where the replica had nothing else.
void Machine::check_held(const Held& held) {
  if (held.events.size() != held.at.sequence) {
    world_.violated(8, "c{}: the received log ends at {}, the cursor is at {}", index_,
                    held.events.size(), held.at.sequence);
  }
  const Log lines = Log(held.events).subspan(held.after);
  if (is_piece(lines, held.after, base_->life)) return;
  world_.violated(8, "c{}: what it has received up to {} is in no log", index_, held.at.text());
}

Machine::Follows Machine::follows(const Held& held) const {
  if (held.at.epoch.empty()) return Follows::current;
  if (held.at.epoch != fleet_.epoch(space_)) return Follows::former;
  const auto& log = oracle_.log(space_);
  if (begins_with(log, held.events)) return Follows::current;
  if (held.at.sequence > log.size()) return Follows::former;
  // A log that was put back in its epoch, and has grown since, is known by the line at the cursor.
  // A snapshot bears the mark of its line.
  const bool same = log[held.at.sequence - 1] == held.events.back();
  return same ? Follows::cannot_know : Follows::former;
}

// P8: each event of the log once, in order, with no gap but where a snapshot says so.
void Machine::follow() {
  const auto held = this->held(*replica_);
  if (!held || !base_) return;
  const bool same_log =
      tail_base_ && tail_base_->at.epoch == base_->at.epoch && tail_base_->life == base_->life;
  if (!same_log || held->after > tail_.size()) {
    if (tail_base_) world_.count("readers told of a reset");
    if (tail_base_ && !same_log) count_noticed(*held);
    tail_.assign(held->events.begin(),
                 held->events.begin() + static_cast<std::ptrdiff_t>(held->after));
  }
  tail_base_ = base_;
  if (held->events.size() < tail_.size()) {
    world_.violated(8, "c{}: the cursor went back from {} to {}", index_, tail_.size(),
                    held->events.size());
    return;
  }
  const std::size_t old = tail_.size();
  if (!begins_with(held->events, tail_)) {
    world_.violated(8, "c{}: what it has received up to {} is another now", index_, old);
  }
  tail_ = held->events;
  for (std::size_t i = old; i < tail_.size(); ++i) {
    if (!tail_[i]->is_conflict()) received_.insert(tail_[i]->identity());
    world_.count("events read");
  }
}

void Machine::count_noticed(const Held& now) const {
  if (tail_base_->at.epoch != now.at.epoch) return;
  if (begins_with(oracle_.log(space_, base_->life), tail_)) return;
  world_.count(tail_.size() > now.after ? "logs put back noticed by their head"
                                        : "logs put back noticed by a line");
}

}  // namespace offsync::sim
