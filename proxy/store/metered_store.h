// A log store that measures the commits of another one.
#pragma once

#include <utility>

#include "base/ports.h"
#include "proxy/ops/metrics.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

class MeteredStore final : public LogStore {
 public:
  MeteredStore(LogStore& store, Metrics& metrics) : store_(store), metrics_(metrics) {}

  Status append(const Commit& commit) override;

  Result<SpaceState> space(std::string_view space) override { return store_.space(space); }
  Result<std::vector<std::string>> spaces() override { return store_.spaces(); }
  Result<std::vector<LogEntry>> read(std::string_view space, std::uint64_t after,
                                     std::size_t max_events, std::size_t max_bytes) override {
    return store_.read(space, after, max_events, max_bytes);
  }
  Result<Facts> look(std::string_view space, const Questions& questions) override {
    return store_.look(space, questions);
  }
  Status snapshot(std::string_view space, const SnapshotSink& sink) override {
    return store_.snapshot(space, sink);
  }
  Result<std::vector<OpenConflict>> open_conflicts(std::string_view space) override {
    return store_.open_conflicts(space);
  }
  Status set_applied(std::string_view space, std::uint64_t sequence) override {
    return store_.set_applied(space, sequence);
  }
  Status compact(std::string_view space, std::uint64_t upto) override {
    return store_.compact(space, upto);
  }
  void follow(MovedFn moved) override { store_.follow(std::move(moved)); }
  Status check() override { return store_.check(); }

 private:
  LogStore& store_;
  Metrics& metrics_;
};

}  // namespace offsync::proxy
