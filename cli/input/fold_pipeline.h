// FoldPipeline: decodes lines and folds their events into a State, on more than one thread. Who
// decodes which line does not matter, nor when: the fold is a join.
//
// The owner's thread gathers lines into batches. Helpers take them, decode, and fold one batch at a
// time; where they cannot keep up, the owner does the same, so that no processor waits for another.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "cli/input/identities.h"
#include "event/decoder.h"
#include "state/state.h"

namespace offsync::cli {

// A line that could not be folded.
struct Refused {
  std::uint64_t number = 0;  // of the line, from 1
  std::uint64_t byte = 0;    // of its first byte, from 0
  Error error;
};

// Why an event is left out: it writes, and nobody knows when, as it has neither a time nor a stamp,
// and a fold in any order has no place for it; or it is in no log (it has no sequence), and could
// not come into one (check_new).
std::optional<Error> not_to_fold(const EventView& event);

class FoldPipeline {
 public:
  // Whether an event is to be folded; an error: it cannot be said.
  using Wanted = std::function<Result<bool>(const EventView&)>;
  // `state` must not be touched between the first add() and finish(). `wanted` is called by any
  // thread, but never by two at once. Empty: all are. `identities` is told of what is folded, if it
  // is there.
  explicit FoldPipeline(State& state, Wanted wanted = {}, Identities* identities = nullptr);
  FoldPipeline(const FoldPipeline&) = delete;
  FoldPipeline& operator=(const FoldPipeline&) = delete;
  ~FoldPipeline();

  // Folds the event of `line` (of which it keeps a copy) some time before finish() ends.
  void add(std::string_view line, std::uint64_t number, std::uint64_t byte);
  // A line that was refused before it came here.
  void add_refused(Refused refused);
  // Waits until all is folded; add() may begin anew. As add(), it throws what a thread met, after
  // which the state is of no use.
  void finish();

  // What was refused since the last call, in order of the lines; after finish(): the rest of it.
  std::vector<Refused> take_refused();

 private:
  // Enough events to hide the latency of memory, few enough to stay in the cache.
  static constexpr std::size_t kEvents = 128;
  // A decoder keeps memory for the longest line that it has seen. A longer one than this is alone
  // in its batch, so that only the first decoders grow.
  static constexpr std::size_t kLongLine = 4096;
  static constexpr std::size_t kBatches = 8;
  static constexpr unsigned kHelpers = 3;  // folding is a third of the work, and one at a time

  struct Line {
    std::size_t at, bytes;  // in text
    std::uint64_t number, byte;
  };
  struct Batch {
    std::string text;
    std::vector<Line> lines;
    std::vector<Refused> refused;
    bool done = true;
  };
  // What a thread needs to decode a batch.
  struct Worker {
    Worker() : decoders(kEvents) { events.reserve(kEvents); }
    std::vector<Decoder> decoders;
    std::vector<EventView> events;
    std::vector<std::size_t> lines;   // of the batch, that of each event
    std::vector<Fingerprint> prints;  // the same, where they are wanted
  };

  Batch& filling() { return batches_[handed_ % kBatches]; }
  void hand_over();
  void start();
  void help();
  void work(Worker& worker, Batch& batch);
  // The same, by any thread: what is thrown goes to the owner, once all threads are out of it.
  void work_on(Worker& worker, Batch& batch) noexcept;
  void wait_for_all();
  void rethrow();
  void leave_out(Worker& worker, Batch& batch);
  // Works on the next batch where there is one, else waits for a helper. `lock` holds mutex_.
  void work_or_wait(std::unique_lock<std::mutex>& lock);
  void collect(Batch& batch);

  State& state_;
  Wanted wanted_;
  Identities* identities_;
  std::mutex folding_;         // state_, wanted_ and identities_
  std::exception_ptr failed_;  // the first; mutex_

  Worker own_;
  std::array<Batch, kBatches> batches_;  // a ring
  std::vector<Refused> refused_;
  std::vector<std::thread> helpers_;
  std::mutex mutex_;                            // what follows, and `done` of the batches
  std::condition_variable handed_over_, done_;  // to the helpers; to the owner
  std::size_t handed_ = 0;                      // batches given away; the next one is being filled
  std::size_t taken_ = 0;                       // of those: somebody works on them, or has done so
  std::size_t idle_ = 0;                        // helpers that wait
  bool waiting_ = false;                        // the owner does
  bool ending_ = false;
};

}  // namespace offsync::cli
