// GroupCommit: decides about all who wait and appends it with one call of the store, whatever their
// spaces: one sync of the disk for all. Belongs to one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "proxy/ingest/decider.h"
#include "proxy/ingest/known_logs.h"
#include "proxy/ingest/options.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

// A request on its way into the log.
struct Waiting {
  Request request;
  std::size_t next = 0;  // the first candidate not yet decided
  int lost = 0;          // how often in a row others were first
  std::string epoch;     // of the log that it was decided on
  std::optional<Error> error;

  bool over() const { return error || next == request.candidates.size(); }
};

// Of a request of which a part may be durable: then "nothing was decided" would be a lie.
Error partly(Error error, const Waiting& waiting);

// The store has taken or refused an append, in that time.
using CommittedFn = std::function<void(std::chrono::microseconds took, bool done)>;

class GroupCommit {
 public:
  // What is given must outlive it. `doubtful` hears of a space in whose log there may be what was
  // not published yet, and could not be read.
  GroupCommit(LogStore& store, Clock& clock, PublishFn publish, const IngestOptions& options,
              CommittedFn committed, MovedFn doubtful);

  // The next candidates of all who wait (in this order), up to the bounds of a commit. When it
  // returns, what was decided of them is durable and published; those whose space was lost to
  // another proxy's commit are as they were, to come again with the next group. Does not throw.
  void commit(std::span<Waiting* const> waiting) noexcept;

  KnownLogs& logs() { return logs_; }

 private:
  struct Part {
    Waiting* waiting;
    Slice slice;
  };
  // What goes into one commit of a space.
  struct Turn {
    KnownLog* known = nullptr;
    std::vector<Part> parts;
    std::optional<Decided> decided;
  };

  std::deque<Turn> turns_of(std::span<Waiting* const> waiting);
  void commit(std::deque<Turn>& turns);
  void prepare(Turn& turn);
  Result<Decided> decide(const SpaceLog& log, const std::vector<Part>& parts);
  void append(std::vector<Turn*>& turns);
  void keep(Turn& turn);
  void refuse(Turn& turn, const Error& error);
  void leave_half_done(Turn& turn, const char* why);

  LogStore& store_;
  Clock& clock_;
  const IngestOptions& options_;
  const CommittedFn committed_;
  const MovedFn doubtful_;
  KnownLogs logs_;
  DecisionTools tools_{logs_.recent(), options_};
};

}  // namespace offsync::proxy
