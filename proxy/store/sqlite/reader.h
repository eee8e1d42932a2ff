// The questions to a log store's file, prepared on one connection. Internal to store/sqlite.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/store/log_store.h"
#include "sqlite/db.h"

namespace offsync::proxy {

struct SpaceRow {
  std::int64_t space_id = 0;
  std::uint64_t number = 0;
  std::uint64_t head = 0;
  std::uint64_t oldest = 1;
  std::uint64_t applied = 0;
  std::uint64_t entities = 0;
  std::uint64_t clock = 0;
  std::string gone_line, gone_event;
};

// `names`: the space's epoch and name.
SpaceState state_at(const SpaceRow& row, SpaceState names);

// Belongs to its connection's thread, and must not outlive the Db.
class LogReader {
 public:
  static Result<LogReader> prepare(sqlite::Db& db);

  Result<std::string> epoch();
  Result<std::string> name();  // the store's, which outlives its epochs
  Result<std::optional<SpaceRow>> space(std::string_view name);
  Result<std::vector<std::string>> spaces();
  Result<std::vector<LogEntry>> read(std::int64_t space_id, std::uint64_t after,
                                     std::size_t max_events, std::size_t max_bytes);
  // line_mark() of the event at the head; empty: not known (any more).
  Result<std::string> head_line(const SpaceRow& row);
  // Precondition: within one read transaction with the space() that gave `row`.
  Result<Facts> look(const SpaceRow& row, SpaceState names, const Questions& questions);
  // The highest clientseq that was decided; 0: none.
  Result<std::uint64_t> mark(std::int64_t space_id, std::string_view source);
  Result<std::optional<std::int64_t>> source_id(std::string_view source);
  Result<std::vector<OpenConflict>> open_conflicts(std::int64_t space_id);
  // Precondition: within one read transaction with the space() that gave `row`; `at` is the same
  // place for others.
  Status snapshot(const SpaceRow& row, const SpaceState& at, const SnapshotSink& sink);

 private:
  Result<std::optional<KnownEvent>> find(std::int64_t space_id, const EventName& name);
  Result<std::optional<std::string>> entity(std::int64_t space_id, std::string_view subject);
  Result<std::optional<Rejection>> rejection(std::int64_t space_id,
                                             const Questions::Decided& decided);
  Result<std::uint64_t> count_conflicts(std::int64_t space_id);

  sqlite::Statement epoch_, name_, space_, spaces_, read_, oldest_, find_, source_id_, entity_,
      entities_, mark_, rejection_, conflicts_, count_conflicts_;
};

}  // namespace offsync::proxy
