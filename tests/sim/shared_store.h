// SharedStore: one proxy's way to a log that several proxies have. It fails, dies and answers
// nothing at the places where a database does, and lets the others work between a decision and its
// commit.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/store/memory_log_store.h"

namespace offsync::sim {

// What goes wrong on a proxy's way to the log. They count its calls.
struct StoreFaults {
  std::int64_t dies_in = 0, fails_in = 0;  // 0: never
  bool loses_next_answer = false;          // to an append, which is in the log
  bool dead = false;                       // the proxy, in the middle of a call
};

class SharedStore final : public proxy::LogStore {
 public:
  struct Hooks {
    // Others do something now, after the decision and before its commit.
    std::function<void(const proxy::Commit&)> before_append;
    // It is in the log; of which events the ingest of this store knows, from that sequence on.
    std::function<void(const proxy::Commit&, std::uint64_t known_from)> appended;
    std::function<void(const char* what)> count;
  };
  // `faults` must outlive it.
  SharedStore(std::shared_ptr<proxy::MemoryLog> log, StoreFaults& faults, Hooks hooks)
      : real_(std::move(log)), faults_(faults), hooks_(std::move(hooks)) {}

  Result<proxy::SpaceState> space(std::string_view space) override;
  Result<std::vector<std::string>> spaces() override;
  std::vector<Status> append(std::span<const proxy::Commit> commits) override;
  Result<std::vector<proxy::LogEntry>> read(std::string_view space, std::uint64_t after,
                                            std::size_t max_events, std::size_t max_bytes) override;
  Result<proxy::Facts> look(std::string_view space, const proxy::Questions& questions) override;
  Status snapshot(std::string_view space, const proxy::SnapshotSink& sink) override;
  Result<std::vector<proxy::OpenConflict>> open_conflicts(std::string_view space) override;
  Status set_applied(std::string_view space, std::uint64_t sequence) override;
  Status compact(std::string_view space, std::uint64_t upto) override;
  void follow(proxy::MovedFn moved) override { real_.follow(std::move(moved)); }
  Status check() override { return step(); }

 private:
  Status step();
  void note_appended(const proxy::Commit& commit);

  proxy::MemoryLogStore real_;
  StoreFaults& faults_;
  const Hooks hooks_;
  // By space, the head at its first look: before that an ingest has noted no event.
  std::map<std::string, std::uint64_t, std::less<>> first_look_;
};

}  // namespace offsync::sim
