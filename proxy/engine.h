// Serves connections: one thread with an epoll set has them all, reads what comes, and writes
// answers as fast as their readers take them. A thread of the pool is taken only by a request that
// is there whole, and by each piece of an answer that is made while it is read. So neither slow
// senders nor slow readers nor idle connections keep anybody waiting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/ports.h"
#include "base/result.h"
#include "proxy/api/api.h"
#include "proxy/http/channel.h"
#include "proxy/http/limits.h"
#include "proxy/hub/hub.h"
#include "proxy/ops/logger.h"
#include "proxy/ops/metrics.h"

namespace offsync::proxy {

class HttpEngine {
 public:
  // What is given must outlive it, is thread-safe, and is used from its threads.
  struct Parts {
    Api& api;
    Hub& hub;
    ChannelMaker& channels;
    Log& log;
    Metrics& metrics;
    Clock& clock;
  };
  HttpEngine(const Parts& parts, const ConnectionRules& rules, const ServingLimits& limits,
             std::size_t threads);
  ~HttpEngine();

  // Serves who comes to `listener`, a descriptor of a listening socket, which it takes. Errors: io
  // `serve`.
  Status start(int listener);
  // Takes nobody new and closes what is idle; requests under way have `drain_ms` to be answered.
  // Streams are the hub's by then. Idempotent.
  void stop(std::int64_t drain_ms);
  // Waits for the calls of Api that have begun. After stop().
  void join();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync::proxy
