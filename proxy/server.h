// The proxy as one object: HTTP server, ingest and hub around a log store. main() runs one; tests
// run many in one process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/ports.h"
#include "base/result.h"
#include "proxy/http_limits.h"
#include "proxy/hub_core.h"
#include "proxy/log.h"
#include "proxy/log_store.h"

namespace offsync::proxy {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
  std::size_t threads = 64;
  std::size_t max_streams = 10'000;
  std::int64_t header_ms = 10'000;  // for a whole header
  std::int64_t body_ms = 60'000;    // for a whole body
  std::int64_t idle_ms = 15'000;    // a connection without a request
  std::int64_t drain_ms = 3'000;    // requests under way when it stops
  HubOptions hub;                   // its stall_ms holds for all answers
  ServingLimits limits;
  std::vector<std::string> cors_origins;
  std::string spool_folder;  // for answers too great for memory; "": TMPDIR
};

class Server {
 public:
  // What is given must outlive it; `store` and `clock` must be thread-safe.
  Server(LogStore& store, Clock& clock, Log& log, ServerOptions options);
  ~Server();

  // Listens and serves. Errors: io `listen`.
  Status start();
  // Takes nothing new, lets requests that are under way finish (at most drain_ms), ends the
  // streams. Everything that was acknowledged is in the store. Idempotent.
  void stop();

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8080"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync::proxy
