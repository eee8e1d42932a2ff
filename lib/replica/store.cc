#include "replica/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "base/limits.h"
#include "replica/schema.h"
#include "sqlite/adopt.h"

namespace offsync {
namespace {

constexpr int kEmitCacheKib = 4'000;
// Every process reads the whole WAL when it opens the file: 3 us a page.
constexpr int kEmitCheckpointPages = 125;
constexpr int kBulkCacheKib = 128 * 1024;
constexpr int kBulkCheckpointPages = 16'000;

// Which file this is: a copy, or a restored backup, is another one. The device is no part of it,
// because its number may change when the machine starts.
std::string identity_of(const std::string& file) {
  struct statx st {};
  if (::statx(AT_FDCWD, file.c_str(), 0, STATX_INO | STATX_BTIME, &st) != 0) return {};
  if ((st.stx_mask & STATX_BTIME) == 0) return fmt::format("{}", st.stx_ino);
  return fmt::format("{}.{}.{}", st.stx_ino, st.stx_btime.tv_sec, st.stx_btime.tv_nsec);
}

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

Error not_a_replica(const std::string& file) {
  return make_error(Errc::config, "not_a_replica", file + " is no offsync replica",
                    "check the path; the file was not changed");
}

std::uint64_t new_node(Random& random) {
  const std::uint64_t node = random.next();
  return node != 0 ? node : new_node(random);
}

std::string named_after(std::string source, std::uint64_t node) {
  source.append("/").append(node_text(node));
  return source;
}

}  // namespace

bool ReplicaRow::own(std::string_view event_source) const {
  if (event_source == source) return true;
  std::string_view rest = former_sources;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (rest.substr(0, end) == event_source) return true;
    rest.remove_prefix(end + 1);
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

Status ReplicaStore::connect(bool create) {
  OFFSYNC_TRY(sqlite::still_is(file_, id_));
  statements_.clear();
  db_.reset();
  sqlite::OpenOptions options;
  options.read_only = read_only_.has_value();
  options.frozen = options.read_only && sqlite::nobody_writes(file_);
  options.create = create;
  options.cache_kib = kEmitCacheKib;
  options.checkpoint_pages = kEmitCheckpointPages;
  if (lenient) options.forgive = sqlite::OpenOptions::Forgive::all;
  OFFSYNC_ASSIGN(sqlite::Db db, sqlite::Db::open(file_, options));
  db_.emplace(std::move(db));
  id_ = db_->id();
  bulk_ = false;
  return {};
}

Status ReplicaStore::create(const Replica::CreateOptions& options) {
  if (!options.source.empty()) OFFSYNC_TRY(check_own_source(options.source));
  OFFSYNC_ASSIGN(sqlite::FileLock lock, sqlite::FileLock::beside(file_));
  lock_.emplace(std::move(lock));
  OFFSYNC_TRY(lock_->lock());
  Status done = [&]() -> Status {
    OFFSYNC_ASSIGN(const bool there, sqlite::exists(file_));
    if (there && !half_made()) {
      return make_error(Errc::config, "exists", "there is a file " + file_ + " already",
                        "use it as it is, or choose another place");
    }
    OFFSYNC_TRY(connect(true));
    OFFSYNC_TRY(secure());
    return doubted([&]() -> Status {
      OFFSYNC_TRY(sqlite::migrate(*db_, schema::kApplicationId, schema::steps()));
      OFFSYNC_TRY(insert_row(options));
      // The replica is made, and whole with its WAL, should this fail.
      (void)sqlite::settle(*db_);
      return {};
    });
  }();
  lock_->unlock();
  return done;
}

// Whether an earlier create() was cut. Its last step writes the row of settings; before that nobody
// could have used the file.
bool ReplicaStore::half_made() {
  if (!connect(false)) return false;
  const auto format = sqlite::format_of(*db_);
  if (!format) return false;
  if (format->empty) return true;
  if (format->application_id != schema::kApplicationId) return false;
  auto rows = db_->prepare("SELECT count(*) FROM replica");
  if (!rows) return false;
  const auto row = rows->step();
  return row && *row && rows->integer(0) == 0;
}

Status ReplicaStore::insert_row(const Replica::CreateOptions& options) {
  OFFSYNC_ASSIGN(auto transaction,
                 sqlite::Transaction::begin(*db_, sqlite::Transaction::Kind::write));
  ReplicaRow row;
  row.remote = options.remote;
  row.node = new_node(random);
  row.source = options.source.empty() ? named_after("/clients", row.node) : options.source;
  row.file = identity_of(file_);
  OFFSYNC_TRY(save_row(row));
  return transaction.commit();
}

Status ReplicaStore::open() {
  auto lock = sqlite::FileLock::beside(file_);
  if (lock) {
    lock_.emplace(std::move(*lock));
  } else if (lock.error().code == "read_only") {
    read_only_ = lock.error();
  } else {
    return lock.error();
  }
  if (Status opened = open_existing(); !opened) {
    return opened.error().code == "not_ours" ? not_a_replica(file_) : opened.error();
  }
  if (read_only_) return {};
  Status renewed = renew_if_copied();
  if (renewed || renewed.error().code != "read_only") return renewed;
  read_only_ = renewed.error();
  return {};
}

// Where nothing can be written: as it is, or not at all.
Status ReplicaStore::open_to_read() {
  Status opened = connect(false);
  if (opened) opened = sqlite::check_format(*db_, schema::kApplicationId, schema::steps());
  const bool refused =
      !opened && (opened.error().code == "io" || opened.error().code == "read_only");
  if (!refused) return opened;
  return make_error(Errc::io, "read_only",
                    "cannot read " + file_ +
                        " without writing: others may write to it, and the files beside it that "
                        "are shared with them (-wal and -shm) are not there or not ours to read",
                    "run it as the owner of the replica, or copy its folder and use that");
}

Status ReplicaStore::open_existing() {
  if (read_only_) return open_to_read();
  OFFSYNC_TRY(connect(false));
  OFFSYNC_ASSIGN(const sqlite::Format format, sqlite::format_of(*db_));
  if (format.empty) return not_a_replica(file_);
  const bool old = static_cast<std::size_t>(format.version) < schema::steps().size();
  if (!old) {
    OFFSYNC_TRY(sqlite::migrate(*db_, schema::kApplicationId, schema::steps()));
    return adopt();
  }
  OFFSYNC_TRY(lock_->lock());
  Status migrated = [&]() -> Status {
    OFFSYNC_TRY(secure());
    return doubted([&] { return sqlite::migrate(*db_, schema::kApplicationId, schema::steps()); });
  }();
  lock_->unlock();
  return migrated;
}

// Whoever writes now goes first: the next process that comes may do it.
Status ReplicaStore::adopt() {
  if (lenient || !sqlite::needs_adoption(*db_)) return {};
  OFFSYNC_ASSIGN(const bool locked, lock_->try_lock());
  if (!locked) return {};
  Status done = doubted([&]() -> Status {
    OFFSYNC_TRY(secure());
    return sqlite::adopt(*db_);
  });
  lock_->unlock();
  return done;
}

// Two files with one identity would write with the same clientseq, and the proxy could take only
// one of them; with one node they would look like one author, and hide conflicts.
Status ReplicaStore::renew_if_copied() {
  const std::string identity = identity_of(file_);
  OFFSYNC_ASSIGN(const ReplicaRow seen, load_row());
  if (identity.empty() || seen.file == identity || lenient) return {};
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(*this));
  ReplicaRow& row = write->row;
  if (row.file == identity) return {};
  row.file = identity;
  renew(row);
  write->row_changed = true;
  return write->commit();
}

void ReplicaStore::renew(ReplicaRow& row) {
  row.node = new_node(random);
  if (!row.source.empty()) row.former_sources += row.source + "\n";
  // "/clients/<node>", or a name that somebody chose with a node that makes it another one.
  const std::string first = row.former_sources.substr(0, row.former_sources.find('\n'));
  const bool chosen =
      !first.empty() && (!first.starts_with("/clients/") || !parse_node(first.substr(9)));
  row.source = named_after(chosen ? first : "/clients", row.node);
}

Status ReplicaStore::ready() {
  return db_ && !db_->broken() ? db_->in_place() : open_existing();
}

Status ReplicaStore::secure() {
  if (!lock_->doubtful()) return {};
  OFFSYNC_TRY(db_->secure());
  lock_->set_doubtful(false);
  return {};
}

Status ReplicaStore::rewrite() {
  statements_.clear();
  OFFSYNC_TRY(lock_->lock());
  Status done = doubted([&]() -> Status {
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
