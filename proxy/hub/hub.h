// The hub: the one thread that writes all event streams (epoll; the HTTP threads never hold a
// stream), and one that reads from the store for those who are behind. Who gets what is HubCore's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "proxy/http/channel.h"
#include "proxy/hub/hub_core.h"
#include "proxy/ops/logger.h"
#include "proxy/ops/metrics.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

class Hub {
 public:
  // What is given must outlive it; `store` and `clock` are used from its threads.
  Hub(LogStore& store, Clock& clock, Log& log, Metrics& metrics, HubOptions options,
      std::size_t max_streams);
  ~Hub();

  Status start();
  // Ends all streams, waits at most a second for them to take what was begun, stops the threads.
  void stop();

  // A place for one more stream, or false. Whoever has one gives it back by add() or release().
  bool reserve();
  void release();
  // All thread-safe.
  void add(std::unique_ptr<Channel> channel, SubscribeRequest request);
  // The log is at `head`; of what is new in it `entries` are the next, in order. Whoever is behind
  // what it was given reads on from the store. They become frames in the hub's thread.
  void publish(const std::string& space, const std::string& epoch, std::uint64_t head,
               std::vector<LogEntry> entries);
  void applied(const std::string& space, std::uint64_t sequence);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The entries behind `request.after` as frames; `expired` where the store has them no more.
ReadResult read_for_stream(LogStore& store, const ReadRequest& request);

}  // namespace offsync::proxy
