// Events of received logs that were replaced: what the log that there is now lacks of them is sent
// again, by whoever has it.
#include <algorithm>

#include "event/reserved.h"
#include "replica/base_pieces.h"
#include "replica/pages.h"
#include "replica/parked.h"
#include "replica/states.h"
#include "replica/store.h"

namespace offsync {
namespace {

Status set_state(ReplicaStore& store, std::uint64_t n, Former state) {
  OFFSYNC_ASSIGN(sqlite::Statement * put, store.use("UPDATE former SET state = ?2 WHERE n = ?1"));
  put->bind(1, n).bind(2, static_cast<int>(state));
  return put->run();
}

Status remove(ReplicaStore& store, std::uint64_t n) {
  OFFSYNC_ASSIGN(sqlite::Statement * gone, store.use("DELETE FROM former WHERE n = ?"));
  gone->bind(1, n);
  return gone->run();
}

FormerEvent read_event(const sqlite::Statement& row) {
  FormerEvent event;
  event.n = row.uinteger(0);
  event.sequence = row.uinteger(1);
  event.source = row.text(2);
  event.id = row.text(3);
  event.line = row.text(4);
  return event;
}

struct Stored {
  FormerEvent event;
  Former state = Former::there;
};

// Nothing where there is none of this number (any more).
Result<std::optional<Stored>> load(ReplicaStore& store, std::uint64_t n) {
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 store.use("SELECT n, sequence, source, id, line, state FROM former WHERE n = ?"));
  get->bind(1, n);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return std::optional<Stored>();
  std::optional<Stored> stored = Stored{read_event(*get), static_cast<Former>(get->integer(5))};
  get->reset();
  return stored;
}

Result<FormerEvent> load_lost(ReplicaStore& store, std::uint64_t n) {
  OFFSYNC_ASSIGN(std::optional<Stored> stored, load(store, n));
  if (stored && stored->state == Former::lost) return std::move(stored->event);
  return make_error(Errc::no_input, "no_event", "this event is not lost any more",
                    "see what is with: offsync recover");
}

Result<bool> is_pending(ReplicaStore& store, const FormerEvent& event, std::uint64_t n) {
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 store.use("SELECT 1 FROM pending WHERE (id = ?1 AND source = ?2) OR n = ?3"));
  get->bind(1, event.id).bind(2, event.source).bind(3, n);
  OFFSYNC_ASSIGN(const bool found, get->step());
  get->reset();
  return found;
}

// Puts a former event into the queue as number `n`, and on top of what shows.
Status put_into_queue(ReplicaWrite& write, std::uint64_t n, const EventView& event,
                      std::string_view line) {
  OFFSYNC_ASSIGN(EntityRow * entity, write.entity(event.subject));
  // Behind what is held it would be held, were it new; but it has its place in the log already.
  OFFSYNC_TRY(queue::insert(write, n, PendingState::queued, event, line));
  if (!event.causationid.empty()) {
    OFFSYNC_TRY(note_pending_resolve(write.store, event.causationid, event.source, event.id));
  }
  OFFSYNC_ASSIGN(Entity * visible, write.visible(event.subject, *entity));
  if (event.writes()) visible->fold(event);
  entity->visible_changed = true;
  write.count(*entity, 1, 0);
  return write.trim();
}

// Own events go out as they were, before what came after them: `n` is what they bear as clientseq.
// Those of a source that this replica had before it was copied may be the original's as well, whose
// numbers are not ours: they are sent as another's.
Result<bool> queue_own(ReplicaWrite& write, const FormerEvent& former) {
  if (former.source != write.row.source) return false;
  OFFSYNC_ASSIGN(const EventView* event, write.store.decoder.decode(former.line));
  if (event->clientseq == 0 || event->clientseq >= write.row.next) return false;
  OFFSYNC_ASSIGN(const bool taken, is_pending(write.store, former, event->clientseq));
  if (taken) return false;
  const std::uint64_t n = event->clientseq;
  OFFSYNC_TRY(put_into_queue(write, n, *event, former.line));
  OFFSYNC_TRY(queue::set_state(write, n, PendingState::queued, former.sequence, {}, {}));
  OFFSYNC_TRY(remove(write.store, former.n));
  return true;
}

}  // namespace

namespace former {

Status take_over(ReplicaWrite& write) {
  ReplicaStore& store = write.store;
  OFFSYNC_ASSIGN(sqlite::Statement * doubt,
                 store.use("UPDATE former SET state = " OFFSYNC_DOUBTFUL));
  OFFSYNC_TRY(run(store, "DELETE FROM former WHERE " OFFSYNC_OPEN_EVENTS(OFFSYNC_PARKED)));
  OFFSYNC_TRY(doubt->run());
  OFFSYNC_ASSIGN(sqlite::Statement next,
                 store.prepare("SELECT sequence, line FROM log ORDER BY sequence"));
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next.step());
    if (!found) return {};
    OFFSYNC_ASSIGN(const EventView* event, store.decoder.decode(next.text(1)));
    if (is_reserved_type(event->type)) continue;  // the proxy decides about those itself
    const std::string line = encode_content(*event);
    OFFSYNC_ASSIGN(sqlite::Statement * put,
                   store.use("INSERT OR IGNORE INTO former(state, sequence, source, id, line)"
                             " VALUES (" OFFSYNC_DOUBTFUL ", ?, ?, ?, ?)"));
    put->bind(1, next.uinteger(0)).bind(2, event->source).bind(3, event->id).bind(4, line);
    OFFSYNC_TRY(put->run());
  }
}

Status keep(ReplicaWrite& write, std::uint64_t n, std::uint64_t sequence, bool doubtful) {
  ReplicaStore& store = write.store;
  OFFSYNC_ASSIGN(sqlite::Statement * get, store.use("SELECT line FROM pending WHERE n = ?"));
  get->bind(1, n);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return {};
  const std::string line(get->text(0));
  get->reset();
  OFFSYNC_ASSIGN(const EventView* event, store.other_decoder.decode(line));
  OFFSYNC_ASSIGN(sqlite::Statement * put,
                 store.use("INSERT OR IGNORE INTO former(state, sequence, source, id, line)"
                           " VALUES (?, ?, ?, ?, ?)"));
  const Former state = doubtful ? Former::doubtful : Former::there;
  put->bind(1, static_cast<int>(state)).bind(2, sequence).bind(3, event->source);
  put->bind(4, event->id).bind(5, line);
  return put->run();
}

Result<bool> any(ReplicaStore& store) {
  OFFSYNC_ASSIGN(sqlite::Statement * get, store.use("SELECT EXISTS (SELECT 1 FROM former)"));
  OFFSYNC_ASSIGN(const bool found, get->step());
  const bool any = found && get->integer(0) != 0;
  get->reset();
  return any;
}

Result<std::uint64_t> give_up_accepted(ReplicaWrite& write, std::uint64_t head,
                                       std::uint64_t upto) {
  const std::uint64_t cursor = write.row.pulled ? write.row.cursor : 0;
  OFFSYNC_ASSIGN(sqlite::Statement * next,
                 write.store.use("SELECT n, sequence FROM pending WHERE " OFFSYNC_ACCEPTED_EVENTS
                                 " AND sequence <= ?1 UNION ALL"
                                 " SELECT n, sequence FROM pending WHERE " OFFSYNC_ACCEPTED_EVENTS
                                 " AND sequence > max(?1, ?2) AND sequence <= ?3"));
  next->bind(1, cursor).bind(2, head).bind(3, upto);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gone;  // n, sequence
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) break;
    gone.emplace_back(next->uinteger(0), next->uinteger(1));
  }
  for (const auto& [n, sequence] : gone) {
    OFFSYNC_TRY(queue::set_state(write, n, PendingState::queued, sequence, {}, {}));
  }
  return gone.size();
}

Status forget(ReplicaStore& store, const EventView& event) {
  OFFSYNC_ASSIGN(sqlite::Statement * gone,
                 store.use("DELETE FROM former WHERE id = ? AND source = ?"));
  gone->bind(1, event.id).bind(2, event.source);
  return gone->run();
}

}  // namespace former

Result<std::optional<PendingEvent>> Replica::last_accepted() {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 impl_->store.use("SELECT " OFFSYNC_PENDING_COLUMNS
                                  " FROM pending WHERE " OFFSYNC_ACCEPTED_EVENTS
                                  " ORDER BY sequence DESC LIMIT 1"));
  OFFSYNC_ASSIGN(const bool found, get->step());
  std::optional<PendingEvent> event;
  if (found) event = read_pending(*get);
  get->reset();
  return event;
}

Result<std::uint64_t> Replica::give_up_accepted(std::string_view epoch, std::uint64_t head,
                                                std::uint64_t upto) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_TRY(must_be_of(write->row, epoch));
  OFFSYNC_ASSIGN(const std::uint64_t again, former::give_up_accepted(*write, head, upto));
  if (again > 0) OFFSYNC_TRY(write->commit());
  return again;
}

Result<std::vector<FormerEvent>> Replica::doubtful(std::size_t max_events) {
  OFFSYNC_TRY(impl_->store.ready());
  std::vector<FormerEvent> events;
  for (const char* sql :
       {"SELECT n, sequence, source, id, line FROM former WHERE " OFFSYNC_OPEN_EVENTS(
            OFFSYNC_DOUBTFUL) " ORDER BY n LIMIT ?",
        "SELECT n, sequence, source, id, line FROM former WHERE " OFFSYNC_OPEN_EVENTS(
            OFFSYNC_PARKED) " ORDER BY n LIMIT ?"}) {
    OFFSYNC_ASSIGN(sqlite::Statement * next, impl_->store.use(sql));
    next->bind(1, static_cast<std::uint64_t>(max_events - events.size()));
    for (;;) {
      OFFSYNC_ASSIGN(const bool found, next->step());
      if (!found) break;
      events.push_back(read_event(*next));
    }
  }
  return events;
}

namespace {

// Of one that the log was asked about. True where it went into the queue, as the log lacks it.
Result<bool> settle_one(ReplicaWrite& write, const Stored& asked, bool missing) {
  const FormerEvent& event = asked.event;
  if (!missing) OFFSYNC_TRY(parked::queue_again(write, event.source, event.id));
  if (asked.state == Former::parked) {
    OFFSYNC_TRY(remove(write.store, event.n));
    return false;
  }
  if (missing) {
    OFFSYNC_ASSIGN(const bool queued, queue_own(write, event));
    if (queued) return true;
  }
  OFFSYNC_TRY(set_state(write.store, event.n, missing ? Former::lost : Former::there));
  return false;
}

Result<bool> all_asked(ReplicaStore& store) {
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 store.use("SELECT EXISTS (SELECT 1 FROM former WHERE " OFFSYNC_OPEN_EVENTS(
                     OFFSYNC_DOUBTFUL) "), EXISTS (SELECT 1 FROM former "
                                       "WHERE " OFFSYNC_OPEN_EVENTS(OFFSYNC_PARKED) ")"));
  OFFSYNC_ASSIGN(const bool found, get->step());
  const bool any = found && (get->integer(0) != 0 || get->integer(1) != 0);
  get->reset();
  return !any;
}

}  // namespace

Result<Replica::Found> Replica::settle_doubtful(std::string_view epoch,
                                                std::span<const FormerEvent> asked,
                                                std::span<const std::uint64_t> missing) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_TRY(must_be_of(write->row, epoch));
  Found found;
  for (const FormerEvent& one : asked) {
    OFFSYNC_ASSIGN(const auto former, load(impl_->store, one.n));
    // Else the log has brought it, or another process was faster.
    const bool open =
        former && (former->state == Former::doubtful || former->state == Former::parked);
    if (!open) continue;
    const bool lacks = std::find(missing.begin(), missing.end(), one.n) != missing.end();
    OFFSYNC_ASSIGN(const bool queued, settle_one(*write, *former, lacks));
    found.again += queued ? 1 : 0;
    found.lost += lacks && !queued && former->state == Former::doubtful ? 1 : 0;
  }
  OFFSYNC_ASSIGN(const bool all, all_asked(impl_->store));
  if (all) OFFSYNC_TRY(parked::release(*write));
  OFFSYNC_TRY(write->commit());
  return found;
}

Result<FormerCounts> Replica::former_counts() {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(sqlite::Statement * next,
                 impl_->store.use("SELECT state, count(*) FROM former WHERE state <> " OFFSYNC_THERE
                                  " GROUP BY state"));
  FormerCounts counts;
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) return counts;
    const bool lost = next->integer(0) == static_cast<int>(Former::lost);
    (lost ? counts.lost : counts.doubtful) += next->uinteger(1);
  }
}

Status Replica::for_each_lost(const std::function<bool(const FormerEvent& event)>& fn) {
  return for_each_numbered<FormerEvent>(
      impl_->store,
      "SELECT n, sequence, source, id, line FROM former"
      " WHERE " OFFSYNC_OPEN_EVENTS(OFFSYNC_LOST) " AND n > ? ORDER BY n",
      read_event, fn);
}

Status Replica::send_lost(std::uint64_t n) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_ASSIGN(const FormerEvent former, load_lost(impl_->store, n));
  OFFSYNC_ASSIGN(const bool taken, is_pending(impl_->store, former, write->row.next));
  if (taken) {
    return bad_data(
        "id_conflict",
        "the queue has an event of " + former.source + " with the id " + former.id + " already",
        "see it with: offsync queue show " + former.id + " --source " + former.source);
  }
  OFFSYNC_ASSIGN(const EventView* event, impl_->store.decoder.decode(former.line));
  OFFSYNC_TRY(put_into_queue(*write, write->row.next, *event, former.line));
  ++write->row.next;
  write->row_changed = true;
  OFFSYNC_TRY(remove(impl_->store, n));
  return write->commit();
}

Status Replica::drop_lost(std::uint64_t n) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_ASSIGN(const FormerEvent former, load_lost(impl_->store, n));
  OFFSYNC_TRY(remove(impl_->store, former.n));
  return write->commit();
}

}  // namespace offsync
