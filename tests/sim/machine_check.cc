// What must hold on a client's machine at every moment, and what at the end.
#include <algorithm>

#include "sim/machine.h"
#include "wire/line_mark.h"

namespace offsync::sim {
namespace {

std::string difference(const Entities& want, const Entities& got) {
  for (const auto& [subject, line] : want) {
    const auto at = got.find(subject);
    if (at == got.end()) return "no " + line;
    if (at->second != line) return at->second + " instead of " + line;
  }
  for (const auto& [subject, line] : got) {
    if (!want.contains(subject)) return line + ", which there should not be";
  }
  return {};
}

}  // namespace

std::vector<PendingEvent> Machine::queue() {
  std::vector<PendingEvent> events;
  (void)shell_->for_each_pending([&](const PendingEvent& event) {
    events.push_back(event);
    return true;
  });
  return events;
}

// What stands on top of the confirmed state.
std::vector<EventPtr> Machine::shown_pending() {
  std::vector<EventPtr> events;
  for (const PendingEvent& event : queue()) {
    if (event.state != PendingState::rejected) events.push_back(oracle_.parse(event.line));
  }
  return events;
}

void Machine::compare(const Entities& want, Replica::View view, const char* what) {
  Entities got;
  const Status read =
      shell_->for_each_entity("", view, [&](std::string_view subject, const Entity& e) {
        if (e.lives()) got[std::string(subject)] = shown_line(subject, e);
        return true;
      });
  if (!read) return;  // the disk fails again
  if (const std::string wrong = difference(want, got); !wrong.empty()) {
    world_.violated(2, "c{}: the {} state has {}", index_, what, wrong);
  }
}

void Machine::check_state() {
  const auto held = this->held(*shell_);
  if (!held) return;
  world_.count("states compared");
  compare(state_of(held->events, {}), Replica::View::confirmed, "confirmed");
  compare(state_of(held->events, shown_pending()), Replica::View::visible, "visible");
  check_order();
  const bool same_log = base_ && tail_base_ && base_->at.epoch == tail_base_->at.epoch &&
                        base_->life == tail_base_->life;
  if (same_log && held->events.size() < tail_.size()) {
    world_.violated(2, "c{}: the cursor went back from {} to {} in a crash", index_, tail_.size(),
                    held->events.size());
  }
}

// P11: what comes behind a rejected event of its entity has not gone past it, but for what a log
// had once.
void Machine::check_order() {
  std::set<std::string> blocked;
  for (const PendingEvent& event : queue()) {
    if (event.state == PendingState::rejected) blocked.insert(event.subject);
    if (event.state != PendingState::accepted || !blocked.contains(event.subject)) continue;
    if (oracle_.lost(event.source + " " + event.id)) continue;
    world_.violated(11, "c{}: {} of {} went past a rejected one", index_, event.id, event.subject);
  }
}

void Machine::check_status() {
  const auto info = shell_->info();
  const auto counts = shell_->counts();
  const auto former = shell_->former_counts();
  if (!info || !counts || !former || !fleet_.up()) return;
  SyncStatus status{*info, *counts, SpaceHead{fleet_.epoch(space_), oracle_.head(space_)}, *former};
  if (!status.synced()) return;
  const auto held = this->held(*shell_);
  if (!held || follows(*held) == Follows::cannot_know) return;
  if (follows(*held) == Follows::former) {
    status.space->other_line = is_told_of_another_line(*held);
    if (!status.synced()) return;
  }
  world_.count("said to be synced");
  for (const FormerEvent& event : lost_events()) {
    world_.violated(10, "c{}: all is said to be synced, and {} is lost", index_, event.id);
  }
  for (const std::string& identity : confirmed_) {
    if (!oracle_.find(space_, identity)) {
      world_.violated(10, "c{}: all is said to be synced, and {} is not in the log", index_,
                      identity);
    }
  }
  if (info->cursor->sequence != oracle_.head(space_)) {
    world_.violated(10, "c{}: all is said to be synced at {}, and the log is at {}", index_,
                    info->cursor->sequence, oracle_.head(space_));
  }
}

// As `offsync status` asks.
bool Machine::is_told_of_another_line(const Held& held) {
  HttpRequest request;
  request.method = "GET";
  request.target = fmt::format("/v1/spaces/{}/events?after={}&limit=1", space_, held.at.text());
  request.headers = {{"Offsync-Line", line_mark(held.events.back()->line)}};
  world_.count("other lines asked for");
  const auto answer = fleet_.handle(request);
  return !answer || answer->status == 410;
}

bool Machine::settled(std::string& why) {
  const auto say = [&](std::string what) {
    why = fmt::format("c{} {}", index_, what);
    return false;
  };
  if (!up()) return say("is down");
  const auto info = shell_->info();
  const auto counts = shell_->counts();
  if (!info || !counts) return say("cannot be read");
  if (counts->queued > 0) return say(fmt::format("has {} events queued", counts->queued));
  if (counts->accepted > 0) return say(fmt::format("has {} events accepted", counts->accepted));
  if (!info->cursor) return say("has never pulled");
  const auto former = shell_->former_counts();
  if (!former || former->doubtful > 0) return say("has events that the log was not asked about");
  if (info->cursor->epoch != fleet_.epoch(space_)) return say("follows a log that is no more");
  if (info->cursor->sequence != oracle_.head(space_)) {
    return say(fmt::format("is at {} of {}", info->cursor->sequence, oracle_.head(space_)));
  }
  const auto held = this->held(*shell_);
  if (held && follows(*held) == Follows::former)
    return say("has not noticed that its log was put back");
  return true;
}

std::set<std::string> Machine::received_and_gone() {
  std::set<std::string> gone;
  const auto held = this->held(*shell_);
  if (!held || follows(*held) == Follows::cannot_know) return gone;
  for (const std::string& identity : received_) {
    if (!oracle_.find(space_, identity) && !oracle_.is_given_up(identity)) gone.insert(identity);
  }
  return gone;
}

void Machine::strike_out_pending(std::set<std::string>& gone) {
  for (const PendingEvent& event : queue()) gone.erase(event.source + " " + event.id);
}

void Machine::check_rejected(const PendingEvent& event) {
  // The log may have another one with its identity: foreign ids may meet.
  const std::string identity = event.source + " " + event.id;
  const EventPtr known = oracle_.find(space_, identity);
  if (event.code == "id_conflict" && !known && !oracle_.lost(identity)) {
    world_.violated(3, "c{}: {} was rejected as {}, and the log has no other", index_, identity,
                    event.code);
  }
  if (known && known->content() == event.line) {
    world_.violated(3, "c{}: {} was rejected as {}, and is in the log", index_, event.id,
                    event.code);
  }
  // Its author has given its number to another one, which it does not know of any more.
  if (event.code == "already_decided") {
    world_.violated(1, "c{}: {} was rejected as {}", index_, event.id, event.code);
  }
}

void Machine::check_held(const PendingEvent& event) {
  world_.count("events held");
  const EventPtr known = oracle_.find(space_, event.source + " " + event.id);
  // What is emitted once more behind a rejected one is held, too, whatever a log has: an import.
  if (known && known->clientseq != 0 && known->content() == event.line) {
    world_.violated(3, "c{}: {} is held, and is in the log", index_, event.id);
  }
}

void Machine::check_end() {
  check_state();
  std::set<std::string> parked, blocked;
  for (const PendingEvent& event : queue()) {
    parked.insert(event.source + " " + event.id);
    if (event.state == PendingState::rejected) {
      blocked.insert(event.subject);
      world_.count("events rejected");
      check_rejected(event);
    }
    if (event.state == PendingState::held && !blocked.contains(event.subject)) {
      world_.violated(11, "c{}: {} is held, and nothing of {} was rejected", index_, event.id,
                      event.subject);
    }
    if (event.state == PendingState::held) check_held(event);
  }
  const auto held = this->held(*shell_);
  if (!held) return;
  const bool knows = follows(*held) == Follows::current;
  if (follows(*held) == Follows::cannot_know) {
    world_.violated(5, "c{}: it went on in a log that was put back, and did not see it", index_);
  }
  for (const std::string& identity : confirmed_) {
    if (!knows || oracle_.find(space_, identity) || parked.contains(identity)) continue;
    world_.violated(1, "c{}: event {} was confirmed and is nowhere", index_, identity);
  }
  const auto records = shell_->conflicts(true);
  if (!records) return;
  std::set<std::string> open;
  for (const Replica::ConflictRecord& record : *records) {
    if (record.resolved_by.empty()) open.insert(record.conflict.id);
  }
  const std::set<std::string> expected = open_conflicts_of(held->events);
  for (const std::string& id : expected) {
    const auto known = shell_->conflict(id);
    if (!known) world_.violated(7, "c{}: conflict {} has not reached this client", index_, id);
  }
  for (const std::string& id : open) {
    if (!expected.contains(id)) {
      world_.violated(7, "c{}: conflict {} is open here, and resolved in the log", index_, id);
    }
  }
}

}  // namespace offsync::sim
