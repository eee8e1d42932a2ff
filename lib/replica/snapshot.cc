#include "wire/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "replica/base_pieces.h"
#include "replica/parked.h"
#include "replica/states.h"
#include "replica/store.h"
#include "wire/compress.h"
#include "wire/line_mark.h"

namespace offsync {

Status for_each_base_line(ReplicaStore& store, std::int64_t staged, const BaseLineFn& fn) {
  ReplicaPlace place(false);
  std::int64_t after = INT64_MIN;
  for (bool another = true; another;) {
    std::optional<std::string> piece;
    OFFSYNC_TRY(store.read_page(place, [&]() -> Status {
      OFFSYNC_ASSIGN(sqlite::Statement next,
                     store.prepare("SELECT chunk, data FROM base WHERE staged = ? AND chunk > ?"
                                   " ORDER BY chunk LIMIT 2"));
      next.bind(1, staged).bind(2, after);
      OFFSYNC_ASSIGN(const bool found, next.step());
      if (!found) return {};
      after = next.integer(0);
      piece = next.text(1);
      OFFSYNC_ASSIGN(another, next.step());
      return {};
    }));
    if (!piece) return {};
    auto text = decompress(*piece, Coding::zstd, limits::kSnapshotLineBytes + limits::kPieceBytes);
    if (!text) return store.damaged("its snapshot is unreadable");
    std::string_view rest = *text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      OFFSYNC_ASSIGN(const bool more, fn(rest.substr(0, end)));
      if (!more) return {};
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return {};
}

Status run(ReplicaStore& store, const char* sql) {
  OFFSYNC_ASSIGN(sqlite::Statement * statement, store.use(sql));
  return statement->run();
}

Status overlay_pending(ReplicaWrite& write, std::string_view line, bool held) {
  OFFSYNC_ASSIGN(const EventView* event, write.store.decoder.decode(line));
  OFFSYNC_ASSIGN(EntityRow * entity, write.entity(event->subject));
  OFFSYNC_ASSIGN(Entity * visible, write.visible(event->subject, *entity));
  if (event->writes()) visible->fold(*event);
  entity->visible_changed = true;
  write.count(*entity, 1, held ? 1 : 0);
  if (!event->causationid.empty()) {
    OFFSYNC_TRY(note_pending_resolve(write.store, event->causationid, event->source, event->id));
  }
  return write.trim();
}

namespace {

// Whoever begins a snapshot throws away what another process has staged.
Status all_staged(ReplicaStore& store, std::int64_t staged, std::int64_t pieces) {
  OFFSYNC_ASSIGN(sqlite::Statement * count,
                 store.use("SELECT count(*) FROM base WHERE staged = ?"));
  count->bind(1, staged);
  OFFSYNC_ASSIGN(const bool found, count->step());
  const bool all = found && count->integer(0) == pieces;
  count->reset();
  if (all) return {};
  return make_error(Errc::partial, "superseded",
                    "another process has begun to fetch the state of this replica meanwhile",
                    "nothing was changed; try again");
}

// Replaces the confirmed state by a staged snapshot, within one transaction.
class Install {
 public:
  Install(ReplicaWrite& write, std::int64_t staged, const LogPlace& from)
      : write_(write), store_(write.store), staged_(staged), from_(from) {}

  Result<Cursor> run() {
    OFFSYNC_TRY(clear());
    const auto take_line = [this](std::string_view line) -> Result<bool> {
      OFFSYNC_TRY(take(line));
      return true;
    };
    OFFSYNC_TRY(for_each_base_line(store_, staged_, take_line));
    OFFSYNC_TRY(reader_.end());
    OFFSYNC_TRY(put_pending_on_top());
    return finish();
  }
  // The latest stamp in it.
  std::int64_t latest_ms() const { return reader_.latest().ms(); }

 private:
  Status clear() {
    OFFSYNC_TRY(former::take_over(write_));
    for (const char* sql : {"DELETE FROM entity", "DELETE FROM conflict", "DELETE FROM log"}) {
      OFFSYNC_TRY(offsync::run(store_, sql));
    }
    return {};
  }

  Status take(std::string_view line) {
    OFFSYNC_ASSIGN(const auto part, reader_.take(line));
    switch (part) {
      case SnapshotReader::Part::entity:
        return take_entity(line);
      case SnapshotReader::Part::conflict:
        return take_conflict(line);
      case SnapshotReader::Part::header:
        break;
    }
    if (from_.url.empty()) return {};
    return check_same_log(info_of(write_.row), cursor().epoch, from_);
  }

  const Cursor& cursor() const { return reader_.header()->cursor; }

  Status take_entity(std::string_view line) {
    OFFSYNC_ASSIGN(sqlite::Statement * put,
                   store_.use("INSERT INTO entity(subject, pending, held, confirmed)"
                              " VALUES (?, 0, 0, ?)"));
    put->bind(1, reader_.entity().subject).bind(2, line);
    return put->run();
  }

  Status take_conflict(std::string_view line) {
    const EventView& event = reader_.conflict();
    OFFSYNC_ASSIGN(sqlite::Statement * put,
                   store_.use("INSERT INTO conflict(id, sequence, line) VALUES (?, ?, ?)"));
    put->bind(1, event.id).bind(2, event.sequence).bind(3, line);
    Status done = put->run();
    if (done || done.error().code != "constraint") return done;
    return reader_.bad(std::string(event.id) + " is there twice");
  }

  // What the snapshot has already leaves the queue; the rest is folded on top of it.
  Status put_pending_on_top() {
    OFFSYNC_ASSIGN(sqlite::Statement next,
                   store_.prepare("SELECT n, state, sequence, line FROM pending ORDER BY n"));
    const bool same_epoch = write_.row.epoch == cursor().epoch;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> covered, again;  // n, sequence
    for (;;) {
      OFFSYNC_ASSIGN(const bool found, next.step());
      if (!found) break;
      auto state = static_cast<PendingState>(next.integer(1));
      if (state == PendingState::rejected) continue;
      if (state == PendingState::accepted) {
        if (same_epoch && next.uinteger(2) <= cursor().sequence) {
          covered.emplace_back(next.uinteger(0), next.uinteger(2));
          continue;
        }
        again.emplace_back(next.uinteger(0), next.uinteger(2));
      }
      OFFSYNC_TRY(overlay_pending(write_, next.text(3), state == PendingState::held));
    }
    // Whether it does, its sequence alone does not tell: the log may have been put back, and have
    // grown past it.
    for (const auto& [n, sequence] : covered) {
      OFFSYNC_TRY(former::keep(write_, n, sequence, true));
      OFFSYNC_TRY(queue::remove(write_, n));
    }
    for (const auto& [n, sequence] : again) {
      OFFSYNC_TRY(queue::set_state(write_, n, PendingState::queued, sequence, {}, {}));
    }
    return parked::ask_again(write_);
  }

  Result<Cursor> finish() {
    OFFSYNC_TRY(offsync::run(store_, "DELETE FROM base WHERE staged = " OFFSYNC_INSTALLED));
    // Where it fails, all is rolled back; so SQLite need not keep a copy of all of it until then.
    OFFSYNC_ASSIGN(
        sqlite::Statement * keep,
        store_.use("UPDATE OR FAIL base SET staged = " OFFSYNC_INSTALLED " WHERE staged = ?"));
    keep->bind(1, staged_);
    OFFSYNC_TRY(keep->run());
    OFFSYNC_TRY(offsync::run(store_, "DELETE FROM base WHERE staged <> " OFFSYNC_INSTALLED));
    ReplicaRow& row = write_.row;
    const Cursor cursor = this->cursor();
    row.head = row.epoch == cursor.epoch ? std::max(row.head, cursor.sequence) : cursor.sequence;
    if (!from_.sure) {
      if (row.log != from_.log) row.log.clear();
    } else if (row.epoch != cursor.epoch || !from_.log.empty()) {
      row.log = from_.log;
    }
    if (!from_.url.empty()) row.place = from_.url;
    // Who had a log and fetches the state has met another one, perhaps in the same epoch, or what
    // followed was compacted; who is behind its end has met another one.
    OFFSYNC_ASSIGN(sqlite::Statement * lost,
                   store_.use("UPDATE consumer SET epoch = ?4 WHERE epoch = ?1 AND"
                              " (?2 OR sequence > ?3)"));
    lost->bind(1, cursor.epoch).bind(2, row.pulled ? 1 : 0).bind(3, cursor.sequence);
    lost->bind(4, kDoubtfulEpoch);
    OFFSYNC_TRY(lost->run());
    row.epoch = cursor.epoch;
    row.pulled = true;
    row.cursor = row.log_after = cursor.sequence;
    HybridClock clock(row.node, row.clock);
    clock.observe({reader_.latest().time, 0}, store_.corrected_wall(row));
    row.clock = clock.last();
    write_.row_changed = true;
    return cursor;
  }

  ReplicaWrite& write_;
  ReplicaStore& store_;
  std::int64_t staged_;
  const LogPlace& from_;
  SnapshotReader reader_{"the proxy's snapshot", "nothing was changed; try again"};
};

}  // namespace

Status Replica::begin_snapshot() {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  // A mark of our own, so that the pieces of two processes never mix.
  impl_->staging = static_cast<std::int64_t>(impl_->store.random.next() >> 1 | 1);
  impl_->pieces = 0;
  OFFSYNC_TRY(run(impl_->store, "DELETE FROM base WHERE staged <> " OFFSYNC_INSTALLED));
  return write->commit();
}

Status Replica::stage_snapshot(std::string_view ndjson) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_ASSIGN(sqlite::Statement * put,
                 impl_->store.use("INSERT INTO base(staged, data) VALUES (?, ?)"));
  while (!ndjson.empty()) {
    std::size_t end = ndjson.size();
    if (end > limits::kPieceBytes) {
      end = ndjson.rfind('\n', limits::kPieceBytes - 1);
      if (end == std::string_view::npos) end = ndjson.find('\n', limits::kPieceBytes);
      end = end == std::string_view::npos ? ndjson.size() : end + 1;
    }
    const std::string packed = compress(ndjson.substr(0, end), Coding::zstd);
    put->bind(1, impl_->staging).bind_blob(2, packed);
    OFFSYNC_TRY(put->run());
    ++impl_->pieces;
    ndjson.remove_prefix(end);
  }
  return write->commit();
}

Result<Cursor> Replica::install_snapshot(const LogPlace& from) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_TRY(all_staged(impl_->store, impl_->staging, impl_->pieces));
  impl_->store.bulk();
  Install install(*write, impl_->staging, from);
  OFFSYNC_ASSIGN(Cursor cursor, install.run());
  OFFSYNC_TRY(write->commit());
  impl_->snapshot_ms = install.latest_ms();
  return cursor;
}

Result<std::string> Replica::mark_at(const Cursor& at) {
  std::string mark;
  if (at.sequence == 0) return mark;
  LogFilter filter;
  filter.after = at.sequence - 1;
  filter.until = at.sequence;
  OFFSYNC_TRY(for_each_log(filter, [&](std::uint64_t, std::string_view line) {
    mark = line_mark(line);
    return false;
  }));
  if (!mark.empty()) return mark;
  OFFSYNC_TRY(for_each_base_line(impl_->store, 0, [&](std::string_view line) -> Result<bool> {
    OFFSYNC_ASSIGN(const SnapshotHeader header, parse_snapshot_header(line));
    if (header.cursor == at) mark = header.line;
    return false;
  }));
  return mark;
}

Status Replica::for_each_base(const std::function<bool(std::string_view line)>& fn) {
  std::optional<SnapshotHeader> header;
  std::uint64_t seen = 0;
  return for_each_base_line(impl_->store, 0, [&](std::string_view line) -> Result<bool> {
    if (!header) {
      OFFSYNC_ASSIGN(header, parse_snapshot_header(line));
      return header->entities > 0;
    }
    ++seen;
    return fn(line) && seen < header->entities;
  });
}

}  // namespace offsync
