// World: virtual time, the order of what happens in it, and what is to be told of a run.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ports.h"
#include "sim/params.h"

namespace offsync::sim {

class World {
 public:
  explicit World(const Params& given, bool verbose = false) : params(given), verbose_(verbose) {}

  // Milliseconds since the run began.
  std::int64_t now() const { return now_; }
  // Of two things at the same time the one that was asked for first happens first.
  void at(std::int64_t time, std::function<void()> what);
  void after(std::int64_t ms, std::function<void()> what) { at(now_ + ms, std::move(what)); }
  // Lets everything happen until `time`, or until a promise is broken.
  void run_until(std::int64_t time);

  // Something that a run with the same parameters must do again.
  template <class... Args>
  void trace(fmt::format_string<Args...> format, Args&&... args) {
    note(fmt::format(format, std::forward<Args>(args)...));
  }
  std::uint64_t hash() const { return hash_; }

  // Promise P<number> is broken.
  template <class... Args>
  void violated(int promise, fmt::format_string<Args...> format, Args&&... args) {
    report(promise, fmt::format(format, std::forward<Args>(args)...));
  }
  void require(int promise, bool holds, std::string_view what) {
    if (!holds) report(promise, std::string(what));
  }
  const std::vector<std::string>& violations() const { return violations_; }
  bool broken() const { return !violations_.empty(); }

  // `what` has really occurred.
  void count(const char* what, std::uint64_t n = 1) { counters[what] += n; }

  const Params params;
  std::map<std::string_view, std::uint64_t> counters;
  // False: no more faults, and every machine stays up.
  bool faults = true;

 private:
  struct Event {
    std::int64_t time;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };
  void note(const std::string& line);
  void report(int promise, const std::string& what);

  const bool verbose_;
  std::int64_t now_ = 0;
  std::uint64_t order_ = 0;
  std::priority_queue<Event> events_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::vector<std::string> violations_;
};

// A machine's clock: it drifts, and people set it.
class MachineClock final : public Clock {
 public:
  MachineClock(const World& world, std::int64_t drift_permille)
      : world_(world), drift_(drift_permille) {}
  std::int64_t wall_ms() override {
    return kStart + world_.now() + world_.now() * drift_ / 1000 + set_off_;
  }
  std::int64_t steady_ms() override { return world_.now(); }
  Uptime uptime() override { return {1, world_.now() + world_.now() * drift_ / 1000}; }
  void jump(std::int64_t ms) { set_off_ += ms; }

 private:
  static constexpr std::int64_t kStart = 1'700'000'000'000;
  const World& world_;
  std::int64_t drift_;
  std::int64_t set_off_ = 0;
};

}  // namespace offsync::sim
