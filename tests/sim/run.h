// One run: a fault phase, a healing phase with a deadline, the last checks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/params.h"

namespace offsync::sim {

struct RunResult {
  std::vector<std::string> violations;  // "P5 at 31000 ms: …"
  std::uint64_t hash = 0;               // of the trace
  std::map<std::string, std::uint64_t> counters;
  std::int64_t simulated_ms = 0;
  std::int64_t healed_ms = 0;  // how long it took until all was in step
};

// `folder`: a real one, for lock files; created, and empty again afterwards. One run at a time in a
// process. `verbose`: the trace goes to stderr.
RunResult run(const Params& params, const std::string& folder, bool verbose = false);

// Fewer clients, ops and faults with which the same promise is still broken.
Params shrink(const Params& failing, const std::string& folder, int most_runs = 400);

}  // namespace offsync::sim
