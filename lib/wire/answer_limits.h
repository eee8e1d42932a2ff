// The bounds of what a client takes of an answer, whoever gave it. Units as in base/limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace offsync::limits {

// Time
inline constexpr std::int64_t kAskTimeoutMs = 2'000;  // where the replica can answer instead
inline constexpr std::int64_t kAskQuietMs = 500;      // a question that takes longer is mentioned
inline constexpr std::size_t kAnswerBytesPerMs = 1;   // an answer that comes slower is given up
// What a proxy may say that the time is: from 2001 to 2200.
inline constexpr std::int64_t kFirstProxyMs = 1'000'000'000'000;
inline constexpr std::int64_t kLastProxyMs = 7'258'118'400'000;

// A place in a log, and whatever else is counted: what SQLite's integers hold.
inline constexpr std::uint64_t kMaxSequence = INT64_MAX;

// Size
inline constexpr std::size_t kAnswerHeadBytes = 256 * 1024;  // with trailers, and heads like 100
inline constexpr std::size_t kPageLineBytes = 72 * 1024;     // an event with what the proxy adds
inline constexpr std::size_t kSnapshotBytes = std::size_t{16} << 30;
inline constexpr std::size_t kConflictsBytes = 64 * 1024 * 1024;  // the answer with all open ones
inline constexpr std::size_t kSseIdleBytes = 4 * 1024 * 1024;     // between two events of a log
// Of an answer that unpacks to more than the first, each packed byte may give so many.
inline constexpr std::size_t kUnpackFreeBytes = 64 * 1024 * 1024;
inline constexpr std::size_t kUnpackRatio = 10'000;

}  // namespace offsync::limits
