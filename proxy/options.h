// How a proxy serves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/http/limits.h"
#include "proxy/hub/options.h"

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

}  // namespace offsync::proxy
