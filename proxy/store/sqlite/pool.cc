#include "proxy/store/sqlite/pool.h"

#include <utility>

#include "proxy/store/sqlite/belongs.h"
#include "proxy/store/sqlite/schema.h"

namespace offsync::proxy {
namespace {

// More than this many wait for one another on two to sixteen cores anyway.
constexpr std::size_t kIdleReaders = 16;
constexpr int kReaderCacheKib = 4 * 1024;

}  // namespace

Result<LogPool::WriteLease> LogPool::writer() {
  std::unique_lock lock(write_mutex_);
  if (writer_ && writer_->db.broken()) {
    writer_.reset();
    secured_ = false;
    // The readers, too: only a file that nobody has open is looked at afresh.
    std::vector<std::unique_ptr<ReadConnection>> closing;
    const std::lock_guard read_lock(read_mutex_);
    ++generation_;
    closing.swap(readers_);
  }
  if (!writer_) {
    OFFSYNC_TRY(sqlite::still_is(settings_.file, id_));  // it must not make a new one, say
    OFFSYNC_ASSIGN(writer_, open_writer());
    {
      const std::lock_guard read_lock(read_mutex_);
      id_ = writer_->db.id();
    }
    secured_ = true;
  }
  OFFSYNC_TRY(own_file_.check(writer_->db));
  return WriteLease(std::move(lock), this, writer_.get());
}

std::optional<LogPool::WriteLease> LogPool::idle_writer() {
  std::unique_lock lock(write_mutex_, std::try_to_lock);
  if (!lock || !writer_ || writer_->db.broken()) return std::nullopt;
  if (!own_file_.check(writer_->db)) return std::nullopt;
  return WriteLease(std::move(lock), this, writer_.get());
}

void LogPool::written(sqlite::Db& db) {
  if (!db.broken()) return own_file_.note(db);
  own_file_.forget();
  failed_ = true;
  secured_ = false;
}

Result<LogPool::ReadLease> LogPool::reader() {
  if (!secured_) OFFSYNC_TRY(writer());  // gives it back at once
  std::uint64_t generation = 0;
  std::optional<sqlite::FileId> id;
  {
    const std::lock_guard lock(read_mutex_);
    generation = generation_;
    id = id_;
    if (!readers_.empty()) {
      auto connection = std::move(readers_.back());
      readers_.pop_back();
      return ReadLease(this, std::move(connection));
    }
  }
  OFFSYNC_ASSIGN(auto connection, open_reader(id));
  connection->generation = generation;
  return ReadLease(this, std::move(connection));
}

void LogPool::give_back(std::unique_ptr<ReadConnection> connection) {
  const std::lock_guard lock(read_mutex_);
  if (connection->generation != generation_ || readers_.size() >= kIdleReaders) return;
  readers_.push_back(std::move(connection));
}

Result<std::unique_ptr<WriteConnection>> LogPool::open_writer() const {
  sqlite::OpenOptions options;
  options.create = true;
  // The unix VFS sees no empty one.
  OFFSYNC_ASSIGN(const bool wal, sqlite::exists(sqlite::behind_links(settings_.file) + "-wal"));
  options.cache_kib = settings_.cache_kib;
  options.checkpoint_pages = settings_.checkpoint_pages;
  OFFSYNC_ASSIGN(sqlite::Db db, sqlite::Db::open(settings_.file, options));
  auto connection = std::make_unique<WriteConnection>(std::move(db));
  OFFSYNC_TRY(sqlite::migrate(connection->db, kLogApplicationId, log_migrations()));
  OFFSYNC_TRY(connection->db.secure());
  OFFSYNC_ASSIGN(connection->reader, LogReader::prepare(connection->db));
  if (wal) OFFSYNC_TRY(check_belongs(connection->db, connection->reader));
  OFFSYNC_ASSIGN(connection->writer, LogWriter::prepare(connection->db, connection->reader));
  return connection;
}

Result<std::unique_ptr<ReadConnection>> LogPool::open_reader(
    const std::optional<sqlite::FileId>& id) const {
  sqlite::OpenOptions options;
  options.read_only = true;
  options.cache_kib = kReaderCacheKib;
  OFFSYNC_ASSIGN(sqlite::Db db, sqlite::Db::open(settings_.file, options));
  if (id && db.id() != id) return sqlite::replaced(settings_.file);
  auto connection = std::make_unique<ReadConnection>(std::move(db));
  OFFSYNC_ASSIGN(connection->reader, LogReader::prepare(connection->db));
  return connection;
}

}  // namespace offsync::proxy
