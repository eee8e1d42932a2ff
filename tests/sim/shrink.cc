#include <algorithm>

#include "sim/run.h"

namespace offsync::sim {
namespace {

// "P5": which promise it is that is broken.
std::string promise_of(const RunResult& result) {
  if (result.violations.empty()) return {};
  const std::string& first = result.violations.front();
  return first.substr(0, first.find(' '));
}

// What makes a run smaller comes first; a limit that is small hides what happens, so it grows last.
bool is_limit(const std::string& name) {
  return name.ends_with("_events") || name.ends_with("_bytes") || name.ends_with("_ms") ||
         name.ends_with("_pages") || name.ends_with("_step");
}

}  // namespace

Params shrink(const Params& failing, const std::string& folder, int most_runs) {
  const std::string promise = promise_of(run(failing, folder));
  Params best = failing;
  int runs = 0;
  const auto try_value = [&](const Parameter& parameter, std::int64_t value) {
    if (value == best.*parameter.member || runs >= most_runs) return false;
    Params smaller = best;
    smaller.*parameter.member = value;
    ++runs;
    if (promise_of(run(smaller, folder)) != promise) return false;
    best = smaller;
    return true;
  };
  for (bool again = true; again && runs < most_runs;) {
    again = false;
    for (const Parameter& parameter : parameters()) {
      if (is_limit(parameter.name) && std::string_view(parameter.name) != "duration_ms") continue;
      if (try_value(parameter, parameter.least)) again = true;
      const std::int64_t now = best.*parameter.member;
      if (now > parameter.least && try_value(parameter, (now + parameter.least) / 2)) again = true;
      if (now > parameter.least && try_value(parameter, now - 1)) again = true;
    }
  }
  return best;
}

}  // namespace offsync::sim
