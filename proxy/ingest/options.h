// The bounds of ingest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace offsync::proxy {

struct IngestOptions {
  std::int64_t clock_guard_ms = limits::kClockGuardMs;
  std::size_t commit_events = limits::kCommitEvents;
  std::size_t commit_bytes = limits::kCommitBytes;
};

}  // namespace offsync::proxy
