#include "replica/store.h"

#include <algorithm>
#include <cstdlib>

#include "base/comma_list.h"
#include "base/limits.h"
#include "sqlite/adopt.h"

namespace offsync {
namespace {

constexpr int kBulkCacheKib = 128 * 1024;
constexpr int kBulkCheckpointPages = 16'000;

// What offsync reckons with later.
bool is_sane(const ReplicaRow& row) {
  constexpr std::uint64_t kMost = INT64_MAX;
  const bool named = row.log.empty() || is_epoch(row.log);
  return named && (row.epoch.empty() ? !row.pulled : is_epoch(row.epoch)) && row.next <= kMost &&
         row.cursor <= kMost && row.log_after <= kMost && row.head <= kMost &&
         row.clock_offset >= -limits::kMaxMs && row.clock_offset <= limits::kMaxMs &&
         row.clock_started >= -limits::kMaxMs && row.clock_started <= limits::kMaxMs &&
         row.last_sync >= 0 && row.last_sync <= limits::kMaxMs;
}

}  // namespace

std::vector<std::string> ReplicaRow::former() const {
  std::vector<std::string> names;
  std::string_view rest = former_sources;
  while (!rest.empty()) names.emplace_back(take_item(rest, '\n'));
  return names;
}

bool ReplicaRow::own(std::string_view event_source) const {
  if (event_source == source) return true;
  std::string_view rest = former_sources;
  while (!rest.empty()) {
    if (take_item(rest, '\n') == event_source) return true;
  }
  return false;
}

ReplicaStore::~ReplicaStore() {
  statements_.clear();
  if (!bulk_ || !db_ || db_->broken() || !lock_) return;
  // The next process should not have to read a long WAL. If somebody else writes, that will do it.
  if (const auto locked = lock_->try_lock(); locked && *locked) {
    (void)db_->checkpoint();
    lock_->unlock();
  }
}

Status ReplicaStore::rewrite() {
  statements_.clear();
  OFFSYNC_TRY(lock_->lock());
  Status done = doubted([&]() -> Status {
    OFFSYNC_TRY(sqlite::begin_wal(*db_));
    OFFSYNC_TRY(db_->exec("VACUUM"));
    return db_->checkpoint();
  });
  lock_->unlock();
  return done;
}

Result<sqlite::Statement*> ReplicaStore::use(const char* sql) {
  if (const auto it = statements_.find(sql); it != statements_.end()) {
    it->second.reset();
    return &it->second;
  }
  OFFSYNC_ASSIGN(sqlite::Statement statement, db_->prepare(sql));
  return &statements_.emplace(sql, std::move(statement)).first->second;
}

Result<ReplicaRow> ReplicaStore::load_row() {
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 use("SELECT remote, source, former_sources, node, clock, next, epoch, cursor,"
                     " log_after, head, clock_offset, last_sync, file, log, place, clock_boot,"
                     " clock_started FROM replica"));
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found && lenient) return ReplicaRow{};
  if (!found) {
    return make_error(Errc::io, "corrupt", file_ + " has no settings: its making was cut",
                      "run offsync init again");
  }
  ReplicaRow row;
  row.remote = get->text(0);
  row.source = get->text(1);
  row.former_sources = get->text(2);
  row.node = get->uinteger(3);
  row.clock = get->uinteger(4);
  row.next = get->uinteger(5);
  row.epoch = get->text(6);
  row.pulled = !get->null(7);
  row.cursor = get->uinteger(7);
  row.log_after = get->uinteger(8);
  row.head = get->uinteger(9);
  row.clock_offset = get->integer(10);
  row.last_sync = get->integer(11);
  row.file = get->text(12);
  row.log = get->text(13);
  row.place = get->text(14);
  row.clock_boot = get->uinteger(15);
  row.clock_started = get->integer(16);
  get->reset();
  if (!lenient && !is_sane(row)) return damaged("its settings have a number that cannot be");
  return row;
}

Error ReplicaStore::damaged(const std::string& what) const {
  return make_error(Errc::io, "corrupt", file_ + " is damaged: " + what,
                    std::string(Replica::kRepairHint));
}

Status ReplicaStore::save_row(const ReplicaRow& row) {
  if (!is_sane(row)) {
    return make_error(Errc::protocol, "bad_number",
                      "there is a number in the answer that " + file_ + " cannot hold",
                      "nothing was changed; check that the remote is an offsync proxy");
  }
  OFFSYNC_ASSIGN(sqlite::Statement * put,
                 use("REPLACE INTO replica(one, remote, source, former_sources, node, clock, next,"
                     " epoch, cursor, log_after, head, clock_offset, last_sync, file, log, place,"
                     " clock_boot, clock_started)"
                     " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  put->bind(1, row.remote).bind(2, row.source).bind(3, row.former_sources);
  put->bind(4, row.node).bind(5, row.clock).bind(6, row.next).bind(7, row.epoch);
  row.pulled ? put->bind(8, row.cursor) : put->bind_null(8);
  put->bind(9, row.log_after).bind(10, row.head);
  put->bind(11, row.clock_offset).bind(12, row.last_sync).bind(13, row.file);
  put->bind(14, row.log).bind(15, row.place);
  put->bind(16, row.clock_boot).bind(17, row.clock_started);
  return put->run();
}

ReplicaStore::Offset ReplicaStore::offset(const ReplicaRow& row) {
  // The two clocks are not read at one instant, and a machine that slept knows by the second only
  // for how long.
  constexpr std::int64_t kSlackMs = 1000;
  const Clock::Uptime up = clock.uptime();
  if (up.boot == 0) return {row.clock_offset, true};  // then nobody can tell
  const bool this_start = up.boot == row.clock_boot;
  const std::int64_t set_by = this_start ? clock.wall_ms() - up.ms - row.clock_started : 0;
  if (this_start && std::abs(set_by) <= kSlackMs) return {row.clock_offset, true};
  return {std::min<std::int64_t>(0, row.clock_offset - set_by), false};
}

void ReplicaStore::bulk() {
  if (bulk_) return;
  bulk_ = true;
  (void)db_->tune(kBulkCacheKib, kBulkCheckpointPages);  // it is only slower if that fails
}

PendingEvent read_pending(const sqlite::Statement& statement) {
  PendingEvent event;
  event.n = statement.uinteger(0);
  event.state = static_cast<PendingState>(statement.integer(1));
  event.sequence = statement.uinteger(2);
  event.source = statement.text(3);
  event.id = statement.text(4);
  event.subject = statement.text(5);
  event.type = statement.text(6);
  event.line = statement.text(7);
  event.code = statement.text(8);
  event.detail = statement.text(9);
  return event;
}

Result<std::optional<std::string>> source_of(ReplicaStore& store, const char* sql,
                                             std::string_view id, std::string_view source) {
  if (!source.empty()) return std::optional<std::string>(source);
  OFFSYNC_ASSIGN(sqlite::Statement * next, store.use(sql));
  next->bind(1, id);
  std::optional<std::string> only;
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) return only;
    const std::string_view one = next->text(0);
    if (!only) only = one;
    if (*only == one) continue;
    Error error = make_error(Errc::usage, "ambiguous",
                             "more than one event has the id " + std::string(id) + ": one of " +
                                 *only + ", one of " + std::string(one),
                             "say whose is meant, with --source");
    next->reset();
    return error;
  }
}

std::string_view name_of(PendingState state) {
  switch (state) {
    case PendingState::queued:
      return "queued";
    case PendingState::accepted:
      return "accepted";
    case PendingState::rejected:
      return "rejected";
    case PendingState::held:
      return "held";
  }
  return "queued";
}

}  // namespace offsync
