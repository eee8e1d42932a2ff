// Medians, and runs that take turns.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace offsync::bench {

// The middle one; of an even number the mean of the two in the middle. `values` must not be empty.
double median(std::vector<double> values);

// One side of a comparison: what it is called, and how one run of it gives a figure.
struct Contender {
  std::string name;
  std::function<double()> run;
};

// Runs all of them in turn, A B C A B C …, so that a drift of the machine meets all alike.
// Returns the figures of each: result[contender][round].
std::vector<std::vector<double>> take_turns(int rounds, const std::vector<Contender>& contenders);

}  // namespace offsync::bench
