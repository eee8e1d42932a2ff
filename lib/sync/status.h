// SyncStatus: whether a replica and its space are known to be in step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "replica/replica.h"

namespace offsync {

// What the proxy has just said of its log.
struct SpaceHead {
  std::string epoch;
  std::uint64_t head = 0;
  bool other_line = false;  // than the replica has at its cursor
};

struct SyncStatus {
  ReplicaInfo info;
  QueueCounts queue;
  std::optional<SpaceHead> space;  // nothing: the proxy was not asked, or did not answer
  FormerCounts former;             // of logs that were replaced

  // The proxy's log is not the one that the replica follows.
  bool other_epoch() const { return space && info.cursor && info.cursor->epoch != space->epoch; }
  // The proxy's log is shorter than what the replica has of it, or is another one up to there: it
  // was put back to an earlier place.
  bool put_back() const {
    return space && info.cursor && !other_epoch() &&
           (space->other_line || space->head < info.cursor->sequence);
  }
  // The head of the proxy's log, as far as it is known.
  std::uint64_t head() const { return space ? space->head : info.head; }
  std::uint64_t pulled() const { return info.cursor ? info.cursor->sequence : 0; }
  std::uint64_t lag() const { return head() > pulled() ? head() - pulled() : 0; }
  std::uint64_t pending() const {
    return queue.queued + queue.accepted + queue.rejected + queue.held;
  }
  // Never true unless it was so when the proxy answered: nothing is pending, nothing is to be
  // pulled. What is only believed does not count.
  bool synced() const {
    return space && info.cursor && !other_epoch() && !put_back() && lag() == 0 && pending() == 0 &&
           former.doubtful + former.lost == 0;
  }
};

}  // namespace offsync
