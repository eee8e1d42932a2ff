// What people do where the proxy's log was replaced, and where a sync is led to another one.
#include "sim/machine.h"

namespace offsync::sim {

std::vector<FormerEvent> Machine::lost_events() {
  std::vector<FormerEvent> events;
  (void)shell_->for_each_lost([&](const FormerEvent& event) {
    events.push_back(event);
    return true;
  });
  return events;
}

void Machine::recover(Dice& dice) {
  if (!up()) return;
  const std::vector<FormerEvent> lost = lost_events();
  if (lost.empty()) return void(check_disk());
  const FormerEvent& event = dice.pick(lost);
  const bool drop = dice.chance(150);
  const Status done = drop ? shell_->drop_lost(event.n) : shell_->send_lost(event.n);
  // Whether it was done or not, nobody knows where the disk has died.
  if (drop) {
    oracle_.given_up(event.source + " " + event.id);
    confirmed_.erase(event.source + " " + event.id);
  }
  world_.trace("c{} {} {}: {}", index_, drop ? "drops" : "sends", event.id, done.ok());
  world_.count(drop ? "lost events dropped" : "lost events sent");
  check_disk();
}

void Machine::recover_all() {
  if (!up()) return;
  for (const FormerEvent& event : lost_events()) {
    const Status done = shell_->send_lost(event.n);
    world_.trace("c{} sends {}: {}", index_, event.id, done.ok());
    if (done) world_.count("lost events sent");
  }
}

void Machine::go_astray(const std::string& space) {
  const auto info = up() ? shell_->info() : Result<ReplicaInfo>(make_error(Errc::io, "down", ""));
  if (!info || info->place.empty() || space == space_) return;
  world_.trace("c{} goes astray to {}", index_, space);
  begin_sync("http://proxy/v1/spaces/" + space);
}

void Machine::back_from_astray(const SyncReport& report) {
  astray_ = false;
  if (!report.error) {
    world_.violated(1, "c{}: a sync with another space was no error", index_);
  } else if (report.error->code == "other_log") {
    world_.count("syncs with another space refused");
  }
  check_state();
}

}  // namespace offsync::sim
