#include "proxy/store/sqlite/log_store.h"

#include <fmt/format.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "base/descriptor.h"
#include "proxy/store/space_epoch.h"
#include "proxy/store/sqlite/foreign_file.h"
#include "proxy/store/sqlite/pool.h"
#include "proxy/store/sqlite/schema.h"
#include "sqlite/adopt.h"

namespace offsync::proxy {
namespace {

std::string new_epoch(Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  constexpr std::size_t kLength = 12;  // 62 bits
  std::string epoch;
  std::uint64_t bits = random.next();
  for (std::size_t i = 0; i < kLength; ++i, bits /= kDigits.size()) {
    epoch += kDigits[bits % kDigits.size()];
  }
  return epoch;
}

// Of the store; those of its spaces are made from them.
struct Names {
  std::string epoch, name;

  SpaceState of(std::string_view space) const {
    SpaceState state;
    state.epoch = space_epoch(epoch, space);
    state.log = space_epoch(name, space);
    return state;
  }
};

// What is in the file; made where there is nothing. `anew`: with another epoch.
Result<Names> take_names(WriteConnection& connection, Random& random, bool anew) {
  OFFSYNC_ASSIGN(sqlite::Statement add,
                 connection.db.prepare(
                     anew ? "INSERT INTO store (one, epoch, name) VALUES (1, ?1, ?1)"
                            " ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch"
                          : "INSERT OR IGNORE INTO store (one, epoch, name) VALUES (1, ?1, ?1)"));
  const std::string epoch = new_epoch(random);
  OFFSYNC_TRY(add.bind(1, epoch).run());
  Names names;
  OFFSYNC_ASSIGN(names.epoch, connection.reader.epoch());
  OFFSYNC_ASSIGN(names.name, connection.reader.name());
  return names;
}

// Held as long as the store is open. Two names of a store must not have two locks: SQLite follows
// symbolic links to the file itself, so one lock is beside that one; where it is mounted under
// another name, only the file itself knows, so it has one, too (on its first bytes, which are not
// those that SQLite locks).
struct StoreLock {
  sqlite::FileLock beside, within;

  static Result<StoreLock> take(const std::string& file) {
    OFFSYNC_TRY(must_be_store_file(file));
    OFFSYNC_TRY(sqlite::must_have_one_name(file));  // before a lock comes to be beside it
    OFFSYNC_ASSIGN(sqlite::FileLock beside, sqlite::FileLock::beside(file));
    OFFSYNC_TRY(lock(beside, file));
    OFFSYNC_ASSIGN(sqlite::FileLock within, sqlite::FileLock::open(file));
    OFFSYNC_TRY(lock(within, file));
    return StoreLock{std::move(beside), std::move(within)};
  }

 private:
  static Status lock(sqlite::FileLock& part, const std::string& file) {
    OFFSYNC_ASSIGN(const bool locked, part.try_lock());
    if (locked) return {};
    return make_error(Errc::config, "store_locked",
                      "the store " + file + " is in use by another offsync-proxy",
                      "stop that one, or give this one a store of its own with --store");
  }
};

// What nobody has written to has no row.
Result<Facts> look_with(sqlite::Db& db, LogReader& reader, std::string_view space,
                        const SpaceState& names, const Questions& questions) {
  OFFSYNC_ASSIGN(const auto transaction,
                 sqlite::Transaction::begin(db, sqlite::Transaction::Kind::read));
  OFFSYNC_ASSIGN(const std::optional<SpaceRow> row, reader.space(space));
  if (row) return reader.look(*row, names, questions);
  Facts facts;
  facts.at = names;
  facts.events.resize(questions.events.size());
  facts.entities.resize(questions.subjects.size());
  facts.marks.resize(questions.sources.size());
  facts.rejections.resize(questions.rejections.size());
  return facts;
}

// Durably, and about as much as an event needs; nothing of it stays.
Status write_something(sqlite::Db& db) {
  OFFSYNC_ASSIGN(auto transaction,
                 sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
  OFFSYNC_TRY(
      db.exec("INSERT INTO source (source) VALUES (zeroblob(16384));"
              "DELETE FROM source WHERE source = zeroblob(16384)"));
  return transaction.commit();
}

// A proxy that can only read takes no events, so it should get no requests.
Status check_room(const std::string& file) {
  constexpr std::uintmax_t kLeast = 1024UL * 1024;
  std::error_code error;
  const auto folder = std::filesystem::absolute(file, error).parent_path();
  const auto space = std::filesystem::space(folder, error);
  if (error || space.available >= kLeast) return {};
  return make_error(Errc::io, "disk_full",
                    fmt::format("the disk of the store {} is full: {} KiB are left", file,
                                space.available / 1024),
                    "make room there");
}

}  // namespace

Status must_be_store_file(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return make_error(Errc::config, "store_is_folder", "the store " + file + " is a folder",
                      "name a file in it: --store sqlite:" + file + "/log.db");
  }
  OFFSYNC_TRY(must_be_file(file));
  return not_foreign(file);
}

struct SqliteLogStore::Impl {
  Impl(StoreLock held, const Options& given)
      : lock(std::move(held)),
        options(given),
        pool({.file = given.file,
              .cache_kib = given.cache_kib,
              .checkpoint_pages = given.checkpoint_pages}) {}

  StoreLock lock;  // released last
  const Options options;
  LogPool pool;
  Names names;

  std::shared_mutex ids_mutex;
  std::unordered_map<std::string, std::int64_t> ids;  // of spaces; an id never changes

  // What `ask(LogReader&, space id)` answers; `nothing` for a space nobody has written to.
  //
  // Asked on the writing connection where that is idle: its page cache outlives its own commits,
  // while every commit empties those of the others.
  template <class T, class Ask>
  Result<T> ask(std::string_view space, T nothing, Ask&& ask) {
    if (auto writer = pool.idle_writer()) {
      return ask_on((*writer)->reader, space, std::move(nothing), ask);
    }
    return ask_reader(space, std::move(nothing), ask);
  }
  // For long answers, which should not keep a commit waiting.
  template <class T, class Ask>
  Result<T> ask_reader(std::string_view space, T nothing, Ask&& ask) {
    OFFSYNC_ASSIGN(LogPool::ReadLease lease, pool.reader());
    return ask_on(lease->reader, space, std::move(nothing), ask);
  }

 private:
  template <class T, class Ask>
  Result<T> ask_on(LogReader& reader, std::string_view space, T nothing, Ask& ask) {
    OFFSYNC_ASSIGN(const std::optional<std::int64_t> id, id_of(reader, space));
    if (!id) return nothing;
    return ask(reader, *id);
  }

  Result<std::optional<std::int64_t>> id_of(LogReader& reader, std::string_view space) {
    std::string name(space);
    {
      const std::shared_lock lock_ids(ids_mutex);
      if (const auto it = ids.find(name); it != ids.end()) return std::optional(it->second);
    }
    OFFSYNC_ASSIGN(const std::optional<SpaceRow> row, reader.space(space));
    if (!row) return std::optional<std::int64_t>();
    const std::lock_guard lock_ids(ids_mutex);
    ids.emplace(std::move(name), row->space_id);
    return std::optional(row->space_id);
  }
};

SqliteLogStore::SqliteLogStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteLogStore::~SqliteLogStore() {
  // So that the file is complete without its WAL, and the next start has nothing to recover. If it
  // fails, nothing is lost: the WAL is still there.
  if (auto writer = impl_->pool.idle_writer()) static_cast<void>((*writer)->db.checkpoint());
}

Result<std::unique_ptr<SqliteLogStore>> SqliteLogStore::open(const Options& options,
                                                             Random& random) {
  OFFSYNC_ASSIGN(StoreLock lock, StoreLock::take(options.file));
  auto impl = std::make_unique<Impl>(std::move(lock), options);
  {
    OFFSYNC_ASSIGN(LogPool::WriteLease writer, impl->pool.writer());
    OFFSYNC_ASSIGN(impl->names, take_names(*writer.operator->(), random, options.new_epoch));
    OFFSYNC_TRY(sqlite::settle(writer->db));
    OFFSYNC_TRY(sqlite::adopt(writer->db));
  }
  return std::unique_ptr<SqliteLogStore>(new SqliteLogStore(std::move(impl)));
}

Result<SpaceState> SqliteLogStore::space(std::string_view space) {
  const SpaceState state = impl_->names.of(space);
  return impl_->ask(space, state, [&](LogReader& reader, std::int64_t) -> Result<SpaceState> {
    OFFSYNC_ASSIGN(const std::optional<SpaceRow> row, reader.space(space));
    if (!row) return state;
    return state_at(*row, state);
  });
}

Result<std::vector<std::string>> SqliteLogStore::spaces() {
  OFFSYNC_ASSIGN(LogPool::ReadLease lease, impl_->pool.reader());
  return lease->reader.spaces();
}

std::vector<Status> SqliteLogStore::append(std::span<const Commit> commits) {
  if (commits.empty()) return {};
  auto lease = impl_->pool.writer();
  if (!lease) return std::vector<Status>(commits.size(), lease.error());
  return (*lease)->writer->append(commits);
}

Result<std::vector<LogEntry>> SqliteLogStore::read(std::string_view space, std::uint64_t after,
                                                   std::size_t max_events, std::size_t max_bytes) {
  return impl_->ask_reader(space, std::vector<LogEntry>(), [&](LogReader& reader, std::int64_t id) {
    return reader.read(id, after, max_events, max_bytes);
  });
}

// On the writing connection where that is idle: its page cache outlives its own commits, while
// every commit empties those of the others.
Result<Facts> SqliteLogStore::look(std::string_view space, const Questions& questions) {
  const SpaceState names = impl_->names.of(space);
  if (auto writer = impl_->pool.idle_writer()) {
    return look_with((*writer)->db, (*writer)->reader, space, names, questions);
  }
  OFFSYNC_ASSIGN(LogPool::ReadLease lease, impl_->pool.reader());
  return look_with(lease->db, lease->reader, space, names, questions);
}

Status SqliteLogStore::snapshot(std::string_view space, const SnapshotSink& sink) {
  OFFSYNC_ASSIGN(LogPool::ReadLease lease, impl_->pool.reader());
  OFFSYNC_ASSIGN(const auto transaction,
                 sqlite::Transaction::begin(lease->db, sqlite::Transaction::Kind::read));
  OFFSYNC_ASSIGN(const std::optional<SpaceRow> row, lease->reader.space(space));
  const SpaceState state = impl_->names.of(space);
  if (row) {
    SpaceState here = state_at(*row, state);
    OFFSYNC_ASSIGN(here.head_line, lease->reader.head_line(*row));
    return lease->reader.snapshot(*row, here, sink);
  }
  sink.begin(state, 0, 0);
  return {};
}

Result<std::vector<OpenConflict>> SqliteLogStore::open_conflicts(std::string_view space) {
  return impl_->ask_reader(
      space, std::vector<OpenConflict>(),
      [](LogReader& reader, std::int64_t id) { return reader.open_conflicts(id); });
}

Status SqliteLogStore::set_applied(std::string_view space, std::uint64_t sequence) {
  OFFSYNC_ASSIGN(LogPool::WriteLease lease, impl_->pool.writer());
  return lease->writer->set_applied(space, sequence);
}

Status SqliteLogStore::compact(std::string_view space, std::uint64_t upto) {
  for (bool done = false; !done;) {
    // One lease a step: commits go on in between.
    OFFSYNC_ASSIGN(LogPool::WriteLease lease, impl_->pool.writer());
    OFFSYNC_ASSIGN(done, lease->writer->compact_step(space, upto, impl_->options.compact_step));
  }
  return {};
}

Status SqliteLogStore::check() {
  {
    OFFSYNC_ASSIGN(LogPool::WriteLease lease, impl_->pool.writer());
    OFFSYNC_TRY(lease->db.in_place());
    if (impl_->pool.failed()) {
      OFFSYNC_TRY(write_something(lease->db));
      impl_->pool.went_well();
    }
  }
  OFFSYNC_ASSIGN(LogPool::ReadLease lease, impl_->pool.reader());
  OFFSYNC_ASSIGN(const std::string epoch, lease->reader.epoch());
  if (epoch == impl_->names.epoch) return check_room(impl_->options.file);
  return make_error(Errc::io, "corrupt",
                    "the store " + impl_->options.file + " was exchanged while the proxy runs",
                    "restart the proxy");
}

}  // namespace offsync::proxy
