#include "replica/parked.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "replica/base_pieces.h"
#include "replica/states.h"

namespace offsync::parked {
namespace {

Result<std::vector<PendingEvent>> all(ReplicaStore& store) {
  OFFSYNC_ASSIGN(sqlite::Statement * next,
                 store.use("SELECT " OFFSYNC_PENDING_COLUMNS
                           " FROM pending WHERE " OFFSYNC_PARKED_EVENTS " ORDER BY n"));
  std::vector<PendingEvent> events;
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) return events;
    events.push_back(read_pending(*next));
  }
}

}  // namespace

Status ask_again(ReplicaWrite& write) {
  ReplicaStore& store = write.store;
  OFFSYNC_ASSIGN(const std::vector<PendingEvent> events, all(store));
  for (const PendingEvent& event : events) {
    if (!store.decoder.decode(event.line)) continue;  // it is not even known what it was
    OFFSYNC_ASSIGN(sqlite::Statement * put,
                   store.use("INSERT OR IGNORE INTO former(state, sequence, source, id, line)"
                             " VALUES (" OFFSYNC_PARKED ", 0, ?, ?, ?)"));
    put->bind(1, event.source).bind(2, event.id).bind(3, event.line);
    OFFSYNC_TRY(put->run());
  }
  return {};
}

Status ask(ReplicaWrite& write, std::uint64_t n) {
  OFFSYNC_ASSIGN(
      sqlite::Statement * put,
      write.store.use("INSERT OR IGNORE INTO former(state, sequence, source, id, line)"
                      " SELECT " OFFSYNC_PARKED ", 0, source, id, line FROM pending WHERE n = ?"));
  put->bind(1, n);
  return put->run();
}

Status forget(ReplicaStore& store, std::string_view source, std::string_view id) {
  OFFSYNC_ASSIGN(
      sqlite::Statement * gone,
      store.use("DELETE FROM former WHERE id = ? AND source = ? AND state = " OFFSYNC_PARKED));
  gone->bind(1, id).bind(2, source);
  return gone->run();
}

Result<bool> is_asked(ReplicaStore& store, std::string_view source, std::string_view id) {
  OFFSYNC_ASSIGN(
      sqlite::Statement * get,
      store.use("SELECT 1 FROM former WHERE id = ? AND source = ? AND state = " OFFSYNC_PARKED));
  get->bind(1, id).bind(2, source);
  OFFSYNC_ASSIGN(const bool found, get->step());
  get->reset();
  return found;
}

Status queue_again(ReplicaWrite& write, std::string_view source, std::string_view id) {
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 write.store.use("SELECT " OFFSYNC_PENDING_COLUMNS
                                 " FROM pending WHERE id = ? AND source = ?"));
  get->bind(1, id).bind(2, source);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return {};
  const PendingEvent event = read_pending(*get);
  get->reset();
  if (event.state == PendingState::held) {
    OFFSYNC_ASSIGN(EntityRow * entity, write.entity(event.subject));
    write.count(*entity, 0, -1);
  } else if (event.state == PendingState::rejected) {
    OFFSYNC_TRY(overlay_pending(write, event.line, false));
  } else {
    return {};
  }
  // As of any that a log has: should that be lost, too, it may be out of its order in the next one.
  const std::uint64_t sequence = std::max<std::uint64_t>(1, write.row.log_after);
  return queue::set_state(write, event.n, PendingState::queued, sequence, {}, {});
}

Status release(ReplicaWrite& write) {
  OFFSYNC_ASSIGN(const std::vector<PendingEvent> events, all(write.store));
  std::set<std::string, std::less<>> blocked;
  for (const PendingEvent& event : events) {
    if (event.state == PendingState::rejected) {
      blocked.insert(event.subject);
    } else if (!blocked.contains(event.subject)) {
      OFFSYNC_TRY(release_one(write, event));
    }
  }
  return {};
}

}  // namespace offsync::parked
