#include "replica/parked.h"
#include "replica/states.h"
#include "replica/store.h"
#include "wire/answer_limits.h"
#include "wire/log_page.h"

namespace offsync {
namespace {

// Puts an event of the log into it, and what follows from that. One transaction holds it all.
class Apply {
 public:
  Apply(ReplicaWrite& write, bool any_former) : write_(write), any_former_(any_former) {}
  Replica::Applied applied;

  Status line(std::string_view line) {
    OFFSYNC_ASSIGN(const EventView* read,
                   read_log_event(write_.store.decoder, line, write_.row.cursor));
    const EventView& event = *read;
    const std::uint64_t expected = write_.row.cursor + 1;
    if (event.sequence < expected) return {};
    if (event.sequence > expected) {
      return make_error(Errc::protocol, "gap",
                        "the proxy sent sequence " + std::to_string(event.sequence) + " where " +
                            std::to_string(expected) + " is next",
                        "nothing of this page was taken");
    }
    const std::string canonical = encode(event);
    OFFSYNC_TRY(keep(event, canonical));
    OFFSYNC_TRY(note_conflict(event, canonical));
    // First the log's copy comes in, then ours goes: the visible state has it at every moment.
    OFFSYNC_TRY(write_.confirm(event));
    OFFSYNC_TRY(settle_own(event));
    if (any_former_) OFFSYNC_TRY(former::forget(write_.store, event));
    HybridClock clock(write_.row.node, write_.row.clock);
    clock.observe(event.stamp, write_.store.corrected_wall(write_.row));
    write_.row.clock = clock.last();
    // A replica that was put back, or made anew under its old name, has given these numbers before.
    if (event.source == write_.row.source && event.clientseq >= write_.row.next &&
        event.clientseq < limits::kMaxSequence) {
      write_.row.next = event.clientseq + 1;
    }
    write_.row.cursor = event.sequence;
    ++applied.events;
    return write_.trim();
  }

 private:
  Status keep(const EventView& event, const std::string& canonical) {
    OFFSYNC_ASSIGN(sqlite::Statement * put,
                   write_.store.use("INSERT INTO log(sequence, source, id, line)"
                                    " VALUES (?, ?, ?, ?)"));
    put->bind(1, event.sequence).bind(2, event.source).bind(3, event.id).bind(4, canonical);
    Status done = put->run();
    if (done || done.error().code != "constraint") return done;
    return bad_log_event(event.sequence - 1, "event " + std::string(event.id) + " of " +
                                                 std::string(event.source) + " is there twice");
  }

  Status note_conflict(const EventView& event, const std::string& canonical) {
    if (event.type == kConflictType) {
      if (const auto record = conflict_of(event); !record) {
        return bad_log_event(event.sequence - 1, record.error().detail);
      }
      ++applied.conflicts;
    }
    return note_in_records(write_.store, event, canonical);
  }

  // The confirmed copy of a pending event takes its place. One with another content is not it: ours
  // stays, for the proxy to refuse.
  Status settle_own(const EventView& event) {
    OFFSYNC_ASSIGN(sqlite::Statement * get, write_.store.use("SELECT n, state, line FROM pending"
                                                             " WHERE id = ? AND source = ?"));
    get->bind(1, event.id).bind(2, event.source);
    OFFSYNC_ASSIGN(const bool found, get->step());
    if (!found) return {};
    const std::uint64_t n = get->uinteger(0);
    const auto state = static_cast<PendingState>(get->integer(1));
    const bool same = get->text(2) == encode_content(event) || is_released(event, n, get->text(2));
    get->reset();
    if (!same) return {};
    OFFSYNC_TRY(queue::remove(write_, n));
    if (state == PendingState::rejected) return release_held(write_, std::string(event.subject), n);
    OFFSYNC_ASSIGN(EntityRow * entity, write_.entity(event.subject));
    write_.count(*entity, -1, state == PendingState::held ? -1 : 0);
    return {};
  }

  // Whether the log has an event of ours as it was before release_held() gave it another number: an
  // old copy of the request that was answered with `held` may come late.
  bool is_released(EventView event, std::uint64_t n, std::string_view line) const {
    if (event.clientseq == 0 || !write_.row.own(event.source)) return false;
    event.clientseq = n;
    return encode_content(event) == line;
  }

  ReplicaWrite& write_;
  const bool any_former_;
};

}  // namespace

Result<std::vector<PendingEvent>> released_by(ReplicaWrite& write, std::string_view subject,
                                              std::uint64_t n) {
  OFFSYNC_ASSIGN(sqlite::Statement * next,
                 write.store.use("SELECT " OFFSYNC_PENDING_COLUMNS
                                 " FROM pending WHERE " OFFSYNC_PARKED_EVENTS " ORDER BY n"));
  std::vector<PendingEvent> released;
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) break;
    if (next->text(5) != subject || next->uinteger(0) == n) continue;
    PendingEvent event = read_pending(*next);
    if (event.state == PendingState::rejected) break;
    released.push_back(std::move(event));
  }
  next->reset();
  return released;
}

Status release_held(ReplicaWrite& write, const std::string& subject, std::uint64_t n) {
  OFFSYNC_ASSIGN(const std::vector<PendingEvent> released, released_by(write, subject, n));
  for (const PendingEvent& held : released) {
    // The log may have it as it is.
    OFFSYNC_ASSIGN(const bool asked, parked::is_asked(write.store, held.source, held.id));
    if (!asked) OFFSYNC_TRY(release_one(write, held));
  }
  return {};
}

Status release_one(ReplicaWrite& write, const PendingEvent& held) {
  OFFSYNC_ASSIGN(const EventView* read, write.store.other_decoder.decode(held.line));
  EventView event = *read;
  std::string line = held.line;
  if (write.row.own(event.source)) {
    event.clientseq = write.row.next;
    line = encode_content(event);
  }
  OFFSYNC_TRY(queue::remove(write, held.n));
  OFFSYNC_TRY(queue::insert(write, write.row.next, PendingState::queued, event, line));
  ++write.row.next;
  write.row_changed = true;
  OFFSYNC_ASSIGN(EntityRow * entity, write.entity(held.subject));
  write.count(*entity, 0, -1);
  return {};
}

Result<Replica::Applied> Replica::apply(std::string_view epoch, std::span<const std::string> lines,
                                        std::uint64_t reaches) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  ReplicaRow& row = write->row;
  OFFSYNC_TRY(must_be_of(row, epoch));
  row.epoch = epoch;
  row.pulled = true;
  write->row_changed = true;
  OFFSYNC_ASSIGN(const bool any_former, former::any(impl_->store));
  Apply apply(*write, any_former);
  for (const std::string& line : lines) OFFSYNC_TRY(apply.line(line));
  if (row.cursor < reaches) {
    return make_error(Errc::protocol, "bad_answer",
                      "the proxy's events end at sequence " + std::to_string(row.cursor) +
                          " and not at " + std::to_string(reaches) + " as it says",
                      "nothing of them was taken");
  }
  OFFSYNC_ASSIGN(apply.applied.again, former::give_up_accepted(*write, row.cursor, 0));
  row.head = std::max(row.head, row.cursor);
  OFFSYNC_TRY(write->commit());
  return apply.applied;
}

}  // namespace offsync
