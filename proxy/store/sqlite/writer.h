// The changes to a log store's file, prepared on its one writing connection. Internal to
// store/sqlite.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/store/log_store.h"
#include "proxy/store/sqlite/reader.h"
#include "sqlite/db.h"

namespace offsync::proxy {

class LogWriter {
 public:
  // `db` and `reader` (prepared on it) must outlive it and not be moved.
  static Result<LogWriter> prepare(sqlite::Db& db, LogReader& reader);

  // As LogStore::append(), which says what the errors are.
  std::vector<Status> append(std::span<const Commit> commits);
  Status set_applied(std::string_view space, std::uint64_t sequence);
  // Forgets at most `max_events`; true where nothing is left to forget up to `upto`.
  Result<bool> compact_step(std::string_view space, std::uint64_t upto, std::uint64_t max_events);

 private:
  LogWriter(sqlite::Db& db, LogReader& reader) : db_(&db), reader_(&reader) {}
  Status prepare_statements();
  Result<bool> try_append(std::span<const Commit> commits, std::vector<Status>& statuses);
  Status put(const Commit& commit);
  Result<SpaceRow> add_space(const std::string& name);
  Status put_entries(const SpaceRow& row, const Commit& commit);
  Result<std::int64_t> source_id(std::string_view source);
  Status put_entities(SpaceRow& row, const Commit& commit);
  Status put_clients(const SpaceRow& row, const Commit& commit);
  Status put_conflicts(const SpaceRow& row, const Commit& commit);
  Status put_row(const SpaceRow& row);
  Status keep_marks(SpaceRow& row, std::uint64_t last);        // of `last`, which is forgotten
  Status forget_lines(std::int64_t after, std::int64_t upto);  // keys

  sqlite::Db* db_;
  LogReader* reader_;
  sqlite::Statement add_space_, put_space_, add_source_, add_event_, update_entity_, add_entity_,
      put_mark_, put_rejection_, trim_rejections_, open_conflict_, close_conflict_, old_events_,
      forget_line_;
};

// Ends a transaction. A failure here leaves open whether it is durable: `unknown`.
Status commit_or_unknown(sqlite::Transaction transaction);

}  // namespace offsync::proxy
