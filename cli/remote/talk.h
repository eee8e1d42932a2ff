// What `watch` says of its connection, and what it knows about it at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/settings/settings.h"
#include "sync/engine.h"

namespace offsync::cli {

// Tells about the connection, once for each change.
class Talk final : public SyncObserver {
 public:
  // `settings` must outlive it. `remote`: as it may be printed.
  Talk(const Settings& settings, std::string remote);

  void on_answer() override { ever_ = true; }
  void on_progress(const SyncReport& report) override;
  void on_connected() override;
  void on_blocked(const Error& error) override;
  void on_trouble(const Error& trouble, std::int64_t retry_in_ms) override;

  // Why nothing could come in so many seconds, where that is so: the replica is locked, there was
  // no stream, or no answer at all. Who was `busy` with what had come before may not have looked
  // for one.
  std::optional<Error> in_vain(double seconds, bool busy, const SyncReport& report) const;

 private:
  const Settings& settings_;
  std::string remote_;
  std::string told_;
  std::string renamed_;
  std::uint64_t rejected_ = 0;
  std::optional<Error> trouble_;  // that nothing has ended yet
  std::optional<Error> refused_;  // why there is no stream, where that is no mere silence
  bool up_ = false;
  bool ever_ = false;  // the proxy has answered
};

}  // namespace offsync::cli
