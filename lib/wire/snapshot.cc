#include "wire/snapshot.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/counted.h"
#include "base/rfc3339.h"
#include "state/checked.h"
#include "state/decision.h"
#include "wire/line_mark.h"
#include "wire/log_page.h"

namespace offsync {

namespace od = simdjson::ondemand;

std::string encode_snapshot_header(const SnapshotHeader& header) {
  const std::string line = header.line.empty() ? "" : fmt::format(R"(,"line":"{}")", header.line);
  const std::string recorded =
      header.recorded_ms == 0
          ? ""
          : fmt::format(R"(,"recordedtime":"{}")", format_rfc3339(header.recorded_ms));
  return fmt::format(R"({{"cursor":"{}","entities":{},"conflicts":{}{}{}}})", header.cursor.text(),
                     header.entities, header.conflicts, line, recorded);
}

Result<SnapshotHeader> parse_snapshot_header(std::string_view line) {
  const Error error = make_error(Errc::protocol, "bad_snapshot",
                                 "the snapshot's first line does not say where it stands");
  const simdjson::padded_string padded(line);
  od::parser parser;
  od::document document;
  od::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return error;
  SnapshotHeader header;
  std::string_view cursor;
  if (object["cursor"].get_string().get(cursor) ||
      object["entities"].get_uint64().get(header.entities) ||
      object["conflicts"].get_uint64().get(header.conflicts)) {
    return error;
  }
  std::string_view mark;
  const auto marked = object["line"].get_string().get(mark);
  if (marked != simdjson::NO_SUCH_FIELD && (marked || !is_mark(mark))) return error;
  header.line = mark;
  std::string_view recorded;
  const auto dated = object["recordedtime"].get_string().get(recorded);
  const auto recorded_ms = dated ? std::nullopt : parse_rfc3339(recorded);
  if (dated != simdjson::NO_SUCH_FIELD && !recorded_ms) return error;
  header.recorded_ms = recorded_ms.value_or(0);
  const auto place = Cursor::parse(cursor);
  const bool countable = header.entities <= INT64_MAX && header.conflicts <= INT64_MAX;
  if (!place || !countable) return error;
  header.cursor = *place;
  return header;
}

// ---- all of it

Error SnapshotReader::bad(const std::string& why) const {
  return make_error(Errc::protocol, "bad_snapshot",
                    fmt::format("{} cannot be used: {}", what_, why), hint_);
}

Result<SnapshotReader::Part> SnapshotReader::take(std::string_view line) {
  if (!header_) {
    OFFSYNC_ASSIGN(header_, parse_snapshot_header(line));
    OFFSYNC_TRY(check_header());
    return Part::header;
  }
  if (entities_ < header_->entities) {
    OFFSYNC_TRY(take_entity(line));
    return Part::entity;
  }
  OFFSYNC_TRY(take_conflict(line));
  return Part::conflict;
}

Status SnapshotReader::end() const {
  if (!header_) return bad("it is empty");
  if (entities_ == header_->entities && conflicts_ == header_->conflicts) return {};
  return bad(fmt::format("it was cut: {} of {} entities, {} of {} conflicts came", entities_,
                         header_->entities, conflicts_, header_->conflicts));
}

// Each entity was written by an event of its own, and each conflict is one.
Status SnapshotReader::check_header() const {
  const std::uint64_t events = header_->cursor.sequence;
  if (header_->entities <= events && header_->conflicts <= events) return {};
  return bad(fmt::format("it announces {} entities and {} conflicts, more than its {}",
                         header_->entities, header_->conflicts, counted(events, "event")));
}

Status SnapshotReader::take_entity(std::string_view line) {
  auto record = entity_decoder_.decode(line);
  if (!record) return bad(record.error().detail);
  const Status checked = check_checked(record->subject, record->entity);
  if (!checked) return bad(checked.error().detail);
  if (record->subject == last_) return bad(last_ + " is there twice");
  if (record->subject < last_) return bad(record->subject + " stands behind " + last_);
  const Stamp latest = record->entity.latest();
  if (const std::string why = too_late(latest.ms(), header_->recorded_ms); !why.empty()) {
    return bad(fmt::format("of {}, {}", record->subject, why));
  }
  latest_ = std::max(latest_, latest);
  ++entities_;
  record_ = std::move(*record);
  last_ = record_.subject;
  return {};
}

Status SnapshotReader::take_conflict(std::string_view line) {
  if (conflicts_ == header_->conflicts) return bad("there is more than it announced");
  const auto event = decoder_.decode(line);
  if (!event) return bad(event.error().detail);
  conflict_ = *event;
  if (conflict_->type != kConflictType) return bad("there is more than it announced");
  if (const std::string why = no_event_of_a_log(*conflict_); !why.empty()) {
    return bad(fmt::format("of the conflict {}, {}", conflict_->id, why));
  }
  if (const auto record = conflict_of(*conflict_); !record) return bad(record.error().detail);
  const std::uint64_t sequence = conflict_->sequence;
  if (sequence <= last_conflict_ || sequence > header_->cursor.sequence) {
    return bad(fmt::format("the sequence of a conflict, {}, is not between {} and {}", sequence,
                           last_conflict_ + 1, header_->cursor.sequence));
  }
  last_conflict_ = sequence;
  ++conflicts_;
  return {};
}

}  // namespace offsync
