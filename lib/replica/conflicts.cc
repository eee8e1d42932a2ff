#include "replica/resolution.h"
#include "replica/store.h"

namespace offsync {
namespace {

#define OFFSYNC_CONFLICT_COLUMNS                               \
  "id, sequence, coalesce(resolved_by, pending_by, ''), line," \
  " coalesce(resolved_source, pending_source, '')"

Result<Replica::ConflictRecord> read_record(ReplicaStore& store,
                                            const sqlite::Statement& statement) {
  Replica::ConflictRecord record;
  record.sequence = statement.uinteger(1);
  record.resolved_by = statement.text(2);
  record.line = statement.text(3);
  record.resolved_source = statement.text(4);
  OFFSYNC_ASSIGN(const EventView* event, store.decoder.decode(record.line));
  OFFSYNC_ASSIGN(record.conflict, conflict_of(*event));
  record.subject = event->subject;
  record.recorded = event->recordedtime;
  return record;
}

}  // namespace

Status note_in_records(ReplicaStore& store, const EventView& event, std::string_view line) {
  if (event.type == kConflictType) {
    OFFSYNC_ASSIGN(sqlite::Statement * put,
                   store.use("INSERT OR REPLACE INTO conflict(id, sequence, line)"
                             " VALUES (?, ?, ?)"));
    put->bind(1, event.id).bind(2, event.sequence).bind(3, line);
    return put->run();
  }
  if (event.causationid.empty()) return {};
  OFFSYNC_ASSIGN(sqlite::Statement * close,
                 store.use("UPDATE conflict SET resolved_by = ?2, resolved_source = ?3,"
                           " pending_by = NULL, pending_source = NULL"
                           " WHERE id = ?1 AND resolved_by IS NULL"));
  close->bind(1, event.causationid).bind(2, event.id).bind(3, event.source);
  return close->run();
}

Status note_pending_resolve(ReplicaStore& store, std::string_view conflict, std::string_view source,
                            std::string_view id) {
  OFFSYNC_ASSIGN(
      sqlite::Statement * put,
      store.use("UPDATE conflict SET pending_by = ?2, pending_source = ?3 WHERE id = ?1"));
  put->bind(1, conflict).bind(2, id).bind(3, source);
  return put->run();
}

Status forget_pending_resolve(ReplicaStore& store, std::string_view source, std::string_view id) {
  OFFSYNC_ASSIGN(sqlite::Statement * put,
                 store.use("UPDATE conflict SET pending_by = NULL, pending_source = NULL"
                           " WHERE pending_by = ? AND pending_source = ?"));
  put->bind(1, id).bind(2, source);
  return put->run();
}

Result<std::vector<Replica::ConflictRecord>> Replica::conflicts(bool include_resolved) {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(sqlite::Statement * next,
                 impl_->store.use("SELECT " OFFSYNC_CONFLICT_COLUMNS
                                  " FROM conflict WHERE ? OR (resolved_by IS NULL AND"
                                  " pending_by IS NULL) ORDER BY sequence"));
  next->bind(1, include_resolved ? 1 : 0);
  std::vector<ConflictRecord> records;
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next->step());
    if (!found) return records;
    OFFSYNC_ASSIGN(ConflictRecord record, read_record(impl_->store, *next));
    records.push_back(std::move(record));
  }
}

Result<Replica::ConflictRecord> Replica::conflict(std::string_view id) {
  OFFSYNC_TRY(impl_->store.ready());
  // A byte that no text has is behind every one of them.
  const std::string behind = std::string(id) + "\xff";
  OFFSYNC_ASSIGN(sqlite::Statement * next,
                 impl_->store.use("SELECT " OFFSYNC_CONFLICT_COLUMNS
                                  " FROM conflict WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 2"));
  next->bind(1, id).bind(2, behind);
  OFFSYNC_ASSIGN(const bool found, next->step());
  if (!found || id.empty()) {
    return make_error(Errc::no_input, "no_conflict", "there is no conflict " + std::string(id),
                      "see what is there with: offsync conflicts");
  }
  auto record = read_record(impl_->store, *next);
  const auto second = next->step();
  next->reset();  // it must not be read on while somebody looks at the record
  OFFSYNC_TRY(second);
  if (!record || record->conflict.id == id || !*second) return record;
  return make_error(Errc::usage, "ambiguous",
                    "more than one conflict begins with " + std::string(id), "give more of the id");
}

Result<Emitted> Replica::resolve(const ConflictRecord& record, std::string_view value) {
  Choice choice{Choice::Kind::value, {}};
  choice.side.value = value;
  choice.side.deleted = value.empty() && about_delete(record.conflict);
  return resolve(record, choice);
}

Result<Emitted> Replica::resolve(const ConflictRecord& record, const Choice& choice) {
  OFFSYNC_ASSIGN(Resolver resolver, Resolver::begin(*this));
  OFFSYNC_ASSIGN(Decisions * decisions, resolver.decisions(record.subject));
  OFFSYNC_ASSIGN(const Resolution made, decisions->decide(record.conflict, choice));
  return emit(made.draft);
}

}  // namespace offsync
