#include "cli/remote/conflict_find.h"

#include <fmt/format.h>

#include <map>

#include "cli/input/event_find.h"
#include "wire/log_page.h"

namespace offsync::cli {

Result<ConflictRecord> conflict_of_line(Decoder& decoder, std::string_view line) {
  OFFSYNC_ASSIGN(const EventView* event, decoder.decode(line));
  ConflictRecord record;
  if (const std::string why = no_event_of_a_log(*event); !why.empty()) {
    return bad_data("bad_event", fmt::format("of the conflict {}, {}", event->id, why));
  }
  OFFSYNC_ASSIGN(record.conflict, conflict_of(*event));
  record.conflict.id = event->id;
  record.subject = event->subject;
  record.sequence = event->sequence;
  record.recorded = event->recordedtime;
  record.line = line;
  return record;
}

Result<std::vector<ConflictRecord>> open_at_proxy(Remote& remote, Replica& replica) {
  std::vector<ConflictRecord> open;
  Decoder decoder;
  std::uint64_t last = 0;
  OFFSYNC_TRY(remote.conflicts([&](std::string_view line) -> Status {
    OFFSYNC_ASSIGN(ConflictRecord record, conflict_of_line(decoder, line));
    if (record.sequence <= last) {
      return bad_data("bad_event", fmt::format("a conflict at sequence {} stands behind one at {}",
                                               record.sequence, last));
    }
    last = record.sequence;
    const auto known = replica.conflict(record.conflict.id);
    if (!known || known->resolved_by.empty()) open.push_back(std::move(record));
    return {};
  }));
  return open;
}

std::string meeting_of(const ConflictRecord& record) {
  const Side& current = record.conflict.current;
  const Side& incoming = record.conflict.incoming;
  if (!current.deleted && !incoming.deleted) return record.conflict.id;
  return fmt::format("{}\n{}\n{}\n{}", current.source, current.id, incoming.source, incoming.id);
}

std::vector<Meeting> meetings_of(std::vector<ConflictRecord> records) {
  std::vector<Meeting> meetings;
  std::map<std::string, std::size_t> places;
  for (ConflictRecord& record : records) {
    const auto [at, first] = places.emplace(meeting_of(record), meetings.size());
    if (first) meetings.emplace_back();
    meetings[at->second].push_back(std::move(record));
  }
  return meetings;
}

Result<ConflictRecord> find_conflict(const std::vector<ConflictRecord>& records,
                                     std::string_view id) {
  const ConflictRecord* found = nullptr;
  for (const ConflictRecord& record : records) {
    if (record.conflict.id == id) return record;
    if (id.size() < kPartOfId || !record.conflict.id.starts_with(id)) continue;
    if (found != nullptr) {
      return make_error(Errc::usage, "ambiguous",
                        fmt::format("more than one conflict begins with {}", id),
                        "give more of the id");
    }
    found = &record;
  }
  if (found != nullptr) return *found;
  const bool entity = id.find('/') != std::string_view::npos;
  return make_error(
      Errc::no_input, "no_conflict",
      fmt::format("there is no conflict {}{}", entity ? "with the id " : "", id),
      fmt::format("{}see what is there with: offsync conflicts", entity ? "" : too_short_hint(id)));
}

bool is_ours(const Side& side, const ReplicaInfo& info) {
  const auto stamp = Stamp::parse(side.stamp);
  return (stamp && stamp->node == info.node) || side.source == info.source;
}

Ours ours_of(const Conflict& conflict, const ReplicaInfo& info) {
  const bool current = is_ours(conflict.current, info);
  if (current == is_ours(conflict.incoming, info)) return Ours::neither;
  return current ? Ours::current : Ours::incoming;
}

}  // namespace offsync::cli
