// Reads all of a replica's file, and looks whether its parts say the same: each page, each line and
// record, confirmed state = fold(snapshot, received log), visible state = that with the queue.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace offsync {

struct Examined {
  std::uint64_t pages = 0;
  std::uint64_t unsealed = 0;  // see sqlite/examine.h
  std::uint64_t events = 0, entities = 0, pending = 0, conflicts = 0;
  std::vector<std::string> problems;  // with their places; at most kMostProblems
  bool more = false;                  // there are more problems than that

  static constexpr std::size_t kMostProblems = 100;
  void add(std::string problem);
};

// The file is not changed, and not locked. Memory grows with the entities. Errors: as for
// Replica::open, and config `old_format`; what is damaged is no error but a problem.
Result<Examined> examine_replica(const std::string& file);

}  // namespace offsync
