#include "proxy/store/sqlite/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "event/checks.h"
#include "proxy/store/sqlite/schema.h"
#include "wire/cursor.h"
#include "wire/line_mark.h"

namespace offsync::proxy {
namespace {

// A statement that has given a row holds its read transaction (and so the WAL) until it is reset.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(sqlite::Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  sqlite::Statement& statement_;
};

Error out_of_order(std::uint64_t got, std::uint64_t expected) {
  return make_error(Errc::io, "corrupt",
                    "the store is damaged: its log has event " + std::to_string(got) +
                        " in the place of event " + std::to_string(expected),
                    "restore it from a backup");
}

Error impossible(const std::string& what) {
  return make_error(Errc::io, "corrupt", "the store is damaged: " + what + " cannot be");
}

constexpr std::uint64_t kMostSequence = (1ULL << kSequenceBits) - 1;
constexpr std::int64_t kMostSpaces = INT64_MAX >> kSequenceBits;

// What no proxy writes; nullptr: nothing.
const char* wrong_in(const SpaceRow& row) {
  const auto bad_mark = [](const std::string& mark) { return !mark.empty() && !is_mark(mark); };
  if (row.space_id < 1 || row.space_id > kMostSpaces) return "number";
  if (row.head > kMostSequence) return "head";
  if (row.oldest < 1 || row.oldest > row.head + 1) return "oldest event";
  if (row.applied > kMostSequence) return "outbox cursor";
  if (row.entities > INT64_MAX) return "number of entities";
  if (row.number > INT64_MAX) return "number of commits";
  return bad_mark(row.gone_line) || bad_mark(row.gone_event) ? "mark of what was compacted"
                                                             : nullptr;
}

}  // namespace

SpaceState state_at(const SpaceRow& row, SpaceState names) {
  names.number = row.number;
  names.head = row.head;
  names.oldest = row.oldest;
  names.applied = row.applied;
  names.clock = row.clock;
  names.gone_line = row.gone_line;
  names.gone_event = row.gone_event;
  return names;
}

Result<LogReader> LogReader::prepare(sqlite::Db& db) {
  LogReader reader;
  const auto set = [&db](sqlite::Statement& statement, std::string_view sql) -> Status {
    OFFSYNC_ASSIGN(statement, db.prepare(sql));
    return {};
  };
  OFFSYNC_TRY(set(reader.epoch_, "SELECT epoch FROM store"));
  OFFSYNC_TRY(set(reader.name_, "SELECT name FROM store"));
  OFFSYNC_TRY(
      set(reader.space_,
          "SELECT space_id, head, oldest, applied, entities, clock, gone_line, gone_event, number"
          " FROM space WHERE name = ?"));
  OFFSYNC_TRY(set(reader.spaces_, "SELECT name FROM space ORDER BY name"));
  OFFSYNC_TRY(set(reader.read_,
                  "SELECT key, id, line, coalesce(source, '')"
                  " FROM event LEFT JOIN source USING (source_id)"
                  " WHERE key > ? AND key <= ? ORDER BY key"));
  OFFSYNC_TRY(set(reader.oldest_, "SELECT oldest FROM space WHERE space_id = ?"));
  OFFSYNC_TRY(set(reader.find_,
                  "SELECT key, line, typeof(line) = 'blob' FROM event"
                  " WHERE key >> 40 = ?1 AND id = ?2 AND source_id IN"
                  " (0, (SELECT source_id FROM source WHERE source = ?3))"
                  " ORDER BY source_id DESC LIMIT 1"));
  OFFSYNC_TRY(set(reader.source_id_, "SELECT source_id FROM source WHERE source = ?"));
  OFFSYNC_TRY(set(reader.entity_, "SELECT record FROM entity WHERE space_id = ? AND subject = ?"));
  OFFSYNC_TRY(
      set(reader.entities_, "SELECT record FROM entity WHERE space_id = ? ORDER BY subject"));
  OFFSYNC_TRY(set(reader.mark_, "SELECT mark FROM client WHERE space_id = ? AND source = ?"));
  OFFSYNC_TRY(set(reader.rejection_,
                  "SELECT id, code, detail FROM rejection"
                  " WHERE space_id = ? AND source = ? AND clientseq = ?"));
  OFFSYNC_TRY(set(reader.conflicts_,
                  "SELECT key, id, line FROM open_conflict WHERE key > ? AND key <= ?"
                  " ORDER BY key"));
  OFFSYNC_TRY(
      set(reader.count_conflicts_, "SELECT count(*) FROM open_conflict WHERE key >> 40 = ?"));
  return reader;
}

Result<std::string> LogReader::epoch() {
  const ResetAtEnd reset(epoch_);
  OFFSYNC_ASSIGN(const bool found, epoch_.step());
  if (!found) return make_error(Errc::io, "corrupt", "the store has lost its epoch");
  if (!is_epoch(epoch_.text(0))) return impossible("its epoch");
  return std::string(epoch_.text(0));
}

Result<std::string> LogReader::name() {
  const ResetAtEnd reset(name_);
  OFFSYNC_ASSIGN(const bool found, name_.step());
  if (!found) return make_error(Errc::io, "corrupt", "the store has lost its name");
  if (!is_epoch(name_.text(0))) return impossible("its name");
  return std::string(name_.text(0));
}

Result<std::optional<SpaceRow>> LogReader::space(std::string_view name) {
  const ResetAtEnd reset(space_);
  OFFSYNC_ASSIGN(const bool found, space_.bind(1, name).step());
  if (!found) return std::optional<SpaceRow>();
  SpaceRow row{.space_id = space_.integer(0),
               .number = space_.uinteger(8),
               .head = space_.uinteger(1),
               .oldest = space_.uinteger(2),
               .applied = space_.uinteger(3),
               .entities = space_.uinteger(4),
               .clock = space_.uinteger(5),
               .gone_line = std::string(space_.text(6)),
               .gone_event = std::string(space_.text(7))};
  const char* wrong = wrong_in(row);
  for (const int column : {1, 2, 3, 4, 5, 8}) {
    if (!space_.is_integer(column)) wrong = "row";
  }
  if (wrong != nullptr) {
    return impossible(fmt::format("the {} of the space {}", wrong, printable(name)));
  }
  return std::optional(std::move(row));
}

Result<std::vector<std::string>> LogReader::spaces() {
  const ResetAtEnd reset(spaces_);
  std::vector<std::string> names;
  for (;;) {
    OFFSYNC_ASSIGN(const bool row, spaces_.step());
    if (!row) return names;
    names.emplace_back(spaces_.text(0));
  }
}

Result<std::vector<LogEntry>> LogReader::read(std::int64_t space_id, std::uint64_t after,
                                              std::size_t max_events, std::size_t max_bytes) {
  std::vector<LogEntry> entries;
  if (after >= kMaxSequence) return entries;
  const ResetAtEnd reset_oldest(oldest_);
  OFFSYNC_ASSIGN(const bool known, oldest_.bind(1, space_id).step());
  if (known) after = std::max(after, oldest_.uinteger(0) - 1);
  const ResetAtEnd reset(read_);
  read_.bind(1, key_of(space_id, after)).bind(2, key_of(space_id, kMaxSequence));
  std::size_t bytes = 0;
  for (;;) {
    OFFSYNC_ASSIGN(const bool row, read_.step());
    if (!row) return entries;
    // Who reads on behind the last one must get further, in a damaged file as well.
    const std::uint64_t sequence = sequence_of(read_.integer(0));
    if (sequence != after + 1 + entries.size())
      return out_of_order(sequence, after + 1 + entries.size());
    bytes += read_.text(2).size();
    if (!entries.empty() && bytes > max_bytes) return entries;
    entries.push_back({.sequence = sequence_of(read_.integer(0)),
                       .source = std::string(read_.text(3)),
                       .id = unpack_id(read_.text(1)),
                       .line = std::string(read_.text(2))});
    if (entries.size() >= max_events) return entries;
  }
}

Result<std::optional<std::int64_t>> LogReader::source_id(std::string_view source) {
  const ResetAtEnd reset(source_id_);
  OFFSYNC_ASSIGN(const bool found, source_id_.bind(1, source).step());
  return found ? std::optional(source_id_.integer(0)) : std::nullopt;
}

Result<Facts> LogReader::look(const SpaceRow& row, SpaceState names, const Questions& questions) {
  const std::int64_t id = row.space_id;
  Facts facts;
  facts.at = state_at(row, std::move(names));
  for (const EventName& name : questions.events) {
    OFFSYNC_ASSIGN(facts.events.emplace_back(), find(id, name));
  }
  for (const std::string& subject : questions.subjects) {
    OFFSYNC_ASSIGN(facts.entities.emplace_back(), entity(id, subject));
  }
  for (const std::string& source : questions.sources) {
    OFFSYNC_ASSIGN(facts.marks.emplace_back(), mark(id, source));
  }
  for (const Questions::Decided& decided : questions.rejections) {
    OFFSYNC_ASSIGN(facts.rejections.emplace_back(), rejection(id, decided));
  }
  return facts;
}

Result<std::optional<KnownEvent>> LogReader::find(std::int64_t space_id, const EventName& name) {
  const ResetAtEnd reset(find_);
  const std::string packed = pack_id(name.id);
  find_.bind(1, space_id).bind_blob(2, packed).bind(3, name.source);
  OFFSYNC_ASSIGN(const bool found, find_.step());
  if (!found) return std::optional<KnownEvent>();
  KnownEvent event;
  event.sequence = sequence_of(find_.integer(0));
  (find_.integer(2) != 0 ? event.residue : event.line) = find_.text(1);
  return std::optional(std::move(event));
}

Result<std::optional<std::string>> LogReader::entity(std::int64_t space_id,
                                                     std::string_view subject) {
  const ResetAtEnd reset(entity_);
  OFFSYNC_ASSIGN(const bool found, entity_.bind(1, space_id).bind(2, subject).step());
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(entity_.text(0));
}

Result<std::uint64_t> LogReader::mark(std::int64_t space_id, std::string_view source) {
  const ResetAtEnd reset(mark_);
  OFFSYNC_ASSIGN(const bool found, mark_.bind(1, space_id).bind(2, source).step());
  if (!found) return std::uint64_t{0};
  if (!mark_.is_integer(0) || mark_.integer(0) < 0) {
    return impossible(fmt::format("what it has decided of {}", printable(source)));
  }
  return mark_.uinteger(0);
}

Result<std::optional<Rejection>> LogReader::rejection(std::int64_t space_id,
                                                      const Questions::Decided& decided) {
  const ResetAtEnd reset(rejection_);
  rejection_.bind(1, space_id).bind(2, decided.source).bind(3, decided.clientseq);
  OFFSYNC_ASSIGN(const bool found, rejection_.step());
  if (!found) return std::optional<Rejection>();
  return std::optional(Rejection{.source = decided.source,
                                 .clientseq = decided.clientseq,
                                 .id = std::string(rejection_.text(0)),
                                 .code = std::string(rejection_.text(1)),
                                 .detail = std::string(rejection_.text(2))});
}

Result<std::vector<OpenConflict>> LogReader::open_conflicts(std::int64_t space_id) {
  const ResetAtEnd reset(conflicts_);
  conflicts_.bind(1, key_of(space_id, 0)).bind(2, key_of(space_id, kMaxSequence));
  std::vector<OpenConflict> open;
  for (;;) {
    OFFSYNC_ASSIGN(const bool row, conflicts_.step());
    if (!row) return open;
    open.push_back({.id = unpack_id(conflicts_.text(1)),
                    .sequence = sequence_of(conflicts_.integer(0)),
                    .line = std::string(conflicts_.text(2))});
  }
}

Result<std::uint64_t> LogReader::count_conflicts(std::int64_t space_id) {
  const ResetAtEnd reset(count_conflicts_);
  OFFSYNC_ASSIGN(const bool row, count_conflicts_.bind(1, space_id).step());
  return row ? count_conflicts_.uinteger(0) : 0;
}

Result<std::string> LogReader::head_line(const SpaceRow& row) {
  if (row.head == 0) return std::string();
  OFFSYNC_ASSIGN(const auto last, read(row.space_id, row.head - 1, 1, 0));
  return last.empty() ? row.gone_line : line_mark(last.front().line);
}

Status LogReader::snapshot(const SpaceRow& row, const SpaceState& at, const SnapshotSink& sink) {
  OFFSYNC_ASSIGN(const std::uint64_t conflicts, count_conflicts(row.space_id));
  if (!sink.begin(at, row.entities, conflicts)) return {};
  {
    const ResetAtEnd reset(entities_);
    entities_.bind(1, row.space_id);
    for (;;) {
      OFFSYNC_ASSIGN(const bool more, entities_.step());
      if (!more) break;
      if (!sink.entity(entities_.text(0))) return {};
    }
  }
  const ResetAtEnd reset(conflicts_);
  conflicts_.bind(1, key_of(row.space_id, 0)).bind(2, key_of(row.space_id, kMaxSequence));
  for (;;) {
    OFFSYNC_ASSIGN(const bool more, conflicts_.step());
    if (!more || !sink.conflict(conflicts_.text(2))) return {};
  }
}

}  // namespace offsync::proxy
