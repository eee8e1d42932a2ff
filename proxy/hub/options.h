// What the hub may use, and how patient it is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace offsync::proxy {

struct HubOptions {
  std::int64_t heartbeat_ms = limits::kHeartbeatMs;
  std::int64_t stall_ms = 30'000;               // no byte taken for so long: cut
  std::size_t ring_bytes = 4 * 1024 * 1024;     // of each space that has subscribers
  std::size_t block_bytes = 64 * 1024;          // of the ring, and of a read from the store
  std::size_t replay_bytes = 64 * 1024 * 1024;  // of all blocks read from the store together
  std::size_t write_bytes = 256 * 1024;         // gathered for one write
  std::size_t reads = 2;                        // from the store at a time
};

}  // namespace offsync::proxy
