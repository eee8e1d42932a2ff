// FoldPipeline: folds events into a State in a thread of its own, while its owner's thread reads
// and decodes the next ones. Decoding and folding cost about the same, so that two cores are used.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "event/decoder.h"
#include "state/state.h"

namespace offsync::cli {

class FoldPipeline {
 public:
  // `state` must not be touched between the first add() and finish().
  explicit FoldPipeline(State& state) : state_(state) {}
  FoldPipeline(const FoldPipeline&) = delete;
  FoldPipeline& operator=(const FoldPipeline&) = delete;
  ~FoldPipeline() { finish(); }

  // The decoder for a line of so many bytes; what it decoded may then be given to add(), or
  // forgotten.
  Decoder& decoder(std::size_t bytes);
  // Folds what decoder() has decoded with decode() (not in place), some time before finish() ends.
  void add(const EventView& event);
  // Waits until all is folded, and ends the thread; add() may begin anew.
  void finish();

 private:
  // Enough events to hide the latency of memory, few enough to stay in the cache.
  static constexpr std::size_t kEvents = 128;
  // A decoder keeps memory for the longest line that it has seen. Longer ones than this all go to
  // the first decoder of a batch, so that only few decoders grow.
  static constexpr std::size_t kLongLine = 4096;
  struct Batch {
    Batch() : decoders(kEvents) { events.reserve(kEvents); }
    std::vector<Decoder> decoders;
    std::vector<EventView> events;
  };
  void hand_over();
  void run();

  State& state_;
  // Three, so that one can wait while one is filled and one is folded.
  std::array<Batch, 3> batches_;
  Batch* filling_ = batches_.data();
  bool long_line_ = false;

  std::optional<std::thread> thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t handed_ = 0;  // batches given to the thread since it began
  std::size_t folded_ = 0;  // batches that it is done with
  bool ending_ = false;
};

}  // namespace offsync::cli
