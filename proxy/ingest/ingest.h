// Ingest: decides about events and appends them, with one commit for all requests that wait
// (group commit), whatever their spaces. It owns no thread, and holds none: who submits while
// nobody commits becomes the committer, and is it until nobody waits; who submits meanwhile goes
// away. So a lone request waits for nobody, and is answered in the thread that it came by. With one
// thread (simulation) each call commits at once.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "proxy/ingest/group_commit.h"
#include "proxy/ingest/known_logs.h"
#include "proxy/ingest/options.h"
#include "proxy/store/log_store.h"
#include "wire/outcome.h"

namespace offsync::proxy {

// What an ingest says while it works. Each may be empty, returns at once, and calls neither the
// ingest nor the store.
struct IngestHooks {
  // work() has something to do, soon. By any thread, also one of the store's.
  std::function<void()> wake = {};
  // The same, and nobody else does it: requests wait, and the thread of a catch_up() has other
  // things to do. Empty: it does it all the same.
  std::function<void()> take_over = {};
  // The store has taken or refused an append, in that time. By one thread at a time.
  CommittedFn committed = {};
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
  // Called once, by the thread that commits, when everything accepted is durable: to be quick, as
  // the next commit waits for it. Does not throw. May submit more, without waiting.
  using Done = std::function<void(Result<Answer>)>;
  // Thread-safe. A line that is no event is that line's `rejected` outcome. An error means that
  // nothing of this call was decided, or (`unknown`) that it may or may not have been: sending
  // again is safe. Exceptions: none once `done` may be called.
  //
  // `author`: the sender's own source. The clientseq of another source's event is then no number
  // of its own: the mark is neither asked nor moved. Empty: the sender does not say.
  void submit(const std::string& space, std::vector<std::string> lines, std::string author,
              Done done);
  // The same, and waits.
  Result<Answer> submit(const std::string& space, std::vector<std::string> lines,
                        std::string author = {});

  // Publishes what others have appended, and what a commit of unknown outcome may have left in the
  // store. Thread-safe; to be called before the store is shown to anybody: costs nothing where
  // there is nothing to do. False: there is more to do, as the store failed or another thread
  // commits.
  bool catch_up();
  // All that is to be done: catches up, and commits what waits. Thread-safe; to be called soon
  // after `wake` and `take_over`. False: there is more to do; call it again in a while.
  bool work();

  // Whoever waits and is not in the commit under way gets partial `stopping`, and so does whoever
  // comes. Thread-safe, idempotent.
  void stop();
  // How many wait for their commit. Thread-safe.
  std::size_t waiting() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync::proxy
