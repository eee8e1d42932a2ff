// Ingest: decides about events and appends them, with one commit for all requests that wait
// (group commit). It owns no thread: of the threads in submit(), one leads and commits for all that
// queued up meanwhile, the others wait. With one thread (simulation) each call commits at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "proxy/ingest/known_logs.h"
#include "proxy/ingest/options.h"
#include "proxy/store/log_store.h"
#include "wire/outcome.h"

namespace offsync::proxy {

// What an ingest says while it works. Each may be empty, returns at once, and calls neither the
// ingest nor the store.
struct IngestHooks {
  // catch_up() has something to do. By any thread, also one of the store's.
  std::function<void()> wake = {};
  // The store has taken or refused a commit, in that time. By one thread at a time.
  std::function<void(std::chrono::microseconds took, bool done)> committed = {};
};

class Ingest {
 public:
  // `store` and `clock` must outlive it; `clock` must be thread-safe. It follows the store.
  Ingest(LogStore& store, Clock& clock, PublishFn publish, IngestOptions options = {},
         IngestHooks hooks = {});
  ~Ingest();

  struct Answer {
    std::string epoch;
    std::vector<Outcome> outcomes;  // one a line, in order
  };
  // Thread-safe; returns when everything accepted is durable. A line that is no event is that
  // line's `rejected` outcome. An error means that nothing of this call was decided, or (`unknown`)
  // that it may or may not have been: sending again is safe.
  //
  // `author`: the sender's own source. The clientseq of another source's event is then no number
  // of its own: the mark is neither asked nor moved. Empty: the sender does not say.
  Result<Answer> submit(const std::string& space, std::vector<std::string> lines,
                        std::string author = {});

  // Publishes what others have appended, and what a commit of unknown outcome may have left in the
  // store. Thread-safe; to be called soon after `wake`, and before the store is shown to anybody:
  // costs nothing where there is nothing to do. False: there is more to do, as the store failed or
  // another thread commits; call it again in a while.
  bool catch_up();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync::proxy
