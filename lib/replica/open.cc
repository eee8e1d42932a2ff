// How a replica's file is made, opened, and made ours.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "replica/file_identity.h"
#include "replica/schema.h"
#include "replica/store.h"
#include "sqlite/adopt.h"

namespace offsync {
namespace {

constexpr int kEmitCacheKib = 4'000;
// Every process reads the whole WAL when it opens the file: 3 us a page.
constexpr int kEmitCheckpointPages = 125;

Error not_a_replica(const std::string& file, const char* next = "check the path") {
  return make_error(Errc::config, "not_a_replica", file + " is no offsync replica",
                    std::string(next) + "; the file was not changed");
}

std::uint64_t new_node(Random& random) {
  std::uint64_t node = 0;  // which stands for none
  while (node == 0) node = random.next();
  return node;
}

std::string named_after(std::string source, std::uint64_t node) {
  source.append("/").append(node_text(node));
  return source;
}

}  // namespace

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
    OFFSYNC_ASSIGN(const bool begun, there ? half_made() : true);
    if (!begun) {
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
Result<bool> ReplicaStore::half_made() {
  if (const Status had = connect(false); !had) {
    const std::string& code = had.error().code;  // these say what to do
    if (code == "wal_alone" || code == "hard_link" || code == "not_a_file") return had.error();
    return false;
  }
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
  if (::faccessat(AT_FDCWD, file_.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES) {
    return make_error(Errc::auth, "read_only", "cannot read " + file_ + ": Permission denied",
                      "run it as the owner of the replica");
  }
  Status opened = connect(false);
  if (opened) opened = sqlite::check_format(*db_, schema::kApplicationId, schema::steps());
  if (opened) opened = check_place();
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
  if (format.empty) return not_a_replica(file_, "if an init was cut, run offsync init again");
  const bool old = static_cast<std::size_t>(format.version) < schema::steps().size();
  if (!old) {
    OFFSYNC_TRY(sqlite::migrate(*db_, schema::kApplicationId, schema::steps()));
    OFFSYNC_TRY(check_place());
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

// Whether the log ends where the settings say. Not so in a file that was put back from a copy
// beside a newer WAL, which brings the one and not all of the other.
Status ReplicaStore::check_place() {
  if (lenient) return {};
  const auto asked =
      use("SELECT cursor IS NULL OR (cursor = log_after AND"
          " NOT EXISTS (SELECT 1 FROM log)) OR ((SELECT max(sequence) FROM log) = cursor"
          " AND (SELECT min(sequence) FROM log) = log_after + 1) FROM replica");
  if (!asked) return {};  // what else is wrong is found later, by who needs it
  sqlite::Statement* const get = *asked;
  const auto row = get->step();
  const bool right = !row || !*row || get->integer(0) != 0;
  get->reset();
  if (right) return {};
  return damaged("its log does not end where its settings say; was " + file_ +
                 " put back from a copy, and the -wal beside it left there?");
}

Status ReplicaStore::all_tables() {
  OFFSYNC_ASSIGN(const std::vector<std::string> missing, schema::missing_tables(*db_));
  return missing.empty() ? Status() : damaged(schema::missing_text(missing.front()));
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
  std::string before = row.source;
  renew(row);
  write->row_changed = true;
  OFFSYNC_TRY(write->commit());
  renamed_from_ = std::move(before);
  return {};
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

}  // namespace offsync
