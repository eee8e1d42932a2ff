// power_cut: cuts the power of replicas and of the proxy's store, at every operation of a random
// workload in turn, and looks whether what had been acknowledged is still there.
//
// usage: power_cut [--cuts N] [--seed S] [--world replica|store] [--steps N] [--draws N]
//                  [--lie SUFFIX] [--expect-loss] [--only N] [--quiet]
//
// --lie: syncs of files with this ending do nothing. --only: this cut of the first workload.
// Exit: 0 nothing was lost (--expect-loss: something was), 1 otherwise, 2 usage.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>

#include "crash/recording.h"

namespace offsync::test {
namespace {

struct Options {
  std::uint64_t cuts = 2000;
  std::uint64_t seed = 1;
  std::string world;  // empty: all in turn
  std::size_t steps = 20;
  std::uint64_t draws = 2;  // power failures at each operation
  std::string lie;
  bool expect_loss = false;
  std::optional<std::uint64_t> only;  // this cut of the first recording
  bool quiet = false;
};

struct Tally {
  std::uint64_t cuts = 0, losses = 0, recordings = 0;
  SimDisk::Counters counters;
  std::map<std::string, std::uint64_t> cuts_by_step;
};

void add(SimDisk::Counters& sum, const SimDisk::Counters& more) {
  sum.writes += more.writes;
  sum.syncs += more.syncs;
  sum.crashes += more.crashes;
  sum.lost_writes += more.lost_writes;
  sum.torn_writes += more.torn_writes;
  sum.reordered += more.reordered;
  sum.lost_names += more.lost_names;
}

class PowerCuts {
 public:
  explicit PowerCuts(const Options& options) : options_(options) {
    for (auto make : {make_replica_world, make_store_world}) {
      auto world = make();
      if (options.world.empty() || options.world == world->name()) {
        worlds_.push_back(std::move(world));
      }
    }
  }

  int run() {
    if (worlds_.empty()) return 2;
    for (std::uint64_t i = 0; tally_.cuts < options_.cuts; ++i) {
      for (const auto& world : worlds_) cut_recording(*world, options_.seed + i);
      tell_progress();
      if (options_.only) break;
      if (options_.expect_loss && tally_.losses >= 3) break;
    }
    return report();
  }

 private:
  void cut_recording(World& world, std::uint64_t seed) {
    const Recording recording = world.record(seed, options_.steps, options_.lie);
    ++tally_.recordings;
    SimDisk disk(world.folder(), seed);
    for (std::size_t i = 0; i < recording.cuts.size(); ++i) {
      if (options_.only && *options_.only != i) continue;
      for (std::uint64_t draw = 0; draw < options_.draws; ++draw) {
        cut_once(world, disk, recording, i, seed, draw);
      }
      if (options_.expect_loss && tally_.losses >= 3) break;
    }
    add(tally_.counters, disk.counters());
  }

  void tell_progress() {
    if (tally_.cuts < told_ + 50'000) return;
    told_ = tally_.cuts;
    fmt::print(stderr, "{} of {}, {} losses\n", tally_.cuts, options_.cuts, tally_.losses);
  }

  void cut_once(World& world, SimDisk& disk, const Recording& recording, std::size_t at,
                std::uint64_t seed, std::uint64_t draw) {
    SimRandom random{sim_mix(sim_mix(seed) + at * 1000 + draw)};
    disk.load(recording.cuts[at].disk);
    disk.reseed(random.next());
    SimDisk::reseed_sqlite(random.next());
    // One in eight is a process that was killed.
    const bool power = !random.chance(8);
    disk.kill();
    disk.restart(power ? SimDisk::Loss::power : SimDisk::Loss::none);
    const Step& step = recording.steps[recording.cuts[at].step];
    ++tally_.cuts;
    ++tally_.cuts_by_step[world.name() + " " + step.name];
    ++tally_.cuts_by_step[world.name() + " before " + recording.cuts[at].before];
    const Problem problem = world.judge(disk, step, random);
    if (problem.empty()) return;
    ++tally_.losses;
    if (options_.expect_loss || tally_.losses > 20) return;
    fmt::print(
        stderr,
        "LOSS in a {} cut during \"{}\": {}\n  again: power_cut --world {} --seed {} --steps {}"
        " --draws {} --only {}\n",
        world.name(), step.name, problem, world.name(), seed, options_.steps, options_.draws, at);
  }

  int report() {
    const auto& counters = tally_.counters;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun_;
    fmt::print("{} power cuts in {} workloads, {:.1f} s ({:.0f}/s): {} losses\n", tally_.cuts,
               tally_.recordings, took.count(), static_cast<double>(tally_.cuts) / took.count(),
               tally_.losses);
    fmt::print("unsynced writes lost {}, torn {}; files reordered {}, names undone {}\n",
               counters.lost_writes, counters.torn_writes, counters.reordered, counters.lost_names);
    if (!options_.quiet) {
      for (const auto& [step, cuts] : tally_.cuts_by_step) fmt::print("{:>9} {}\n", cuts, step);
    }
    if (options_.expect_loss) {
      if (tally_.losses == 0) fmt::print("no loss was found where there must be one\n");
      return tally_.losses == 0 ? 1 : 0;
    }
    return tally_.losses == 0 ? 0 : 1;
  }

  const Options options_;
  std::vector<std::unique_ptr<World>> worlds_;
  Tally tally_;
  std::uint64_t told_ = 0;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

std::optional<Options> parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    if (name == "--expect-loss") {
      options.expect_loss = true;
      continue;
    }
    if (name == "--quiet") {
      options.quiet = true;
      continue;
    }
    if (++i == count) return std::nullopt;
    const char* value = arguments[i];
    char* end = nullptr;
    const std::uint64_t number = std::strtoull(value, &end, 10);
    if (name == "--world" || name == "--lie") {
      (name == "--lie" ? options.lie : options.world) = value;
      continue;
    }
    if (*value == '\0' || *end != '\0') return std::nullopt;
    if (name == "--cuts") {
      options.cuts = number;
    } else if (name == "--seed") {
      options.seed = number;
    } else if (name == "--steps") {
      options.steps = number;
    } else if (name == "--draws") {
      options.draws = number;
    } else if (name == "--only") {
      options.only = number;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace
}  // namespace offsync::test

int main(int count, char** arguments) {
  const auto options = offsync::test::parse(count, arguments);
  if (!options) {
    fmt::print(stderr,
               "usage: power_cut [--cuts N] [--seed S] [--world replica|store] [--steps N]"
               " [--draws N] [--lie SUFFIX] [--expect-loss] [--only N] [--quiet]\n");
    return 2;
  }
  return offsync::test::PowerCuts(*options).run();
}
