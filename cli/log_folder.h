// LogFolder: lines of a log, in whatever form they come, folded to a state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "cli/filter.h"
#include "cli/fold_pipeline.h"
#include "state/entity_codec.h"
#include "state/state.h"

namespace offsync::cli {

class LineReader;

class LogFolder {
 public:
  explicit LogFolder(const Filter& filter) : filter_(filter), all_(filter.all()) {}

  // One line: an event, the head of a snapshot, or (behind such a head) an entity. `reader` is told
  // where longer lines may come.
  Status fold(std::string_view line, LineReader& reader);

  Status fold_event(std::string_view line);
  Status fold_entity(std::string_view line);
  // A snapshot at `sequence` comes. It can only be taken as a whole: an --until before it, or a
  // filter that an entity cannot answer, is an error.
  Status begin_snapshot(std::uint64_t sequence);

  // What all lines so far gave.
  const State& state();
  std::uint64_t folded() const { return folded_; }  // events and entities
  bool full() const { return filter_.limit() && folded_ >= *filter_.limit(); }

 private:
  Status take(const EventView& event);
  Status fold_head(std::string_view line, LineReader& reader);

  const Filter& filter_;
  const bool all_;
  EntityDecoder entities_;
  State state_;
  FoldPipeline pipeline_{state_};
  std::uint64_t entities_to_come_ = 0;
  std::uint64_t folded_ = 0;
};

}  // namespace offsync::cli
