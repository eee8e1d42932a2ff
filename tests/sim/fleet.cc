#include "sim/fleet.h"

#include <algorithm>

namespace offsync::sim {

Fleet::Fleet(World& world, Oracle& oracle, const std::string& folder)
    : world_(world), oracle_(oracle), dice_(world.params.seed, "fleet") {
  const Params& params = world.params;
  for (std::int64_t i = 0; i < params.spaces; ++i) names_.push_back(fmt::format("s{}", i));
  if (params.proxies > 1) {
    log_.log = std::make_shared<proxy::MemoryLog>(fresh_epoch());
    log_.before_append = [this](Server& busy) { race(busy); };
  }
  for (std::int64_t i = 0; i < params.proxies; ++i) {
    servers_.push_back(std::make_unique<Server>(world, oracle, folder, i, names_,
                                                params.proxies > 1 ? &log_ : nullptr));
  }
}

void Fleet::start() {
  for (const auto& server : servers_) server->start();
}

void Fleet::heal() {
  for (const auto& server : servers_) server->heal();
}

void Fleet::count_disks() {
  for (const auto& server : servers_) server->count_disk();
}

bool Fleet::up() const {
  return std::any_of(servers_.begin(), servers_.end(), [](const auto& s) { return s->up(); });
}

bool Fleet::all_up() const {
  return std::all_of(servers_.begin(), servers_.end(), [](const auto& s) { return s->up(); });
}

// Whoever stands before the proxies does not always know that one is down.
Server& Fleet::next(Server* last) {
  if (!shared()) return *servers_.front();
  if (last != nullptr && last->up() && !dice_.chance(world_.params.wander)) return *last;
  Server& drawn = *dice_.pick(servers_);
  if (drawn.up() || dice_.chance(200)) return drawn;
  Server* other = other_than(drawn);
  return other != nullptr ? *other : drawn;
}

Server* Fleet::other_than(const Server& server) {
  std::vector<Server*> others;
  for (const auto& one : servers_) {
    if (one.get() != &server && one->up()) others.push_back(one.get());
  }
  return others.empty() ? nullptr : dice_.pick(others);
}

std::optional<proxy::ApiAnswer> Fleet::handle(const HttpRequest& request) {
  Server& server = any();
  return server.up() ? server.handle(request) : std::nullopt;
}

// One at a time: what the others commit meanwhile is not raced with.
void Fleet::race(Server& busy) {
  if (racing_ || !meanwhile || !world_.faults || !dice_.chance(world_.params.races)) return;
  racing_ = true;
  meanwhile(busy);
  racing_ = false;
}

std::string Fleet::epoch(const std::string& space) {
  if (!shared()) return servers_.front()->epoch(space);
  return proxy::MemoryLogStore(log_.log).space(space)->epoch;
}

std::string Fleet::fresh_epoch() {
  return fmt::format("fleet{}", ++epochs_);
}

// Nobody goes on in a log that is another one.
void Fleet::replace(std::shared_ptr<proxy::MemoryLog> log) {
  for (const auto& server : servers_) server->die(false);
  log_.log = std::move(log);
}

void Fleet::wipe() {
  if (!shared()) return servers_.front()->wipe();
  replace(std::make_shared<proxy::MemoryLog>(fresh_epoch()));
  oracle_.wiped();
  world_.count("wipes");
  world_.trace("shared log wiped");
}

void Fleet::back_up() {
  if (!shared()) return servers_.front()->back_up();
  backup_ = Backup{log_.log->copy(log_.log->epoch()), oracle_.logs()};
  world_.trace("shared log backed up");
}

void Fleet::put_back(bool new_epoch) {
  if (!shared()) return servers_.front()->put_back(new_epoch);
  if (!backup_) return;
  replace(backup_->log->copy(new_epoch ? fresh_epoch() : backup_->log->epoch()));
  oracle_.put_back(backup_->logs);
  world_.count(new_epoch ? "backups put back" : "backups put back in their epoch");
  world_.trace("shared log put back{}", new_epoch ? "" : " in its epoch");
}

}  // namespace offsync::sim
