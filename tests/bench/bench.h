// What every benchmark is given, and the list of them.
#pragma once

#include <string>
#include <vector>

#include "bench/report.h"
#include "bench/spawn.h"

namespace offsync::bench {

struct Setup {
  Report& report;
  std::string offsync, proxy;  // the programs
  std::string shared;          // where the test data is
  std::string parent;          // for temporary folders
  int rounds = 5;
  bool quick = false;  // small: for what is run, not for the figures

  // `full`, or with `quick` a small part of it.
  int size(int full) const { return quick ? full / 50 : full; }
  Command offsync_command(std::vector<std::string> arguments, const std::string& folder) const;
};

struct Benchmark {
  const char* name;
  const char* what;
  void (*run)(const Setup& setup);
};
const std::vector<Benchmark>& benchmarks();

void emit_process(const Setup& setup);
void emit_batch(const Setup& setup);
void emit_batch_grown(const Setup& setup);
void replay(const Setup& setup);
void posts(const Setup& setup);
void redis_history(const Setup& setup);

}  // namespace offsync::bench
