// What serving may cost: every bound of the connections in one place. Deadlines are over a whole
// header, body or answer; a deadline for each read would let a client that sends a byte a second
// keep its place for ever.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace offsync::proxy {

// Of each connection.
struct ConnectionRules {
  std::int64_t header_ms = 10'000;
  std::int64_t body_ms = 60'000;
  std::int64_t idle_ms = 15'000;   // before a request and between two
  std::int64_t stall_ms = 30'000;  // an answer whose reader takes less than ...
  std::size_t stall_bytes = 4096;  // ... this in that time
  std::int64_t linger_ms = 1000;   // for an answer to arrive whose client still sends, ...
  std::size_t linger_bytes = 16 * 1024 * 1024;  // ... and what is read of it meanwhile
  std::size_t body_bytes = limits::kBodyBytes;
};

// Of all connections together; streams are counted by the hub (max_streams).
struct ServingLimits {
  // Beyond it the connection that has been idle for longest is closed; where none is idle, new ones
  // wait in the kernel's queue.
  std::size_t connections = 4096;
  // Whole requests that wait for a thread, or for their commit; beyond it 503 `busy`.
  std::size_t waiting = 4096;
  // Of requests received, of what they are unpacked to and divided into, and of answers not yet
  // sent, in memory; beyond it 503 `busy`.
  std::size_t bytes = 192 * 1024 * 1024;
};

inline constexpr int kBacklog = 1024;                         // connections not yet taken
inline constexpr std::size_t kAnswerPieceBytes = 256 * 1024;  // of an answer, in memory at once

}  // namespace offsync::proxy
