// LogFolder: lines of a log, in whatever form they come, folded to a state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/input/filter.h"
#include "cli/input/fold_pipeline.h"
#include "cli/input/identities.h"
#include "cli/input/line_reader.h"
#include "state/entity_codec.h"
#include "state/state.h"

namespace offsync::cli {

class LogFolder {
 public:
  explicit LogFolder(const Filter& filter)
      : filter_(filter), wanted_(wanted_by(filter)), pipeline_(state_, wanted_, &identities_) {}

  // One line: an event, the head of a snapshot, or (behind such a head) an entity. `reader` is told
  // where longer lines may come. A line that is bad is among take_refused(), now or later; other
  // errors are returned.
  Status fold(const LineReader::Line& line, LineReader& reader);

  // A bad one is among take_refused(), under this number. Precondition: not full().
  void fold_event(std::string_view line, std::uint64_t number, std::uint64_t byte = 0);
  Status fold_entity(std::string_view line);
  // A snapshot at `sequence` comes. It can only be taken as a whole: an --until before it, or a
  // filter that an entity cannot answer, is an error.
  Status begin_snapshot(std::uint64_t sequence);

  // Waits until all lines so far are folded.
  void finish() { pipeline_.finish(); }
  // The bad lines since the last call, in order.
  std::vector<Refused> take_refused() { return pipeline_.take_refused(); }
  // Error where the lines so far end within a snapshot: bad_data `short_snapshot`.
  Status whole() const;

  // Which events came with two contents. Once, at the end.
  Result<Identities::Found> clashes();

  // What all lines so far gave.
  const State& state();
  std::uint64_t folded() const { return folded_; }  // lines that came; with a limit: that passed
  bool full() const { return filter_.limit() && folded_ >= *filter_.limit(); }

 private:
  static FoldPipeline::Wanted wanted_by(const Filter& filter);
  void fold_at_once(std::string_view line, std::uint64_t number, std::uint64_t byte);
  Status fold_state(std::string_view line, LineReader& reader);
  Status fold_head(std::string_view line, LineReader& reader);

  const Filter& filter_;
  const FoldPipeline::Wanted wanted_;  // empty: all are
  EntityDecoder entities_;
  Decoder decoder_;
  State state_;
  Identities identities_;
  FoldPipeline pipeline_;
  std::uint64_t entities_to_come_ = 0;
  std::uint64_t folded_ = 0;
};

}  // namespace offsync::cli
