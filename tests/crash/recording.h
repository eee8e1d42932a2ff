// A workload that ran once, undisturbed, as a disk that can be cut at any of its operations.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/sim_disk.h"
#include "support/sim_inode.h"

namespace offsync::test {

// One act of the program. It commits once; where it commits more than once, doing it again must
// lead to the same end.
struct Step {
  std::string name = {};
  std::shared_ptr<const std::string> before = {}, after = {};  // all that is stored, as text
  bool again = false;                                          // it commits more than once

  // What was acknowledged before it: of a replica the last stamp, of a store the heads of its
  // spaces.
  std::uint64_t last_stamp = 0;
  std::vector<std::uint64_t> heads = {};
  // A compaction's.
  std::string space = {};
  std::uint64_t upto = 0;
};

// The disk just before an operation of a step.
struct Cut {
  SimDisk::Image disk;
  std::size_t step = 0;
  std::string before;  // "write .db-wal": the operation that did not happen
};

struct Recording {
  std::vector<Step> steps;
  std::vector<Cut> cuts;
};

// What is wrong with a disk after a cut; empty: nothing.
using Problem = std::string;

// One thing under test: its workload, and its judgement of a disk.
class World {
 public:
  virtual ~World() = default;
  virtual std::string name() const = 0;
  // Runs `steps` steps on an empty disk, all drawn from `seed`.
  virtual Recording record(std::uint64_t seed, std::size_t steps, const std::string& lie) = 0;
  // The machine has been cut in `step` and started again. Opens what is there, looks, goes on.
  // A restart within is drawn from `random`.
  virtual Problem judge(SimDisk& disk, const Step& step, SimRandom& random) = 0;
  // Where judge() wants the files: the prefix of the disk.
  virtual const std::string& folder() const = 0;
};

std::unique_ptr<World> make_replica_world();
std::unique_ptr<World> make_store_world();

// Takes down a workload step by step.
class Recorder {
 public:
  // `look` answers with all that is stored.
  Recorder(SimDisk& disk, std::function<std::string()> look);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // `step`: all but `before` and `after`.
  void step(Step step, const std::function<void()>& act);
  Recording finish(Step idle);

 private:
  SimDisk& disk_;
  std::function<std::string()> look_;
  Recording recording_;
  std::shared_ptr<const std::string> now_;
  bool within_ = false;
};

// All rows of these tables as text, read on a connection of its own, and PRAGMA integrity_check.
// "" where there is no file, or no table in it.
struct Dump {
  std::string text;
  std::string integrity;
};
Dump dump(const std::string& file, const std::vector<std::string>& queries, bool check_integrity);

}  // namespace offsync::test
