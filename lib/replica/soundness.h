// What of a damaged replica's file can be believed: which of its parts lie on pages that are as
// they were written. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace offsync {

struct Soundness {
  std::vector<std::string> problems;  // none: all is as it was written
  bool settings = true, base = true, log = true, state = true, consumers = true;
  // What cannot be made anew, by its number: events of the queue, and of logs that were replaced.
  std::set<std::uint64_t> queue, former;
};

// Reads all of the file; what its first page says of the others is taken as it is. Under the
// replica's lock, so that nobody writes pages meanwhile. `queue` and `former` are the numbers of
// the rows that there are, as far as they can be read at all.
Result<Soundness> look_for_damage(const std::string& file, const std::vector<std::uint64_t>& queue,
                                  const std::vector<std::uint64_t>& former);

}  // namespace offsync
