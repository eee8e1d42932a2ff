// Fleet: the proxies, and the log that they serve. One has it on its own disk; several share one,
// as in a database, which never fails itself: their ways to it do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/store/memory_log_store.h"
#include "sim/dice.h"
#include "sim/oracle.h"
#include "sim/server.h"
#include "sim/world.h"

namespace offsync::sim {

class Fleet {
 public:
  Fleet(World& world, Oracle& oracle, const std::string& folder);

  void start();
  void heal();
  void count_disks();
  bool up() const;      // any
  bool all_up() const;  // all

  // Who serves the next request of somebody whose last one was served by `last` (nullptr: nobody).
  Server& next(Server* last);
  Server& any() { return next(nullptr); }
  // Another one that is up; nullptr: there is none.
  Server* other_than(const Server& server);
  std::optional<proxy::ApiAnswer> handle(const HttpRequest& request);

  // What the others do while `busy` is about to commit.
  std::function<void(Server& busy)> meanwhile;

  // Of the log that there is, or was when a proxy was last up.
  std::string epoch(const std::string& space);
  std::uint64_t life() const { return oracle_.life(); }  // see Oracle
  // What the store says of the space, as a person would see it. Precondition: up().
  Entities state(const std::string& space) { return any().state(space); }
  void wipe();
  void back_up();
  void put_back(
      bool new_epoch);  // the latest backup; its logs begin anew, or go on as if nothing were

  const std::string& name_of(std::int64_t space) const {
    return names_[static_cast<std::size_t>(space)];
  }
  std::int64_t spaces() const { return static_cast<std::int64_t>(names_.size()); }

 private:
  bool shared() const { return servers_.size() > 1; }
  void race(Server& busy);
  std::string fresh_epoch();
  void replace(std::shared_ptr<proxy::MemoryLog> log);

  World& world_;
  Oracle& oracle_;
  Dice dice_;
  std::vector<std::string> names_;
  Server::SharedLog log_;
  std::vector<std::unique_ptr<Server>> servers_;
  struct Backup {
    std::shared_ptr<proxy::MemoryLog> log;
    Oracle::Logs logs;
  };
  std::optional<Backup> backup_;
  int epochs_ = 0;
  bool racing_ = false;
};

}  // namespace offsync::sim
