#include "replica/requeue.h"

#include <algorithm>

#include "base/rfc3339.h"
#include "base/uuid.h"
#include "event/checks.h"
#include "event/with_base.h"
#include "replica/parked.h"
#include "replica/states.h"

namespace offsync {
namespace {

std::uint64_t latest(const Entity& visible, const std::vector<Base>& bases) {
  std::uint64_t time = std::max(visible.deleted().stamp.time, visible.created().stamp.time);
  for (const Base& base : bases) time = std::max(time, base.stamp.time);
  return time;
}

}  // namespace

Stamp Restamping::of(const Base& base) const {
  Stamp stamp = base.stamp;
  if (!gone_.none() && stamp == gone_) {
    const auto below = below_.find(key(base));
    if (below != below_.end()) {
      stamp = below->second;
    } else if (!base.element.empty() || !sets_.contains(base.field)) {
      return {};
    }  // else it stands for all that was written to the set until then
  }
  const auto to = moved_.find(stamp);
  return to == moved_.end() ? stamp : to->second;
}

void Restamping::dropped(const EventView& event) {
  gone_ = event.stamp;
  for (const Base& base : event.bases) below_[key(base)] = base.stamp;
  for (const Op& op : event.ops) {
    if (kind_of(op.kind) == FieldKind::set) sets_.emplace(op.field);
  }
}

std::pair<std::string, std::string> Restamping::key(const Base& base) {
  return {std::string(base.field), std::string(base.element)};
}

Result<Emitted> Requeue::run(const PendingEvent& old) {
  OFFSYNC_ASSIGN(const EventView* read, write_.store.decoder.decode(old.line));
  EventView event = *read;
  OFFSYNC_ASSIGN(EntityRow * entity, write_.entity(event.subject));
  OFFSYNC_ASSIGN(Entity * visible, write_.visible(event.subject, *entity));
  std::string id, data, time;
  std::vector<Base> bases;
  if (write_.row.own(event.source)) {
    id = uuid_v7(write_.store.clock.wall_ms(), write_.store.random);
    event.id = id;
    event.source = write_.row.source;
    event.clientseq = write_.row.next;
    bases = remapped(event);
    if (event.base_given) event.data = data = with_base(event.data, bases);
    if (event.base_given && content_bytes(event) > limits::kEventBytes) {
      // Elements that were seen under one stamp are now under several.
      event.data = data = with_base(event.data, without_elements(bases));
    }
    const Stamp before = event.stamp;
    event.stamp = next_stamp(write_, latest(*visible, bases));
    stamps.moved(before, event.stamp);
    // A clock that was wrong gave the time, too.
    const bool afresh = event.stamp.time < before.time && event.time_ms == before.ms();
    if (afresh) event.time = time = format_rfc3339(event.stamp.ms());
  }
  Emitted emitted{encode_content(event), std::string(event.id), false, {}};
  OFFSYNC_TRY(queue::insert(write_, write_.row.next, PendingState::queued, event, emitted.line));
  if (!event.causationid.empty()) {
    OFFSYNC_TRY(note_pending_resolve(write_.store, event.causationid, event.source, event.id));
  }
  ++write_.row.next;
  write_.row_changed = true;
  if (event.writes()) visible->fold(event);
  entity->visible_changed = true;
  write_.count(*entity, 1, 0);
  return emitted;
}

std::vector<Base> Requeue::remapped(const EventView& event) const {
  std::vector<Base> bases;
  for (const Base& base : event.bases) {
    const Stamp stamp = stamps.of(base);
    if (!stamp.none()) bases.push_back({base.field, stamp, base.element});
  }
  return bases;
}

Result<std::vector<Emitted>> Requeue::run_all(const std::vector<PendingEvent>& events) {
  std::vector<Emitted> emitted;
  for (const PendingEvent& event : events) {
    OFFSYNC_ASSIGN(Emitted one, run(event));
    emitted.push_back(std::move(one));
    OFFSYNC_TRY(write_.trim());
  }
  return emitted;
}

Status take_out(ReplicaWrite& write, const std::vector<PendingEvent>& events) {
  for (const PendingEvent& event : events) {
    OFFSYNC_TRY(queue::remove(write, event.n));
    OFFSYNC_TRY(forget_pending_resolve(write.store, event.source, event.id));
    OFFSYNC_TRY(parked::forget(write.store, event.source, event.id));
  }
  return {};
}

Status part_from_namesake(ReplicaWrite& write, std::uint64_t n) {
  write.store.renew(write.row);
  write.row_changed = true;
  OFFSYNC_ASSIGN(
      sqlite::Statement * next,
      write.store.use("SELECT " OFFSYNC_PENDING_COLUMNS
                      " FROM pending WHERE n >= ? AND state = " OFFSYNC_QUEUED " ORDER BY n"));
  next->bind(1, n);
  std::vector<PendingEvent> events;
  std::set<std::string> subjects;
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) break;
    events.push_back(read_pending(*next));
    subjects.insert(events.back().subject);
  }
  OFFSYNC_TRY(take_out(write, events));
  OFFSYNC_TRY(rebuild_visible(write, subjects, false));
  Requeue requeue(write);
  OFFSYNC_TRY(requeue.run_all(events));
  return {};
}

}  // namespace offsync
