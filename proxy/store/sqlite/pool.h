// The connections of an embedded log store: one that writes, and some that read. Internal to
// store/sqlite. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "proxy/store/sqlite/own_file.h"
#include "proxy/store/sqlite/reader.h"
#include "proxy/store/sqlite/writer.h"
#include "sqlite/db.h"

namespace offsync::proxy {

// Not moved once made: the statements know where their Db is.
struct ReadConnection {
  explicit ReadConnection(sqlite::Db opened) : db(std::move(opened)) {}
  sqlite::Db db;
  LogReader reader;
  std::uint64_t generation = 0;
};

struct WriteConnection {
  explicit WriteConnection(sqlite::Db opened) : db(std::move(opened)) {}
  sqlite::Db db;
  LogReader reader;
  std::optional<LogWriter> writer;
};

class LogPool {
 public:
  struct Settings {
    std::string file;
    int cache_kib = 0;
    int checkpoint_pages = 0;
  };
  explicit LogPool(Settings settings) : settings_(std::move(settings)), own_file_(settings_.file) {}

  // The writing connection, alone while the lease lives.
  class WriteLease {
   public:
    WriteLease(WriteLease&& other) noexcept
        : lock_(std::move(other.lock_)),
          pool_(other.pool_),
          connection_(std::exchange(other.connection_, nullptr)) {}
    WriteLease& operator=(WriteLease&&) = delete;
    // After a failure nobody reads before the file was looked at afresh: what was written then may
    // be in it, and not seen by those who have it open.
    ~WriteLease() {
      if (connection_ != nullptr) pool_->written(connection_->db);
    }
    WriteConnection* operator->() const { return connection_; }

   private:
    friend class LogPool;
    WriteLease(std::unique_lock<std::mutex> lock, LogPool* pool, WriteConnection* connection)
        : lock_(std::move(lock)), pool_(pool), connection_(connection) {}
    std::unique_lock<std::mutex> lock_;
    LogPool* pool_;
    WriteConnection* connection_;
  };
  // Waits for whoever has it. Opens it (anew, where a failure broke it).
  Result<WriteLease> writer();
  // The same, but nothing where it is not open or somebody has it, or the file was changed.
  std::optional<WriteLease> idle_writer();

  // A reading connection; it goes back to the pool with its lease.
  class ReadLease {
   public:
    ReadLease(LogPool* pool, std::unique_ptr<ReadConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ReadLease(ReadLease&&) noexcept = default;
    ReadLease& operator=(ReadLease&&) = delete;
    ~ReadLease() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    ReadConnection* operator->() const { return connection_.get(); }

   private:
    LogPool* pool_;
    std::unique_ptr<ReadConnection> connection_;
  };
  Result<ReadLease> reader();

  // Whether a write failed in the file system, and none is known to have gone well since.
  bool failed() const { return failed_; }
  void went_well() { failed_ = false; }

 private:
  void written(sqlite::Db& db);
  Result<std::unique_ptr<WriteConnection>> open_writer() const;
  Result<std::unique_ptr<ReadConnection>> open_reader(
      const std::optional<sqlite::FileId>& id) const;
  void give_back(std::unique_ptr<ReadConnection> connection);

  const Settings settings_;
  std::mutex write_mutex_;
  std::unique_ptr<WriteConnection> writer_;
  OwnFile own_file_;  // needs write_mutex_
  std::atomic<bool> failed_{false};
  // The writer has made durable what can be read; before that nobody reads.
  std::atomic<bool> secured_{false};
  std::mutex read_mutex_;
  std::vector<std::unique_ptr<ReadConnection>> readers_;
  std::optional<sqlite::FileId> id_;  // of the file that was opened first; also needs write_mutex_
  std::uint64_t generation_ = 0;      // of the readers; moves on when all are to be closed
};

}  // namespace offsync::proxy
