// The first line of a snapshot (GET …/state): where it stands, and what must follow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/cursor.h"

namespace offsync {

// {"cursor":"epoch-42","entities":N,"conflicts":M,"line":"0123456789abcdef"}
struct SnapshotHeader {
  Cursor cursor;
  std::uint64_t entities = 0;   // that many encode_entity() lines follow,
  std::uint64_t conflicts = 0;  // then that many open offsync.conflict events
  std::string line = {};        // line_mark() of the event at the cursor; empty: not known
};
std::string encode_snapshot_header(const SnapshotHeader& header);
Result<SnapshotHeader> parse_snapshot_header(std::string_view line);  // protocol `bad_snapshot`

}  // namespace offsync
