// What a run is made of, all from one seed. Each value can be overridden by name: that is how a
// failing run is made smaller, and kept.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace offsync::sim {

struct Params {
  std::uint64_t seed = 0;

  std::int64_t clients = 2, spaces = 1;
  std::int64_t proxies = 1;    // several share one log, in memory; one has a disk
  std::int64_t listeners = 0;  // plain event streams, as a browser would hold them
  std::int64_t ops = 40;       // what people do in the fault phase
  std::int64_t duration_ms = 30'000;
  std::int64_t subjects = 3;  // entities a space

  // Faults. Of messages and clocks in permille, of machines as a number of incidents.
  std::int64_t cut = 0, refuse = 0, twice = 0, stall = 0;
  std::int64_t latency_ms = 20;  // at most
  std::int64_t partitions = 0;
  std::int64_t client_crashes = 0, proxy_crashes = 0;
  std::int64_t power = 0;  // permille of the crashes that are power cuts
  std::int64_t disk_errors = 0, disk_full = 0;
  std::int64_t clock_jumps = 0, clock_drift = 0;  // drift in permille, at most
  std::int64_t compactions = 0, wipes = 0;
  // Backups that are put back some time after they were made: with a new epoch, as it should be, or
  // without.
  std::int64_t restores = 0, restores_in_epoch = 0;
  std::int64_t strays = 0;                  // syncs that are led to another space, each client
  std::int64_t imports = 0, forgeries = 0;  // permille of the ops

  // Where there are several proxies. Permille of the requests that go to another one than the last,
  // and of the commits before which others work; how late at most one hears of others' commits.
  std::int64_t wander = 0, races = 0, news_ms = 250;

  // Limits, small so that they are met.
  std::int64_t push_events = 10, page_events = 10, poll_queue_ms = 1000;
  std::int64_t ring_bytes = 4000, block_bytes = 1000, write_bytes = 1000, socket_bytes = 4000;
  std::int64_t commit_events = 10, checkpoint_pages = 20, compact_step = 3;
  std::int64_t hub_stall_ms = 30'000;  // after which the proxy cuts a stream that takes nothing

  static Params from(std::uint64_t seed);
  // "name=value"; false where there is no such name or value.
  bool set(std::string_view assignment);
  // What differs from from(seed), as arguments of the program.
  std::string overrides() const;
  std::string text() const;
};

struct Parameter {
  const char* name;
  std::int64_t Params::*member;
  std::int64_t least;  // a run cannot do with less
};
std::span<const Parameter> parameters();

}  // namespace offsync::sim
