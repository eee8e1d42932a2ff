// How a benchmark ends when it has nothing to report.
#pragma once

#include <stdexcept>

namespace offsync::bench {

// What was run failed, or gave a wrong result. Ends the benchmark; the program then exits with 1.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What the benchmark needs is not there. Passed over with a message, unless it was asked for by
// name.
struct Skipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// SIGINT or SIGTERM came.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace offsync::bench
