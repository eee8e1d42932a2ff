#include <algorithm>

#include "replica/parked.h"
#include "replica/requeue.h"
#include "replica/states.h"

namespace offsync {
namespace {

Error no_such_event(std::string_view id) {
  return make_error(Errc::no_input, "no_event",
                    "there is no event " + std::string(id) + " in the queue",
                    "see what is there with: offsync queue list");
}

Result<PendingEvent> load(ReplicaStore& store, std::string_view id, std::string_view source) {
  OFFSYNC_ASSIGN(const std::optional<std::string> whose,
                 source_of(store, kPendingSources, id, source));
  if (!whose) return no_such_event(id);
  OFFSYNC_ASSIGN(sqlite::Statement * get, store.use("SELECT " OFFSYNC_PENDING_COLUMNS
                                                    " FROM pending WHERE id = ? AND source = ?"));
  get->bind(1, id).bind(2, *whose);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return no_such_event(id);
  PendingEvent event = read_pending(*get);
  get->reset();
  return event;
}

Error unreadable(const PendingEvent& event) {
  return bad_data("unreadable",
                  "event " + event.id + " (n " + std::to_string(event.n) +
                      ") cannot be read any more, so it cannot be sent",
                  "restore the replica from a copy, or emit it again; then drop it");
}

// A clock that ran ahead would have everything refused, for ever: a new node begins a new one.
void repair_clock(ReplicaWrite& write) {
  const std::int64_t bound = write.store.corrected_wall(write.row) + limits::kClockGuardMs;
  if (static_cast<std::int64_t>(write.row.clock >> 16) <= bound) return;
  write.row.node = write.store.random.next();
  write.row.clock = 0;
  write.row_changed = true;
}

}  // namespace

bool is_namesakes(std::string_view code, std::string_view source, std::string_view own) {
  return code == "already_decided" && source == own;
}

Result<std::uint64_t> rebuild_visible(ReplicaWrite& write, const std::set<std::string>& subjects,
                                      bool hold) {
  for (const std::string& subject : subjects) {
    OFFSYNC_ASSIGN(EntityRow * entity, write.entity(subject));
    entity->visible.reset();
    entity->visible_text.clear();
    entity->pending = entity->held = 0;
    entity->changed = true;
  }
  OFFSYNC_ASSIGN(sqlite::Statement next,
                 write.store.prepare("SELECT n, state, subject, line FROM pending ORDER BY n"));
  std::set<std::string, std::less<>> blocked;
  std::vector<std::uint64_t> newly_held;
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next.step());
    if (!found) break;
    const std::string subject(next.text(2));
    if (subjects.count(subject) == 0) continue;
    auto state = static_cast<PendingState>(next.integer(1));
    if (state == PendingState::rejected) {
      blocked.insert(subject);
      continue;
    }
    if (hold && state == PendingState::queued && blocked.count(subject) != 0) {
      state = PendingState::held;
      newly_held.push_back(next.uinteger(0));
    }
    OFFSYNC_ASSIGN(const EventView* event, write.store.decoder.decode(next.text(3)));
    OFFSYNC_ASSIGN(EntityRow * entity, write.entity(subject));
    OFFSYNC_ASSIGN(Entity * visible, write.visible(subject, *entity));
    if (event->writes()) visible->fold(*event);
    entity->visible_changed = true;
    write.count(*entity, 1, state == PendingState::held ? 1 : 0);
  }
  for (const std::uint64_t n : newly_held) {
    OFFSYNC_TRY(queue::hold(write, n));
    // Of what a snapshot has nobody here knows: others may have sent the event meanwhile.
    if (write.row.log_after > 0) OFFSYNC_TRY(parked::ask(write, n));
  }
  return newly_held.size();
}

Result<std::vector<PendingEvent>> Replica::to_push(std::uint64_t after, std::size_t max_events,
                                                   std::size_t max_bytes) {
  OFFSYNC_TRY(secure());  // a clientseq that the proxy knows must not be given again
  OFFSYNC_ASSIGN(
      sqlite::Statement * next,
      impl_->store.use("SELECT " OFFSYNC_PENDING_COLUMNS
                       " FROM pending WHERE n > ? AND state = " OFFSYNC_QUEUED " ORDER BY n"));
  next->bind(1, after);
  std::vector<PendingEvent> events;
  std::size_t bytes = 0;
  while (events.size() < std::max<std::size_t>(max_events, 1)) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) break;
    bytes += next->text(7).size() + 1;
    if (!events.empty() && bytes > max_bytes) break;
    events.push_back(read_pending(*next));
  }
  next->reset();
  return events;
}

namespace {

// What the answers of a push ask for when all of them are noted.
struct Followed {
  std::set<std::string> affected;         // entities whose visible state must be made anew
  std::optional<std::uint64_t> namesake;  // the first event whose number is another's
  std::vector<PendingKey> formers;        // of those, the ones that a log has had
};

// One answer of the proxy.
Status settle_one(ReplicaWrite& write, const Outcome& outcome, Replica::Settled& settled,
                  Followed& followed) {
  OFFSYNC_ASSIGN(const std::optional<PendingKey> key,
                 queue::find(write.store, outcome.source, outcome.id));
  // What is not there was confirmed meanwhile; what is accepted was settled by another process.
  if (!key || key->state == PendingState::accepted) return {};
  if (outcome.kind == OutcomeKind::held) return {};  // its rejection holds it here, too
  if (outcome.kind == OutcomeKind::rejected) {
    if (key->state == PendingState::rejected) return {};
    if (!key->out_of_order && is_namesakes(outcome.code, key->source, write.row.source)) {
      if (key->sequence != 0) followed.formers.push_back(*key);
      followed.namesake = std::min(followed.namesake.value_or(key->n), key->n);
      return {};
    }
    ++settled.rejected;
    followed.affected.insert(key->subject);
    OFFSYNC_TRY(forget_pending_resolve(write.store, key->source, outcome.id));
    return queue::set_state(write, key->n, PendingState::rejected, 0, outcome.code, outcome.detail);
  }
  if (outcome.sequence == 0) {
    return make_error(Errc::protocol, "bad_outcome",
                      "the proxy accepted event " + outcome.id + " without a sequence");
  }
  const bool confirmed = write.row.pulled && outcome.sequence <= write.row.cursor;
  if (confirmed && outcome.sequence > write.row.log_after) {
    // With its copy from the log it would have left the queue.
    return make_error(Errc::protocol, "bad_outcome",
                      "the proxy has event " + outcome.id + " at sequence " +
                          std::to_string(outcome.sequence) +
                          ", where the received log has another");
  }
  ++(outcome.kind == OutcomeKind::accepted ? settled.accepted : settled.duplicate);
  const bool void_rejection = key->state == PendingState::rejected;
  if (void_rejection) {
    followed.affected.insert(key->subject);
  } else {
    OFFSYNC_ASSIGN(EntityRow * entity, write.entity(key->subject));
    write.count(*entity, confirmed ? -1 : 0, key->state == PendingState::held ? -1 : 0);
  }
  if (confirmed && outcome.sequence <= write.row.log_after) {
    // What was accepted may have been so by a log that was put back since. A duplicate the log has
    // had before: to ask again would have no end at a proxy that does not know the question. (Of
    // one that is late PushSession says that it was accepted.)
    const bool doubtful = outcome.kind == OutcomeKind::accepted;
    OFFSYNC_TRY(former::keep(write, key->n, outcome.sequence, doubtful));
  }
  OFFSYNC_TRY(confirmed ? queue::remove(write, key->n)
                        : queue::set_state(write, key->n, PendingState::accepted, outcome.sequence,
                                           {}, {}));
  return void_rejection ? release_held(write, key->subject, key->n) : Status();
}

}  // namespace

Result<Replica::Settled> Replica::settle(std::string_view epoch,
                                         std::span<const Outcome> outcomes) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_TRY(must_be_of(write->row, epoch));
  if (write->row.epoch.empty()) {
    write->row.epoch = epoch;
    write->row_changed = true;
  }
  Settled settled;
  Followed followed;
  for (const Outcome& outcome : outcomes) {
    OFFSYNC_TRY(settle_one(*write, outcome, settled, followed));
  }
  if (!followed.affected.empty()) {
    OFFSYNC_ASSIGN(settled.held, rebuild_visible(*write, followed.affected, true));
  }
  // The proxy refuses all that follows the first one.
  const auto is_first = [&](const PendingKey& key) { return key.n == *followed.namesake; };
  const std::vector<PendingKey>& formers = followed.formers;
  settled.out_of_order = std::any_of(formers.begin(), formers.end(), is_first);
  if (settled.out_of_order) {
    for (const PendingKey& key : formers) {
      OFFSYNC_TRY(queue::set_state(*write, key.n, PendingState::queued, key.sequence,
                                   PendingEvent::kOutOfOrder,
                                   "a log before this one had it out of its order"));
    }
  } else if (followed.namesake) {
    OFFSYNC_TRY(part_from_namesake(*write, *followed.namesake));
  }
  OFFSYNC_TRY(write->commit());
  return settled;
}

Result<std::vector<Emitted>> Replica::retry(std::string_view id, std::string_view source) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_ASSIGN(PendingEvent event, load(impl_->store, id, source));
  if (event.state != PendingState::rejected) {
    const bool held = event.state == PendingState::held;
    return make_error(
        Errc::usage, held ? "held" : "not_rejected",
        "event " + event.id + " was not rejected; it is " + std::string(name_of(event.state)),
        held ? "retry or drop the rejected event before it" : "");
  }
  if (event.code == "id_conflict" && !write->row.own(event.source)) {
    return make_error(Errc::bad_data, "id_taken",
                      "event " + event.id + " of " + event.source +
                          " would be rejected again: the log has another one of that name",
                      "drop it, or emit what it says under an id of its own");
  }
  if (!impl_->store.decoder.decode(event.line)) return unreadable(event);
  // A former version left it rejected.
  if (is_namesakes(event.code, event.source, write->row.source)) {
    impl_->store.renew(write->row);
    write->row_changed = true;
  }
  const std::set<std::string> subject{event.subject};
  OFFSYNC_ASSIGN(std::vector<PendingEvent> events, released_by(*write, event.subject, event.n));
  events.insert(events.begin(), std::move(event));
  OFFSYNC_TRY(take_out(*write, events));
  OFFSYNC_TRY(rebuild_visible(*write, subject, false));
  repair_clock(*write);
  Requeue requeue(*write);
  OFFSYNC_ASSIGN(auto emitted, requeue.run_all(events));
  OFFSYNC_TRY(write->commit());
  return emitted;
}

Status Replica::drop(std::string_view id, std::string_view source) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_ASSIGN(const PendingEvent event, load(impl_->store, id, source));
  if (event.state == PendingState::accepted) {
    return make_error(Errc::usage, "accepted",
                      "event " + event.id + " was accepted: it is in the log, as number " +
                          std::to_string(event.sequence),
                      "write an event that undoes it");
  }
  std::vector<PendingEvent> released;
  if (event.state == PendingState::rejected) {
    OFFSYNC_ASSIGN(released, released_by(*write, event.subject, event.n));
  }
  Requeue requeue(*write);
  // One that cannot be read says of no stamp what it was built upon.
  const auto dropped = impl_->store.decoder.decode(event.line);
  if (dropped) requeue.stamps.dropped(**dropped);
  OFFSYNC_TRY(take_out(*write, {event}));
  OFFSYNC_TRY(take_out(*write, released));
  OFFSYNC_TRY(rebuild_visible(*write, {event.subject}, false));
  OFFSYNC_TRY(requeue.run_all(released));
  return write->commit();
}

Result<QueueCounts> Replica::counts() {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(
      sqlite::Statement * next,
      impl_->store.use("SELECT 0, count(*) FROM pending UNION ALL"
                       " SELECT state, count(*) FROM pending WHERE state <> " OFFSYNC_QUEUED
                       " GROUP BY state"));
  QueueCounts counts;
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) break;
    const std::uint64_t count = next->uinteger(1);
    switch (static_cast<PendingState>(next->integer(0))) {
      case PendingState::queued:
        counts.queued = count;
        break;
      case PendingState::accepted:
        counts.accepted = count;
        break;
      case PendingState::rejected:
        counts.rejected = count;
        break;
      case PendingState::held:
        counts.held = count;
        break;
    }
  }
  // The first row counted all, on the smallest index.
  counts.queued -= counts.accepted + counts.rejected + counts.held;
  return counts;
}

Result<std::optional<PendingEvent>> Replica::pending(std::string_view id, std::string_view source) {
  OFFSYNC_TRY(impl_->store.ready());
  auto event = load(impl_->store, id, source);
  if (event) return std::optional<PendingEvent>(std::move(*event));
  if (event.error().code == "no_event") return std::optional<PendingEvent>{};
  return event.error();
}

}  // namespace offsync
