// Every bound of offsync, in one place, with its unit. The same numbers hold when an event is
// emitted and when it is received, so nothing that was taken offline is refused for its size.
#pragma once

#include <cstddef>
#include <cstdint>

namespace offsync::limits {

// An event
inline constexpr std::size_t kEventBytes = 64 * 1024;  // canonical line, without newline
inline constexpr std::size_t kLineBytes =
    256 * 1024;                    // a line as it arrives (white space, escapes)
inline constexpr int kDepth = 32;  // nesting of `data`
inline constexpr std::size_t kIdBytes = 128;
inline constexpr std::size_t kSourceBytes = 256;
inline constexpr std::size_t kTypeBytes = 128;
inline constexpr std::size_t kSubjectBytes = 256;  // "kind/id"
inline constexpr std::size_t kFieldNameBytes = 64;
inline constexpr std::size_t kExtensionNameBytes = 20;  // CloudEvents
inline constexpr std::size_t kExtensions = 32;
inline constexpr std::size_t kOpsPerEvent = 512;      // set, unset, inc, add and remove together
inline constexpr std::size_t kFieldsPerEntity = 512;  // decided by emit and by the proxy
inline constexpr int kCounterFractionDigits = 9;      // `inc` is exact decimal arithmetic

// Time
inline constexpr std::int64_t kClockGuardMs = 60'000;    // a stamp further ahead is refused
inline constexpr std::int64_t kMaxMs = (1LL << 48) - 1;  // a stamp's 12 hex digits
inline constexpr std::int64_t kHeartbeatMs = 15'000;     // the proxy writes at least this often
inline constexpr std::int64_t kStreamDeadMs = 45'000;    // a stream silent for this long is dead
inline constexpr std::int64_t kRequestTimeoutMs = 30'000;
inline constexpr std::int64_t kConnectTimeoutMs = 5'000;
inline constexpr std::int64_t kBackoffBaseMs = 250;  // full jitter: random(0, min(cap, base*2^n))
inline constexpr std::int64_t kBackoffCapMs = 10'000;

inline constexpr std::int64_t kRetryAfterCapMs = 3'600'000;  // a Retry-After beyond it is cut to it
inline constexpr std::int64_t kOnceRetryAfterMs = 5'000;     // `sync` waits no longer than this ...
inline constexpr int kOnceRetries = 3;  // cut answers of either kind after which it asks for less
inline constexpr std::int64_t kSyncedNoteMs = 60'000;  // `watch` notes "in sync" this often

// Batches
inline constexpr std::size_t kPushEvents = 1000;        // events in one POST by the client
inline constexpr std::size_t kPushBytes = 1024 * 1024;  // ... and bytes
inline constexpr std::size_t kEmitBatchEvents = 1000;   // events in one transaction of emit --batch
inline constexpr std::size_t kPageEvents = 1000;        // events in one page of the log
inline constexpr std::size_t kBodyBytes = 16 * 1024 * 1024;          // a request body, decompressed
inline constexpr std::size_t kBodyEvents = 10'000;                   // events in one POST
inline constexpr std::size_t kSnapshotLineBytes = 64 * 1024 * 1024;  // an entity with its history
inline constexpr std::size_t kPieceBytes = 1024 * 1024;  // of a page or snapshot, taken at once
inline constexpr std::size_t kProblemBytes = 64 * 1024;  // an error's body; the rest is not read
inline constexpr std::size_t kHeaderBytes = 32 * 1024;   // an HTTP header
inline constexpr std::size_t kCommitEvents = 10'000;     // one group commit of the proxy
inline constexpr std::size_t kCommitBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kRejectionsKept = 1000;  // a client's remembered rejections

// SSE
inline constexpr std::size_t kSseLineBytes = 1024 * 1024;
inline constexpr std::size_t kSseEventBytes = 2 * 1024 * 1024;

// Spaces
inline constexpr std::size_t kSpaceNameBytes = 64;  // [a-z0-9][a-z0-9._-]*

}  // namespace offsync::limits
