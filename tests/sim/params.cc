#include "sim/params.h"

#include <fmt/format.h>

#include <charconv>

#include "sim/dice.h"

namespace offsync::sim {
namespace {

constexpr Parameter kParameters[] = {
    {"clients", &Params::clients, 1},
    {"spaces", &Params::spaces, 1},
    {"proxies", &Params::proxies, 1},
    {"listeners", &Params::listeners, 0},
    {"ops", &Params::ops, 1},
    {"duration_ms", &Params::duration_ms, 1000},
    {"subjects", &Params::subjects, 1},
    {"cut", &Params::cut, 0},
    {"refuse", &Params::refuse, 0},
    {"twice", &Params::twice, 0},
    {"stall", &Params::stall, 0},
    {"latency_ms", &Params::latency_ms, 1},
    {"partitions", &Params::partitions, 0},
    {"client_crashes", &Params::client_crashes, 0},
    {"proxy_crashes", &Params::proxy_crashes, 0},
    {"power", &Params::power, 0},
    {"disk_errors", &Params::disk_errors, 0},
    {"disk_full", &Params::disk_full, 0},
    {"clock_jumps", &Params::clock_jumps, 0},
    {"clock_drift", &Params::clock_drift, 0},
    {"compactions", &Params::compactions, 0},
    {"wipes", &Params::wipes, 0},
    {"restores", &Params::restores, 0},
    {"restores_in_epoch", &Params::restores_in_epoch, 0},
    {"strays", &Params::strays, 0},
    {"wander", &Params::wander, 0},
    {"races", &Params::races, 0},
    {"news_ms", &Params::news_ms, 0},
    {"imports", &Params::imports, 0},
    {"forgeries", &Params::forgeries, 0},
    {"push_events", &Params::push_events, 1},
    {"page_events", &Params::page_events, 1},
    {"poll_queue_ms", &Params::poll_queue_ms, 100},
    {"ring_bytes", &Params::ring_bytes, 1},
    {"block_bytes", &Params::block_bytes, 1},
    {"write_bytes", &Params::write_bytes, 1},
    {"socket_bytes", &Params::socket_bytes, 1},
    {"commit_events", &Params::commit_events, 1},
    {"checkpoint_pages", &Params::checkpoint_pages, 1},
    {"compact_step", &Params::compact_step, 1},
    {"hub_stall_ms", &Params::hub_stall_ms, 5000},
};

// A fault is absent from a good part of the runs: most bugs show where few things go wrong.
std::int64_t sometimes(Dice& dice, std::int64_t most) {
  const std::int64_t drawn = dice.between(1, most);
  return dice.chance(500) ? drawn : 0;
}

}  // namespace

std::span<const Parameter> parameters() {
  return kParameters;
}

Params Params::from(std::uint64_t seed) {
  Dice dice(seed, "params");
  Params p;
  p.seed = seed;
  p.clients = 1 + dice.small(8);
  p.spaces = 1 + dice.small(4);
  p.listeners = dice.small(4);
  p.ops = dice.between(5, 60);
  p.duration_ms = dice.between(5'000, 60'000);
  p.subjects = dice.between(1, 4);
  p.cut = sometimes(dice, 300);
  p.refuse = sometimes(dice, 200);
  p.twice = sometimes(dice, 200);
  p.stall = sometimes(dice, 60);
  p.latency_ms = dice.chance(800) ? dice.between(1, 100) : dice.between(100, 3000);
  p.partitions = sometimes(dice, 4);
  p.client_crashes = sometimes(dice, 4);
  p.proxy_crashes = sometimes(dice, 4);
  p.power = dice.chance(700) ? dice.between(0, 1000) : 0;
  p.disk_errors = sometimes(dice, 4);
  p.disk_full = dice.chance(300) ? sometimes(dice, 2) : 0;
  p.clock_jumps = sometimes(dice, 4);
  p.clock_drift = sometimes(dice, 20);
  p.compactions = sometimes(dice, 4);
  p.wipes = dice.chance(200) ? dice.between(1, 2) : 0;
  p.imports = sometimes(dice, 150);
  p.forgeries = sometimes(dice, 60);
  p.push_events = 1 + dice.small(30);
  p.page_events = 1 + dice.small(30);
  p.poll_queue_ms = dice.between(200, 3000);
  p.ring_bytes = 1 + dice.small(8000);
  p.block_bytes = 1 + dice.small(4000);
  p.write_bytes = 1 + dice.small(4000);
  p.socket_bytes = 100 + dice.small(8000);
  p.commit_events = 1 + dice.small(20);
  p.checkpoint_pages = dice.between(4, 60);
  p.compact_step = dice.between(1, 20);
  Dice later(seed, "later params");  // so that the seeds of before are as they were
  p.restores = later.chance(200) ? later.between(1, 2) : 0;
  p.strays = later.chance(200) ? later.between(1, 2) : 0;
  p.restores_in_epoch = later.chance(200) ? later.between(1, 2) : 0;
  // With the time of the real proxy most faults are over before a stream is cut.
  if (later.chance(500)) p.hub_stall_ms = later.between(5'000, 15'000);
  Dice fleet(seed, "fleet params");
  p.proxies = fleet.chance(500) ? fleet.between(2, 4) : 1;
  p.wander = fleet.chance(800) ? fleet.between(1, 600) : 0;
  p.races = fleet.chance(700) ? fleet.between(20, 700) : 0;
  p.news_ms = fleet.chance(800) ? fleet.between(0, 500) : fleet.between(500, 5000);
  return p;
}

bool Params::set(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = assignment.substr(0, equals);
  const std::string_view text = assignment.substr(equals + 1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  for (const Parameter& parameter : kParameters) {
    if (name != parameter.name) continue;
    if (value < parameter.least) return false;
    this->*parameter.member = value;
    return true;
  }
  return false;
}

std::string Params::overrides() const {
  const Params drawn = from(seed);
  std::string text;
  for (const auto& [name, member, least] : kParameters) {
    if (this->*member != drawn.*member) text += fmt::format(" {}={}", name, this->*member);
  }
  return text;
}

std::string Params::text() const {
  std::string text = fmt::format("seed={}", seed);
  for (const auto& [name, member, least] : kParameters) {
    text += fmt::format(" {}={}", name, this->*member);
  }
  return text;
}

}  // namespace offsync::sim
