// A proxy with a fresh store.
#pragma once

#include <string>

#include "bench/bench.h"
#include "bench/spawn.h"
#include "bench/temp_dir.h"

namespace offsync::bench {

class ProxyChild {
 public:
  // Waits until it is ready. `dir` must outlive it.
  ProxyChild(const Setup& setup, const TempDir& dir);

  std::string port() const;
  void check_running() { child_.check_running(); }
  void stop() { child_.stop(); }

 private:
  std::string ready_;
  Child child_;
};

}  // namespace offsync::bench
