// Requeue: what is queued again as a new event, after a rejection, behind a dropped one, or under
// another name. Internal to lib/replica.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "replica/store.h"

namespace offsync {

// What each of some stamps became, for the bases of events that were built upon them.
class Restamping {
 public:
  void moved(const Stamp& from, const Stamp& to) { moved_[from] = to; }
  void dropped(const EventView& event);
  // none(): the author has seen nothing that is still there.
  Stamp of(const Base& base) const;

 private:
  static std::pair<std::string, std::string> key(const Base& base);

  std::map<Stamp, Stamp> moved_;
  Stamp gone_;
  std::map<std::pair<std::string, std::string>, Stamp> below_;  // what the dropped event had seen
  std::set<std::string, std::less<>> sets_;                     // that it wrote
};

// Queues an event of ours again as a new one, another source's as it is.
class Requeue {
 public:
  explicit Requeue(ReplicaWrite& write) : write_(write) {}
  Restamping stamps;

  Result<Emitted> run(const PendingEvent& old);
  Result<std::vector<Emitted>> run_all(const std::vector<PendingEvent>& events);

 private:
  std::vector<Base> remapped(const EventView& event) const;

  ReplicaWrite& write_;
};

// Takes these out of the queue; the visible state is to be made anew.
Status take_out(ReplicaWrite& write, const std::vector<PendingEvent>& events);

// Somebody has given the number of an event of ours before, of which nothing is known here: an
// earlier life of this replica, which is an older copy of itself then, or another one of the same
// name. It goes on as a copy does, and what is queued from number `n` on is queued again under its
// new name, in its order.
Status part_from_namesake(ReplicaWrite& write, std::uint64_t n);

}  // namespace offsync
