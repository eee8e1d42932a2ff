#include "cli/input/log_folder.h"

#include <fmt/format.h>

#include <utility>

#include "wire/json_reader.h"

namespace offsync::cli {
namespace {

// The head of a snapshot, as the proxy writes it.
constexpr std::string_view kHead = "{\"cursor\":";
// An entity's line grows with its counters; this bounds what a broken file can cost.
constexpr std::size_t kEntityLineBytes = 256 * 1024 * 1024;

}  // namespace

FoldPipeline::Wanted LogFolder::wanted_by(const Filter& filter) {
  if (filter.all() && !filter.after()) return {};
  return [&filter](const EventView& event) -> Result<bool> {
    if (!filter.can_place(event) && event.writes() && filter.matches_content(event)) {
      return bad_data("missing",
                      "the event has no sequence, so nobody knows on which side of one it is",
                      "choose by a time or a stamp, or take the log of a proxy");
    }
    if (!filter.matches(event)) return false;
    return !filter.after() || event.sequence > filter.after()->sequence;
  };
}

Status LogFolder::fold(const LineReader::Line& line, LineReader& reader) {
  Status done;
  if (line.too_long) {
    const std::size_t limit = entities_to_come_ > 0 ? kEntityLineBytes : limits::kLineBytes;
    done = bad_data("too_large", fmt::format("the line is over {} bytes", limit));
  } else if (entities_to_come_ > 0 || line.text.starts_with(kHead)) {
    done = fold_state(line.text, reader);
  } else {
    fold_event(line.text, line.number, line.byte);
  }
  if (done || done.error().kind != Errc::bad_data) return done;
  pipeline_.add_refused({line.number, line.byte, std::move(done).error()});
  return {};
}

Status LogFolder::fold_state(std::string_view line, LineReader& reader) {
  if (entities_to_come_ == 0) return fold_head(line, reader);
  if (--entities_to_come_ == 0) reader.set_max_line(limits::kLineBytes);
  return fold_entity(line);
}

void LogFolder::fold_event(std::string_view line, std::uint64_t number, std::uint64_t byte) {
  if (filter_.limit()) return fold_at_once(line, number, byte);
  pipeline_.add(line, number, byte);
  ++folded_;
}

// The first N that pass are only known where one comes after the other.
void LogFolder::fold_at_once(std::string_view line, std::uint64_t number, std::uint64_t byte) {
  auto event = decoder_.decode(line);
  if (!event) return pipeline_.add_refused({number, byte, std::move(event).error()});
  if (auto refused = not_to_fold(**event)) {
    return pipeline_.add_refused({number, byte, std::move(*refused)});
  }
  if (wanted_) {
    auto wanted = wanted_(**event);
    if (!wanted) return pipeline_.add_refused({number, byte, std::move(wanted).error()});
    if (!*wanted) return;
  }
  identities_.add(fingerprint(**event, number));
  state_.fold(**event);
  ++folded_;
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

Status LogFolder::whole() const {
  if (entities_to_come_ == 0) return {};
  return bad_data(
      "short_snapshot",
      fmt::format("the snapshot is cut short: {} more entities should follow", entities_to_come_));
}

Result<Identities::Found> LogFolder::clashes() {
  pipeline_.finish();
  return identities_.clashes();
}

const State& LogFolder::state() {
  pipeline_.finish();
  return state_;
}

}  // namespace offsync::cli
