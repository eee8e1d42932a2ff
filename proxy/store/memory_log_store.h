// A log store in memory, for the simulator and as a second instance for the contract suite. What
// it holds is gone with it; everything else is as log_store.h promises.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/store/log_store.h"

namespace offsync::proxy {

// What a store has: several may share it, as several proxies have one database. Thread-safe.
class MemoryLog {
 public:
  explicit MemoryLog(std::string epoch) : MemoryLog(epoch, epoch) {}

  // The same logs under another epoch, as where a backup is put back: they keep their names. Nobody
  // follows them yet.
  std::shared_ptr<MemoryLog> copy(std::string epoch) const;
  const std::string& epoch() const { return epoch_; }

 private:
  friend class MemoryLogStore;
  template <class Value>
  using ByName = std::map<std::string, Value, std::less<>>;
  struct Client {
    std::uint64_t mark = 0;
    std::map<std::uint64_t, Rejection> rejections;  // by clientseq
  };
  using Identity = std::pair<std::string, std::string>;  // source, id
  struct Space {
    std::uint64_t number = 0;
    std::uint64_t head = 0;
    std::uint64_t oldest = 1;
    std::uint64_t applied = 0;
    std::uint64_t clock = 0;
    std::string gone_line, gone_event;
    std::map<std::uint64_t, LogEntry> log;
    std::map<Identity, std::uint64_t> sequences;
    std::map<std::uint64_t, std::string> residues;
    ByName<std::string> entities;
    ByName<Client> clients;
    std::map<std::uint64_t, OpenConflict> open;
  };

  MemoryLog(std::string epoch, std::string name)
      : epoch_(std::move(epoch)), name_(std::move(name)) {}
  SpaceState state_of(std::string_view name) const;
  const Space* find_space(std::string_view space) const;
  void tell_others(const LogStore* appended, const std::string& space);

  const std::string epoch_, name_;
  mutable std::shared_mutex mutex_;
  ByName<Space> spaces_;
  std::mutex followers_mutex_;                                  // held while they are told
  std::vector<std::pair<const LogStore*, MovedFn>> followers_;  // told in their order
};

class MemoryLogStore final : public LogStore {
 public:
  // One with a log of its own.
  explicit MemoryLogStore(std::string epoch)
      : MemoryLogStore(std::make_shared<MemoryLog>(std::move(epoch))) {}
  explicit MemoryLogStore(std::shared_ptr<MemoryLog> log) : log_(std::move(log)) {}
  ~MemoryLogStore() override { follow({}); }
  MemoryLogStore(const MemoryLogStore&) = delete;
  MemoryLogStore& operator=(const MemoryLogStore&) = delete;

  const std::shared_ptr<MemoryLog>& log() const { return log_; }

  Result<SpaceState> space(std::string_view space) override;
  Result<std::vector<std::string>> spaces() override;
  std::vector<Status> append(std::span<const Commit> commits) override;
  Result<std::vector<LogEntry>> read(std::string_view space, std::uint64_t after,
                                     std::size_t max_events, std::size_t max_bytes) override;
  Result<Facts> look(std::string_view space, const Questions& questions) override;
  // Calls the sink without a lock, on a copy.
  Status snapshot(std::string_view space, const SnapshotSink& sink) override;
  Result<std::vector<OpenConflict>> open_conflicts(std::string_view space) override;
  Status set_applied(std::string_view space, std::uint64_t sequence) override;
  Status compact(std::string_view space, std::uint64_t upto) override;
  void follow(MovedFn moved) override;
  Status check() override { return {}; }

 private:
  using Space = MemoryLog::Space;
  static void put_clients(Space& space, const Commit& commit);
  static std::optional<KnownEvent> find_event(const Space& space,
                                              const MemoryLog::Identity& identity);
  static std::optional<Rejection> find_rejection(const Space& space,
                                                 const Questions::Decided& decided);
  Status put(const Commit& commit);  // needs the lock

  std::shared_ptr<MemoryLog> log_;
};

}  // namespace offsync::proxy
