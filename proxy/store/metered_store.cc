#include "proxy/store/metered_store.h"

#include <chrono>

namespace offsync::proxy {

// Durations of single commits are finer than the Clock port's milliseconds.
Status MeteredStore::append(const Commit& commit) {
  const auto start = std::chrono::steady_clock::now();
  auto status = store_.append(commit);
  const auto took = std::chrono::steady_clock::now() - start;
  metrics_.commit(commit.space, commit.first + commit.entries.size() - 1,
                  std::chrono::duration_cast<std::chrono::microseconds>(took).count(), status.ok());
  return status;
}

}  // namespace offsync::proxy
