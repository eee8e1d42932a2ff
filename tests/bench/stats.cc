#include "bench/stats.h"

#include <algorithm>

#include "bench/failure.h"
#include "bench/report.h"
#include "bench/spawn.h"

namespace offsync::bench {

double median(std::vector<double> values) {
  if (values.empty()) throw Failure("there is no median of no values");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

std::vector<std::vector<double>> take_turns(int rounds, const std::vector<Contender>& contenders) {
  std::vector<std::vector<double>> figures(contenders.size());
  for (int round = 1; round <= rounds; ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      throw_if_interrupted();
      show_progress("round " + std::to_string(round) + " of " + std::to_string(rounds) + ": " +
                    contenders[i].name);
      figures[i].push_back(contenders[i].run());
    }
  }
  show_progress("");
  return figures;
}

}  // namespace offsync::bench
