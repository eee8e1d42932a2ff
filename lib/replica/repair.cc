// Makes a replica usable again whose settings, state or records cannot be read: the queue and the
// received log stay, the rest is made anew from them, and from the proxy at the next sync.
#include <algorithm>

#include "base/limits.h"
#include "replica/base_pieces.h"
#include "replica/behind_damage.h"
#include "replica/damage.h"
#include "replica/repair_rows.h"
#include "replica/states.h"
#include "replica/store.h"
#include "wire/answer_limits.h"
#include "wire/snapshot.h"

namespace offsync {
namespace {

class Repair {
 public:
  Repair(ReplicaWrite& write, bool newest_lost, const BehindDamage& behind)
      : write_(write), store_(write.store), newest_lost_(newest_lost), behind_(behind) {}

  Result<Replica::Repaired> run() {
    OFFSYNC_ASSIGN(sound_,
                   drop_damaged(store_, [this](std::string what) { mended(std::move(what)); }));
    base_lost_ = !sound_.base;
    sound_.newest = sound_.newest && !newest_lost_;
    OFFSYNC_TRY(take_what_is_behind());
    OFFSYNC_TRY(mend_identity());
    OFFSYNC_TRY(look_at_base());
    OFFSYNC_TRY(mend_place());
    OFFSYNC_TRY(mend_marks(store_, [this](std::string what) { mended(std::move(what)); }));
    OFFSYNC_TRY(mend_queue());
    OFFSYNC_TRY(make_state());
    OFFSYNC_TRY(put_queue_on_top());
    write_.row_changed = true;
    return done_;
  }
  // Whether there were pages that are not as they were written.
  bool damaged() const { return !sound_.problems.empty(); }

 private:
  void mended(std::string what) { done_.mended.push_back(std::move(what)); }

  Status take_what_is_behind() {
    if (!behind_.damaged) return {};
    sound_.newest = false;
    OFFSYNC_ASSIGN(const PutBehind put, put_behind(store_, behind_, write_.row.next));
    done_.doubtful += put.doubtful;
    done_.lost_unknown = put.unknown || !put.missing.empty();
    for (const std::string& what : put.mended) mended(what);
    if (!put.unknown && sound_.settings) write_.row.next = std::max(write_.row.next, *behind_.next);
    return {};
  }

  // Numbers that cannot be; with one of our own events' in doubt, nothing of ours may be mistaken
  // for what was sent before: this goes on as a copy of the replica does.
  Status mend_identity() {
    ReplicaRow& row = write_.row;
    if (!sound_.settings) {
      row.epoch.clear();
      row.log.clear();
      row.clock = 0;
    }
    const auto mend = [&](auto& value, auto least, auto most, const char* what) {
      if (value >= least && value <= most) return;
      value = 0;
      mended(what);
    };
    mend(row.clock_offset, -limits::kMaxMs, limits::kMaxMs, "the clock's offset");
    mend(row.clock_started, -limits::kMaxMs, limits::kMaxMs, "when the clock was measured");
    mend(row.last_sync, std::int64_t{0}, limits::kMaxMs, "the time of the last sync");
    OFFSYNC_ASSIGN(const std::uint64_t last, number("SELECT max(n) FROM pending"));
    const bool counts = row.next > last && row.next < limits::kMaxSequence;
    const bool named = check_own_source(row.source).ok() && row.node != 0;
    if (counts && named && sound_.settings && sound_.newest) return {};
    mended(!sound_.settings ? "the settings, on a damaged page"
           : !sound_.newest ? "the newest commits, which are lost with the WAL"
           : counts         ? "the source"
                            : "the number of the next event");
    if (!check_own_source(row.source)) row.source.clear();
    store_.renew(row);
    if (last >= limits::kMaxSequence - 1) return store_.damaged("its queue has a number too many");
    row.next = std::max(last + 1, counts ? row.next : 1);
    return {};
  }

  Result<std::uint64_t> number(const char* sql) {
    OFFSYNC_ASSIGN(sqlite::Statement * get, store_.use(sql));
    OFFSYNC_ASSIGN(const bool found, get->step());
    const std::int64_t value = found ? get->integer(0) : 0;
    get->reset();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
  }

  // Whether the snapshot below the log can be read, all of it.
  Status look_at_base() {
    std::uint64_t lines = 0;
    const Status read = for_each_base_line(store_, 0, [&](std::string_view line) -> Result<bool> {
      if (lines++ == 0) {
        OFFSYNC_ASSIGN(base_, parse_snapshot_header(line));
      } else if (lines <= 1 + base_->entities) {
        OFFSYNC_ASSIGN(const EntityRecord record, store_.entities.decode(line));
      } else {
        OFFSYNC_ASSIGN(const EventView* event, store_.decoder.decode(line));
        OFFSYNC_ASSIGN(const Conflict conflict, conflict_of(*event));
      }
      return true;
    });
    const bool whole = base_ && lines == 1 + base_->entities + base_->conflicts;
    if (read && (lines == 0 || whole)) return {};
    base_.reset();
    base_lost_ = true;
    mended("the snapshot, which cannot be read");
    return offsync::run(store_, "DELETE FROM base");
  }

  // How far the log that is there reaches, and from where: all of it must be there and readable, or
  // the whole state comes from the proxy again.
  Status mend_place() {
    ReplicaRow& row = write_.row;
    OFFSYNC_ASSIGN(const bool readable, look_at_log());
    OFFSYNC_ASSIGN(const std::uint64_t first, number("SELECT min(sequence) FROM log"));
    OFFSYNC_ASSIGN(const std::uint64_t last, number("SELECT max(sequence) FROM log"));
    OFFSYNC_ASSIGN(const std::uint64_t count, number("SELECT count(*) FROM log"));
    if (!row.epoch.empty() && !is_epoch(row.epoch)) {
      row.epoch.clear();
      mended("the name of the log");
    }
    if (!row.log.empty() && !is_epoch(row.log)) {
      row.log.clear();
      mended("the name of its log");
    }
    if (base_ && row.epoch.empty()) row.epoch = base_->cursor.epoch;
    const std::uint64_t begin = base_ ? base_->cursor.sequence : 0;
    const bool dense = count == 0 || (first == begin + 1 && last == begin + count);
    const bool placed = (base_ || count > 0) && !row.epoch.empty();
    const bool same_log = !base_ || base_->cursor.epoch == row.epoch;
    // One that was never pulled, or that an earlier repair left so, is to fetch the whole state. So
    // is one whose log ends before the place that it had come to: its state is the newer one.
    const bool cut = row.cursor > begin + count && row.cursor <= row.head;
    const bool fetches = !row.pulled || cut;
    done_.log = count;
    done_.whole = placed && dense && same_log && !base_lost_ && readable && !fetches;
    const std::uint64_t reach = done_.whole ? begin + count : 0;
    const std::uint64_t after = done_.whole ? begin : 0;
    const bool right = row.pulled == done_.whole && (!row.pulled || row.cursor == reach) &&
                       (!row.pulled || row.log_after == after);
    if (!right) mended("the place in the log");
    row.pulled = done_.whole;
    row.cursor = reach;
    row.log_after = after;
    if (row.head < reach || row.head > limits::kMaxSequence) {
      row.head = reach;
      mended("the proxy's head");
    }
    // Nothing can be made of a snapshot alone, and the next one takes its place.
    return done_.whole ? Status()
                       : offsync::run(store_, "DELETE FROM base WHERE staged = " OFFSYNC_INSTALLED);
  }

  // Whether all of it can be read. What cannot be is no help to anybody later.
  Result<bool> look_at_log() {
    std::vector<std::uint64_t> bad;
    {
      OFFSYNC_ASSIGN(sqlite::Statement next,
                     store_.prepare("SELECT sequence, line FROM log ORDER BY sequence"));
      for (;;) {
        OFFSYNC_ASSIGN(const bool found, next.step());
        if (!found) break;
        const auto event = store_.decoder.decode(next.text(1));
        const bool good = event && (*event)->sequence == next.uinteger(0) &&
                          ((*event)->type != kConflictType || conflict_of(**event));
        if (!good) bad.push_back(next.uinteger(0));
      }
    }
    for (const std::uint64_t sequence : bad) {
      mended("event " + std::to_string(sequence) + " of the log, which cannot be read");
      OFFSYNC_ASSIGN(sqlite::Statement * gone, store_.use("DELETE FROM log WHERE sequence = ?"));
      gone->bind(1, sequence);
      OFFSYNC_TRY(gone->run());
    }
    return bad.empty() && sound_.log;
  }

  // What its line says counts. An event that cannot be read is kept, as rejected.
  Status mend_queue() {
    std::vector<PendingEvent> rows;
    {
      OFFSYNC_ASSIGN(sqlite::Statement next,
                     store_.prepare("SELECT " OFFSYNC_PENDING_COLUMNS " FROM pending ORDER BY n"));
      for (;;) {
        OFFSYNC_ASSIGN(const bool found, next.step());
        if (!found) break;
        rows.push_back(read_pending(next));
      }
    }
    for (const PendingEvent& row : rows) OFFSYNC_TRY(mend_pending(row));
    OFFSYNC_ASSIGN(done_.waiting,
                   number("SELECT count(*) FROM pending WHERE state = " OFFSYNC_REJECTED
                          " AND code IN ('unreadable', 'doubtful')"));
    return {};
  }

  Status mend_pending(const PendingEvent& row) {
    if (row.line.empty() && row.state == PendingState::rejected && row.code == "unreadable") {
      return {};  // lost, as an earlier one found
    }
    ++done_.queue;
    const auto event = store_.decoder.decode(row.line);
    if (!event) {
      ++done_.unreadable;
      return queue::set_state(write_, row.n, PendingState::rejected, 0, "unreadable",
                              event.error().detail);
    }
    OFFSYNC_TRY(name_pending(row, **event));
    const auto state = static_cast<std::uint64_t>(row.state);
    const bool known = state <= static_cast<std::uint64_t>(PendingState::held);
    const bool placed = row.state != PendingState::accepted ||
                        (row.sequence > write_.row.cursor && row.sequence <= limits::kMaxSequence);
    if (known && placed) return {};
    return queue::set_state(write_, row.n, PendingState::queued, 0, {}, {});
  }

  Status name_pending(const PendingEvent& row, const EventView& view) {
    if (row.id == view.id && row.source == view.source && row.subject == view.subject &&
        row.type == view.type) {
      return {};
    }
    OFFSYNC_ASSIGN(sqlite::Statement * put,
                   store_.use("UPDATE pending SET id = ?2, source = ?3, subject = ?4, type = ?5"
                              " WHERE n = ?1"));
    put->bind(1, row.n).bind(2, view.id).bind(3, view.source).bind(4, view.subject);
    put->bind(5, view.type);
    return put->run();
  }

  // From the snapshot and the log; where they are not whole, what is readable of the state stays
  // until the proxy is asked.
  Status make_state() {
    OFFSYNC_TRY(drop_unreadable_records());
    if (!done_.whole) return keep_readable_entities();
    for (const char* sql : {"DELETE FROM entity", "DELETE FROM conflict"}) {
      OFFSYNC_TRY(offsync::run(store_, sql));
    }
    const std::uint64_t entities = base_ ? base_->entities : 0;
    const auto put = [&, lines = std::uint64_t{0}](std::string_view line) mutable -> Result<bool> {
      if (lines++ == 0) return true;  // the header
      const Status done = lines <= 1 + entities ? put_entity(line) : put_conflict(line);
      if (!done) return done.error();
      return true;
    };
    OFFSYNC_TRY(for_each_base_line(store_, 0, put));
    OFFSYNC_ASSIGN(sqlite::Statement next,
                   store_.prepare("SELECT line FROM log ORDER BY sequence"));
    for (;;) {
      OFFSYNC_ASSIGN(const bool found, next.step());
      if (!found) return write_.trim(0);
      const std::string line(next.text(0));
      OFFSYNC_ASSIGN(const EventView* event, store_.decoder.decode(line));
      OFFSYNC_TRY(note_in_records(store_, *event, line));
      OFFSYNC_TRY(write_.confirm(*event));
      OFFSYNC_TRY(write_.trim());
    }
  }

  Status put_entity(std::string_view line) {
    OFFSYNC_ASSIGN(const EntityRecord record, store_.entities.decode(line));
    OFFSYNC_ASSIGN(sqlite::Statement * put,
                   store_.use("INSERT INTO entity(subject, pending, held, confirmed)"
                              " VALUES (?, 0, 0, ?)"));
    put->bind(1, record.subject).bind(2, line);
    return put->run();
  }

  Status put_conflict(std::string_view line) {
    OFFSYNC_ASSIGN(const EventView* event, store_.decoder.decode(line));
    return note_in_records(store_, *event, line);
  }

  Status drop_unreadable_records() {
    std::vector<std::string> bad;
    {
      OFFSYNC_ASSIGN(sqlite::Statement next,
                     store_.prepare("SELECT id, line, sequence FROM conflict"));
      for (;;) {
        OFFSYNC_ASSIGN(const bool found, next.step());
        if (!found) break;
        const auto event = store_.decoder.decode(next.text(1));
        const bool placed = event && next.is_integer(2) && next.uinteger(2) == (*event)->sequence;
        if (!placed || !conflict_of(**event)) bad.emplace_back(next.text(0));
      }
    }
    for (const std::string& id : bad) {
      mended("the conflict record " + id + ", which cannot be read");
      OFFSYNC_ASSIGN(sqlite::Statement * gone, store_.use("DELETE FROM conflict WHERE id = ?"));
      gone->bind(1, id);
      OFFSYNC_TRY(gone->run());
    }
    return offsync::run(store_, "UPDATE conflict SET pending_by = NULL, pending_source = NULL");
  }

  Status keep_readable_entities() {
    std::vector<std::int64_t> bad;
    {
      OFFSYNC_ASSIGN(sqlite::Statement next,
                     store_.prepare("SELECT rowid, subject, confirmed FROM entity"));
      for (;;) {
        OFFSYNC_ASSIGN(const bool found, next.step());
        if (!found) break;
        const auto record = store_.entities.decode(next.text(2));
        if (!record || record->subject != next.text(1)) bad.push_back(next.integer(0));
      }
    }
    for (const std::int64_t row : bad) {
      OFFSYNC_ASSIGN(sqlite::Statement * gone, store_.use("DELETE FROM entity WHERE rowid = ?"));
      gone->bind(1, row);
      OFFSYNC_TRY(gone->run());
    }
    return offsync::run(store_, "UPDATE entity SET pending = 0, held = 0, visible = NULL");
  }

  Status put_queue_on_top() {
    OFFSYNC_ASSIGN(sqlite::Statement next,
                   store_.prepare("SELECT state, line FROM pending WHERE state <> " OFFSYNC_REJECTED
                                  " ORDER BY n"));
    for (;;) {
      OFFSYNC_ASSIGN(const bool found, next.step());
      if (!found) return {};
      const bool held = next.integer(0) == static_cast<int>(PendingState::held);
      OFFSYNC_TRY(overlay_pending(write_, next.text(1), held));
    }
  }

  ReplicaWrite& write_;
  ReplicaStore& store_;
  const bool newest_lost_;
  const BehindDamage& behind_;
  Soundness sound_;
  Replica::Repaired done_;
  std::optional<SnapshotHeader> base_;
  bool base_lost_ = false;
};

}  // namespace

Result<Replica::Repaired> repair_rows(ReplicaStore& store, bool newest_lost,
                                      const BehindDamage& behind) {
  store.lenient = true;
  OFFSYNC_TRY(store.open());
  OFFSYNC_TRY(store.all_tables());
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(store));
  Repair repair(*write, newest_lost, behind);
  OFFSYNC_ASSIGN(Replica::Repaired done, repair.run());
  OFFSYNC_TRY(write->commit());
  if (repair.damaged()) OFFSYNC_TRY(store.rewrite());
  return done;
}

}  // namespace offsync
