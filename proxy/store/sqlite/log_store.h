// The embedded log store: all spaces of one proxy in one SQLite file (WAL, synchronous=FULL).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/ports.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

// Error config `store_is_folder`, or that of must_be_file(). What is not there is none.
Status must_be_store_file(const std::string& file);

class SqliteLogStore final : public LogStore {
 public:
  struct Options {
    std::string file;
    int cache_kib = 128 * 1024;  // of the connection that writes
    int checkpoint_pages = 16'000;
    std::uint64_t compact_step = 1000;  // events forgotten in one transaction
    bool new_epoch = false;             // what it holds gets another epoch, as if it were a new log
  };

  // Creates the file (not its folder) where there is none; `random` is used for its epoch only.
  // "<file>.lock" is held until destruction. Errors: config `store_locked` where another proxy has
  // it, `not_ours`, `newer_format`; io.
  static Result<std::unique_ptr<SqliteLogStore>> open(const Options& options, Random& random);
  ~SqliteLogStore() override;

  Result<SpaceState> space(std::string_view space) override;
  Result<std::vector<std::string>> spaces() override;
  // One transaction. After one that failed in the file system (`unknown`) all connections are
  // closed; the next call opens them anew and so sees what is there.
  std::vector<Status> append(std::span<const Commit> commits) override;
  Result<std::vector<LogEntry>> read(std::string_view space, std::uint64_t after,
                                     std::size_t max_events, std::size_t max_bytes) override;
  Result<Facts> look(std::string_view space, const Questions& questions) override;
  Status snapshot(std::string_view space, const SnapshotSink& sink) override;
  Result<std::vector<OpenConflict>> open_conflicts(std::string_view space) override;
  Status set_applied(std::string_view space, std::uint64_t sequence) override;
  Status compact(std::string_view space, std::uint64_t upto) override;
  // Nobody else may write to the file.
  void follow(MovedFn /*moved*/) override {}
  Status check() override;

 private:
  struct Impl;
  explicit SqliteLogStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync::proxy
