// Reads all of a replica's file, and looks whether its parts say the same: each page, each line and
// record, confirmed state = fold(snapshot, received log), visible state = that with the queue.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sqlite/file_report.h"

namespace offsync {

struct Examined : sqlite::FileReport {
  std::uint64_t events = 0, entities = 0, pending = 0, conflicts = 0;
  std::string source;  // as whose replica it was used last; empty: that cannot be read
  std::vector<std::string> former_sources;  // oldest first
  // The file is another one than that (a copy, or moved), and goes on under another source.
  bool moved = false;
};

// The file is not changed, and not locked. Memory grows with the entities. Errors: as for
// Replica::open, and config `old_format`; what is damaged is no error but a problem.
Result<Examined> examine_replica(const std::string& file);

}  // namespace offsync
