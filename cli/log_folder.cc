#include "cli/log_folder.h"

#include <fmt/format.h>

#include "cli/line_reader.h"
#include "wire/json_reader.h"

namespace offsync::cli {
namespace {

// The head of a snapshot, as the proxy writes it.
constexpr std::string_view kHead = "{\"cursor\":";
// An entity's line grows with its counters; this bounds what a broken file can cost.
constexpr std::size_t kEntityLineBytes = 256 * 1024 * 1024;

}  // namespace

Status LogFolder::fold(std::string_view line, LineReader& reader) {
  if (entities_to_come_ > 0) {
    if (--entities_to_come_ == 0) reader.set_max_line(limits::kLineBytes);
    return fold_entity(line);
  }
  if (line.starts_with(kHead)) return fold_head(line, reader);
  return fold_event(line);
}

Status LogFolder::fold_event(std::string_view line) {
  OFFSYNC_ASSIGN(const EventView* event, pipeline_.decoder(line.size()).decode(line));
  return take(*event);
}

Status LogFolder::take(const EventView& event) {
  if (!all_ && !filter_.matches(event)) return {};
  if (filter_.after() && event.sequence != 0 && event.sequence <= filter_.after()->sequence) {
    return {};
  }
  pipeline_.add(event);
  ++folded_;
  return {};
}

Status LogFolder::fold_head(std::string_view line, LineReader& reader) {
  JsonReader head;
  const bool object = head.read(line);
  const auto cursor = Cursor::parse(object ? head.text("cursor").value_or("") : "");
  const auto entities = object ? head.number("entities") : std::nullopt;
  if (!cursor || !entities) {
    return bad_data("malformed", "this is neither an event nor the head of a snapshot");
  }
  OFFSYNC_TRY(begin_snapshot(cursor->sequence));
  entities_to_come_ = *entities;
  if (entities_to_come_ > 0) reader.set_max_line(kEntityLineBytes);
  return {};
}

Status LogFolder::begin_snapshot(std::uint64_t sequence) {
  if (filter_.only_subjects_and_until(sequence)) return {};
  return make_error(Errc::usage, "snapshot",
                    fmt::format("the log begins with a snapshot at sequence {}, which can only be "
                                "taken as a whole",
                                sequence),
                    "use --subject, or --until that sequence or a later one, and no other filter");
}

Status LogFolder::fold_entity(std::string_view line) {
  OFFSYNC_ASSIGN(const EntityRecord record, entities_.decode(line));
  if (!filter_.matches_subject(record.subject)) return {};
  pipeline_.finish();
  state_.put(record.subject, record.entity);
  ++folded_;
  return {};
}

const State& LogFolder::state() {
  pipeline_.finish();
  return state_;
}

}  // namespace offsync::cli
