// Crew: many seeds, on several processes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/run.h"

namespace offsync::sim {

// A folder for lock files, in memory where there is such a place; gone with it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A run whose second time differs from its first has broken a promise of the simulator's own: P0.
RunResult run_twice(const Params& params, const std::string& folder, bool verbose);

struct Order {
  std::uint64_t from = 1, count = 100;
  unsigned jobs = 1;
  std::vector<std::string> overrides;  // of each seed: "name=value"
  Params params(std::uint64_t seed) const;
};

struct Summary {
  std::uint64_t seeds = 0;
  std::optional<std::uint64_t> failed;  // the first that broke a promise
  bool crashed = false;                 // a process of the crew died
  double simulated_s = 0, real_s = 0;
  std::int64_t longest_heal_ms = 0;
  std::map<std::string, std::uint64_t> counters;

  void print(std::FILE* to) const;
  // Kinds of faults and outcomes of which a campaign must have seen some.
  std::vector<std::string> never_occurred() const;
};

// Stops early at the first failure.
Summary run_crew(const Order& order);

}  // namespace offsync::sim
