#include "replica/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/comma_list.h"
#include "base/limits.h"
#include "event/checks.h"
#include "event/value.h"
#include "sqlite/adopt.h"

namespace offsync {
namespace {

constexpr int kBulkCacheKib = 128 * 1024;
constexpr int kBulkCheckpointPages = 16'000;

// The columns of OFFSYNC_SETTINGS that are numbers; of the place, none may be known.
constexpr int kCursorColumn = 7;
constexpr std::pair<int, const char*> kNumbers[] = {
    {3, "node"},        {4, "clock"},         {5, "next"},          {kCursorColumn, "cursor"},
    {8, "log_after"},   {9, "head"},          {10, "clock_offset"}, {11, "last_sync"},
    {15, "clock_boot"}, {16, "clock_started"}};

std::string not_text(const char* what, std::string_view text) {
  return fmt::format("its setting {} is \"{}\", which cannot be", what, printable(text));
}

std::string not_number(const char* what, std::int64_t number) {
  return fmt::format("its setting {} is {}, which cannot be", what, number);
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

std::string wrong_setting(const ReplicaRow& row) {
  const bool named = !row.source.empty() && valid_utf8(row.source) && !has_control(row.source);
  if (!named) return not_text("source", row.source);
  if (row.node == 0) return not_number("node", 0);
  if (!row.log.empty() && !is_epoch(row.log)) return not_text("log", row.log);
  if (row.epoch.empty() ? row.pulled : !is_epoch(row.epoch)) return not_text("epoch", row.epoch);
  struct Bounded {
    const char* what;
    std::int64_t value, least, most;
  };
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  for (const Bounded& one :
       {Bounded{"next", number(row.next), 1, INT64_MAX},
        Bounded{"cursor", number(row.cursor), 0, INT64_MAX},
        Bounded{"log_after", number(row.log_after), 0, INT64_MAX},
        Bounded{"head", number(row.head), 0, INT64_MAX},
        Bounded{"clock_offset", row.clock_offset, -limits::kMaxMs, limits::kMaxMs},
        Bounded{"clock_started", row.clock_started, -limits::kMaxMs, limits::kMaxMs},
        Bounded{"last_sync", row.last_sync, 0, limits::kMaxMs}}) {
    if (one.value < one.least || one.value > one.most) return not_number(one.what, one.value);
  }
  return {};
}

ReplicaRow read_settings(const sqlite::Statement& get, std::string& wrong) {
  ReplicaRow row;
  row.remote = get.text(0);
  row.source = get.text(1);
  row.former_sources = get.text(2);
  row.node = get.uinteger(3);
  row.clock = get.uinteger(4);
  row.next = get.uinteger(5);
  row.epoch = get.text(6);
  row.pulled = !get.null(kCursorColumn);
  row.cursor = get.uinteger(kCursorColumn);
  row.log_after = get.uinteger(8);
  row.head = get.uinteger(9);
  row.clock_offset = get.integer(10);
  row.last_sync = get.integer(11);
  row.file = get.text(12);
  row.log = get.text(13);
  row.place = get.text(14);
  row.clock_boot = get.uinteger(15);
  row.clock_started = get.integer(16);
  wrong = wrong_setting(row);
  for (const auto& [column, what] : kNumbers) {
    if (get.is_integer(column) || (column == kCursorColumn && get.null(column))) continue;
    wrong = not_text(what, get.text(column));
    row.node = 0;  // nobody knows what was sent under it
    break;
  }
  return row;
}

Result<ReplicaRow> ReplicaStore::load_row() {
  OFFSYNC_ASSIGN(sqlite::Statement * get, use("SELECT " OFFSYNC_SETTINGS " FROM replica"));
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found && lenient) return ReplicaRow{};
  if (!found) {
    return make_error(Errc::io, "corrupt", file_ + " has no settings: its making was cut",
                      "run offsync init again");
  }
  std::string wrong;
  ReplicaRow row = read_settings(*get, wrong);
  get->reset();
  if (!lenient && !wrong.empty()) return damaged(wrong);
  return row;
}

Error ReplicaStore::damaged(const std::string& what) const {
  return make_error(Errc::io, "corrupt", file_ + " is damaged: " + what,
                    std::string(Replica::kRepairHint));
}

Status ReplicaStore::save_row(const ReplicaRow& row) {
  if (!wrong_setting(row).empty()) {
    return make_error(Errc::protocol, "bad_number",
                      "there is a number in the answer that " + file_ + " cannot hold",
                      "nothing was changed; check that the remote is an offsync proxy");
  }
  OFFSYNC_ASSIGN(sqlite::Statement * put,
                 use("REPLACE INTO replica(one, " OFFSYNC_SETTINGS ")"
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
