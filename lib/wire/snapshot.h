// A snapshot (GET …/state): its first line says where it stands, and what must follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "event/decoder.h"
#include "state/entity_codec.h"
#include "wire/cursor.h"

namespace offsync {

// {"cursor":"epoch-42","entities":N,"conflicts":M,"line":"0123456789abcdef","recordedtime":"…"}
struct SnapshotHeader {
  Cursor cursor;
  std::uint64_t entities = 0;    // that many encode_entity() lines follow,
  std::uint64_t conflicts = 0;   // then that many open offsync.conflict events
  std::string line = {};         // line_mark() of the event at the cursor; empty: not known
  std::int64_t recorded_ms = 0;  // the latest time that the log has given; 0: not known
};
std::string encode_snapshot_header(const SnapshotHeader& header);
Result<SnapshotHeader> parse_snapshot_header(std::string_view line);  // protocol `bad_snapshot`

// The one reader of snapshots, line by line: the header, entities in the order of their subjects
// and as they may be, open conflicts in the order of the log, and not a line more. That an id of a
// conflict is there twice whoever keeps them sees. Errors: protocol `bad_snapshot`, in the words of
// who asked: "`what` cannot be used: …", and what to do next.
class SnapshotReader {
 public:
  SnapshotReader(std::string what, std::string hint)
      : what_(std::move(what)), hint_(std::move(hint)) {}

  enum class Part { header, entity, conflict };
  Result<Part> take(std::string_view line);
  // Whether all that was announced has come.
  Status end() const;

  // Of what has been taken; a record and an event until the next line.
  const std::optional<SnapshotHeader>& header() const { return header_; }
  const EntityRecord& entity() const { return record_; }
  const EventView& conflict() const { return *conflict_; }
  Stamp latest() const { return latest_; }  // of all entities that have come

  Error bad(const std::string& why) const;

 private:
  Status check_header() const;
  Status take_entity(std::string_view line);
  Status take_conflict(std::string_view line);

  std::string what_, hint_;
  std::optional<SnapshotHeader> header_;
  std::uint64_t entities_ = 0, conflicts_ = 0;
  EntityDecoder entity_decoder_;
  EntityRecord record_;
  std::string last_;  // subject
  Stamp latest_;
  Decoder decoder_;
  const EventView* conflict_ = nullptr;
  std::uint64_t last_conflict_ = 0;  // its sequence
};

}  // namespace offsync
