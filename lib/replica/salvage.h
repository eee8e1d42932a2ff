// What can be read of a replica's file, row by row, put into a new one. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "replica/gather.h"

namespace offsync {

struct Salvaged {
  std::vector<std::string> problems;
  std::uint64_t doubtful = 0;  // events of the queue that lie on damaged pages
  LostEvents lost;             // of the queue
  LostFormer lost_former;
  std::string aside;  // where something is lost: a copy of the file as it was
};

// For a file whose pages do not fit to each other any more. What cannot be made anew (queue, former
// logs, settings) is taken wherever it can be read; the rest where its pages are as they were
// written. Rows are found on their pages, too, where the way to them is lost; with
// `free_unknown`, as the first page does not tell any more which pages hold nothing, as doubtful
// ones. The file then holds that, and nothing else; all of it, or it is as it was. Takes the
// replica's lock.
Result<Salvaged> salvage(const std::string& file, bool free_unknown);

}  // namespace offsync
