// The workload of a replica: everything that writes to it, drawn from a seed. Internal to
// replica_*.cc.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crash/fake_proxy.h"
#include "crash/recording.h"
#include "replica/replica.h"
#include "support/ports.h"

namespace offsync::test {

// Every table of a replica.
const std::vector<std::string>& replica_queries();

class ReplicaWorkload {
 public:
  ReplicaWorkload(SimDisk& disk, std::string file, std::uint64_t seed);
  Recording run(std::size_t steps);

 private:
  void step(const char* name, const std::function<void()>& act, bool again = false);
  void draw_step();
  void create();
  void reopen();
  void emit(std::uint64_t events);
  void large();
  void many();
  void push();
  void pull();
  void snapshot();
  void retry();
  void drop();
  void resolve();
  void note();
  std::string draw_pending(PendingState state);
  void keep_stamp(const std::string& line);

  const std::string file_;
  SimRandom draws_;
  ManualClock clock_;
  SeededRandom random_;
  FakeProxy proxy_;
  std::optional<Replica> replica_;
  std::uint64_t last_stamp_ = 0;
  Recorder recorder_;
};

}  // namespace offsync::test
