#include "sim/run.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "event/decoder.h"
#include "sim/fleet.h"
#include "sim/listener.h"
#include "sim/machine.h"
#include "sim/network.h"
#include "sim/oracle.h"
#include "sim/people.h"
#include "sim/world.h"
#include "state/state.h"

namespace offsync::sim {
namespace {

constexpr std::int64_t kHealMs = 30'000;  // P5
constexpr std::int64_t kLookEveryMs = 500;

// Everything of one run.
class Scene {
 public:
  Scene(const Params& params, const std::string& folder, bool verbose)
      : world_(params, verbose),
        oracle_(world_),
        fleet_(world_, oracle_, folder),
        network_(world_, fleet_),
        people_(world_, oracle_, fleet_, network_, machines_) {
    for (std::int64_t i = 0; i < params.clients; ++i) {
      machines_.push_back(std::make_unique<Machine>(world_, oracle_, fleet_, network_, folder, i));
    }
    for (std::int64_t i = 0; i < params.listeners; ++i) {
      listeners_.push_back(std::make_unique<Listener>(world_, oracle_, fleet_, network_, i));
    }
  }

  RunResult play() {
    fleet_.start();
    for (const auto& machine : machines_) machine->boot();
    for (const auto& listener : listeners_) {
      world_.after(1, [&listener] { listener->begin(); });
    }
    people_.plan();
    world_.run_until(world_.params.duration_ms);
    heal();
    if (!world_.broken()) finish();
    return result();
  }

 private:
  void heal() {
    world_.faults = false;
    world_.trace("healing");
    for (const auto& machine : machines_) machine->heal();
    fleet_.heal();
    network_.heal();
    wait_until_settled();
    // The last deed of people: what some log has lost and some client has, they send.
    for (const auto& machine : machines_) machine->recover_all();
    wait_until_settled();
  }

  void wait_until_settled() {
    const std::int64_t begun = world_.now();
    std::string why = "nothing";
    while (!world_.broken() && !settled(why)) {
      if (world_.now() - begun >= kHealMs) {
        world_.violated(5, "not in step {} ms after the healing: {}", kHealMs, why);
        return;
      }
      world_.run_until(world_.now() + kLookEveryMs);
    }
    healed_ms_ = std::max(healed_ms_, world_.now() - begun);
  }

  bool settled(std::string& why) {
    if (!fleet_.all_up()) {
      why = "a proxy is down";
      return false;
    }
    for (const auto& machine : machines_) {
      if (!machine->settled(why)) return false;
    }
    for (const auto& listener : listeners_) {
      if (listener->settled()) continue;
      why = listener->place();
      return false;
    }
    return true;
  }

  void finish() {
    oracle_.finish();
    for (const auto& machine : machines_) {
      machine->check_end();
      machine->check_status();
    }
    for (std::int64_t i = 0; i < fleet_.spaces(); ++i) {
      const std::string& space = fleet_.name_of(i);
      check_received(space);
      const Entities expected = state_of(oracle_.log(space), {});
      if (fleet_.state(space) != expected) {
        world_.violated(5, "the proxy's state of {} is not that of its log", space);
      }
      if (folded(space) != expected) {
        world_.violated(6, "the log of {} in another order gives another state", space);
      }
    }
  }

  // P1: what a client had from a log is in the log, or waits for a person.
  void check_received(const std::string& space) {
    std::set<std::string> gone;
    for (const auto& machine : machines_) {
      if (machine->space() == space) gone.merge(machine->received_and_gone());
    }
    for (const auto& machine : machines_) {
      if (machine->space() == space) machine->strike_out_pending(gone);
    }
    for (const std::string& id : gone) {
      world_.violated(1, "{}: {} was in a log that a client had, and is lost", space, id);
    }
  }

  Entities folded(const std::string& space) {
    Dice dice(world_.params.seed, "order");
    State state;
    Decoder decoder;
    for (const std::string& line : oracle_.shuffled(space, dice)) {
      const auto event = decoder.decode(line);
      if (event) state.fold(**event);
    }
    Entities entities;
    for (const auto& [subject, entity] : state.sorted()) {
      if (entity->lives()) entities[std::string(subject)] = shown_line(subject, *entity);
    }
    return entities;
  }

  RunResult result() {
    RunResult result;
    result.violations = world_.violations();
    result.hash = world_.hash();
    for (const auto& machine : machines_) machine->count_disk();
    fleet_.count_disks();
    for (const auto& [what, count] : world_.counters) result.counters[std::string(what)] = count;
    result.simulated_ms = world_.now();
    result.healed_ms = healed_ms_;
    return result;
  }

  World world_;
  Oracle oracle_;
  Fleet fleet_;
  Network network_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  People people_;
  std::int64_t healed_ms_ = 0;
};

}  // namespace

RunResult run(const Params& params, const std::string& folder, bool verbose) {
  std::filesystem::create_directories(folder + "/proxy");
  for (std::int64_t i = 0; i < params.clients; ++i) {
    std::filesystem::create_directories(fmt::format("{}/c{}", folder, i));
  }
  test::SimDisk::reseed_sqlite(params.seed);
  Scene scene(params, folder, verbose);
  return scene.play();
}

}  // namespace offsync::sim
