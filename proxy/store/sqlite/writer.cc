#include "proxy/store/sqlite/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "proxy/store/commit_check.h"
#include "proxy/store/residue.h"
#include "proxy/store/sqlite/schema.h"
#include "wire/line_mark.h"

namespace offsync::proxy {

using sqlite::Transaction;

namespace {

// Whose fault it is that a commit cannot be put.
enum class Blame { commit_before_it_wrote, commit, store };

Blame blame_of(const Error& error) {
  for (const char* code : {"behind", "bad_commit", "log_full"}) {
    if (error.code == code) return Blame::commit_before_it_wrote;
  }
  for (const char* code : {"constraint", "too_many_spaces"}) {
    if (error.code == code) return Blame::commit;
  }
  return Blame::store;
}

}  // namespace

Status commit_or_unknown(Transaction transaction) {
  Status done = transaction.commit();
  if (done) return {};
  Error error = std::move(done).error();
  error.code = "unknown";
  error.detail += "; whether the commit was kept is not known";
  error.hint = "check the disk, then send again: what was kept is recognised";
  return error;
}

Result<LogWriter> LogWriter::prepare(sqlite::Db& db, LogReader& reader) {
  LogWriter writer(db, reader);
  OFFSYNC_TRY(writer.prepare_statements());
  return writer;
}

Status LogWriter::prepare_statements() {
  const auto set = [this](sqlite::Statement& statement, std::string_view sql) -> Status {
    OFFSYNC_ASSIGN(statement, db_->prepare(sql));
    return {};
  };
  OFFSYNC_TRY(set(add_space_,
                  "INSERT INTO space (name, head, oldest, applied, entities)"
                  " VALUES (?, 0, 1, 0, 0)"));
  OFFSYNC_TRY(
      set(put_space_,
          "UPDATE space SET head = ?2, oldest = ?3, applied = ?4, entities = ?5, clock = ?6,"
          " gone_line = ?7, gone_event = ?8, number = ?9 WHERE space_id = ?1"));
  OFFSYNC_TRY(set(add_source_, "INSERT INTO source (source) VALUES (?)"));
  OFFSYNC_TRY(
      set(add_event_, "INSERT INTO event (key, source_id, id, line) VALUES (?1, ?4, ?2, ?3)"));
  OFFSYNC_TRY(
      set(update_entity_, "UPDATE entity SET record = ?3 WHERE space_id = ?1 AND subject = ?2"));
  OFFSYNC_TRY(
      set(add_entity_, "INSERT INTO entity (space_id, subject, record) VALUES (?1, ?2, ?3)"));
  OFFSYNC_TRY(set(put_mark_,
                  "INSERT INTO client (space_id, source, mark) VALUES (?, ?, ?)"
                  " ON CONFLICT DO UPDATE SET mark = max(mark, excluded.mark)"));
  OFFSYNC_TRY(set(put_rejection_,
                  "INSERT OR REPLACE INTO rejection"
                  " (space_id, source, clientseq, id, code, detail) VALUES (?, ?, ?, ?, ?, ?)"));
  OFFSYNC_TRY(set(trim_rejections_,
                  "DELETE FROM rejection WHERE space_id = ?1 AND source = ?2 AND clientseq <="
                  " (SELECT clientseq FROM rejection WHERE space_id = ?1 AND source = ?2"
                  "  ORDER BY clientseq DESC LIMIT 1 OFFSET ?3)"));
  OFFSYNC_TRY(set(open_conflict_, "INSERT INTO open_conflict (key, id, line) VALUES (?, ?, ?)"));
  OFFSYNC_TRY(set(close_conflict_, "DELETE FROM open_conflict WHERE key >> 40 = ? AND id = ?"));
  OFFSYNC_TRY(set(old_events_, "SELECT key, line FROM event WHERE key > ? AND key <= ?"));
  OFFSYNC_TRY(set(forget_line_, "UPDATE event SET line = ?2 WHERE key = ?1"));
  return {};
}

std::vector<Status> LogWriter::append(std::span<const Commit> commits) {
  std::vector<Status> statuses(commits.size());
  for (;;) {
    const Result<bool> done = try_append(commits, statuses);
    if (done && *done) return statuses;
    if (done) continue;
    for (Status& status : statuses) {
      if (status) status = done.error();
    }
    return statuses;
  }
}

// What is wrong with one commit alone is noted as its status. False: nothing was kept, as that one
// had been begun; to be tried without it.
Result<bool> LogWriter::try_append(std::span<const Commit> commits, std::vector<Status>& statuses) {
  OFFSYNC_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::write));
  bool any = false;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (!statuses[i]) continue;
    Status status = put(commits[i]);
    if (status) {
      any = true;
      continue;
    }
    const Blame blame = blame_of(status.error());
    if (blame == Blame::store) return std::move(status).error();
    statuses[i] = std::move(status);
    if (blame == Blame::commit) return false;
  }
  if (any) OFFSYNC_TRY(commit_or_unknown(std::move(transaction)));
  return true;
}

Status LogWriter::put(const Commit& commit) {
  OFFSYNC_ASSIGN(std::optional<SpaceRow> row, reader_->space(commit.space));
  OFFSYNC_TRY(check_next(commit, row ? row->number : 0, row ? row->head : 0));
  if ((row ? row->head : 0) + commit.entries.size() > kMaxSequence) {
    return make_error(Errc::io, "log_full",
                      fmt::format("the log of the space {} is full: a log of this store ends at {}",
                                  commit.space, kMaxSequence),
                      "start a new space");
  }
  if (!row) {
    OFFSYNC_ASSIGN(row, add_space(commit.space));
  }
  ++row->number;
  row->head += commit.entries.size();
  row->clock = std::max(row->clock, commit.clock);
  OFFSYNC_TRY(put_entries(*row, commit));
  OFFSYNC_TRY(put_entities(*row, commit));
  OFFSYNC_TRY(put_clients(*row, commit));
  OFFSYNC_TRY(put_conflicts(*row, commit));
  return put_row(*row);
}

Result<SpaceRow> LogWriter::add_space(const std::string& name) {
  OFFSYNC_TRY(add_space_.bind(1, name).run());
  OFFSYNC_ASSIGN(const std::optional<SpaceRow> row, reader_->space(name));
  if (!row) return make_error(Errc::internal, "internal", "a new space is not there");
  if (row->space_id > kMaxSpaceId) {
    return make_error(Errc::io, "too_many_spaces",
                      fmt::format("the store holds {} spaces, and no more", kMaxSpaceId),
                      "use another store");
  }
  return *row;
}

Status LogWriter::put_entries(const SpaceRow& row, const Commit& commit) {
  std::unordered_map<std::string_view, std::int64_t> sources;
  for (const LogEntry& entry : commit.entries) {
    const auto [source, fresh] = sources.try_emplace(entry.source, 0);
    if (fresh) {
      OFFSYNC_ASSIGN(source->second, source_id(entry.source));
    }
    const std::string id = pack_id(entry.id);
    add_event_.bind(1, key_of(row.space_id, entry.sequence)).bind_blob(2, id).bind(3, entry.line);
    OFFSYNC_TRY(add_event_.bind(4, source->second).run());
  }
  return {};
}

Result<std::int64_t> LogWriter::source_id(std::string_view source) {
  OFFSYNC_ASSIGN(const std::optional<std::int64_t> known, reader_->source_id(source));
  if (known) return *known;
  OFFSYNC_TRY(add_source_.bind(1, source).run());
  return db_->inserted();
}

Status LogWriter::put_entities(SpaceRow& row, const Commit& commit) {
  for (const EntityState& entity : commit.entities) {
    OFFSYNC_TRY(
        update_entity_.bind(1, row.space_id).bind(2, entity.subject).bind(3, entity.record).run());
    if (db_->changes() != 0) continue;
    OFFSYNC_TRY(
        add_entity_.bind(1, row.space_id).bind(2, entity.subject).bind(3, entity.record).run());
    ++row.entities;
  }
  return {};
}

Status LogWriter::put_clients(const SpaceRow& row, const Commit& commit) {
  for (const ClientMark& mark : commit.marks) {
    OFFSYNC_TRY(put_mark_.bind(1, row.space_id).bind(2, mark.source).bind(3, mark.clientseq).run());
  }
  std::set<std::string_view> sources;
  for (const Rejection& rejection : commit.rejections) {
    put_rejection_.bind(1, row.space_id).bind(2, rejection.source).bind(3, rejection.clientseq);
    put_rejection_.bind(4, rejection.id).bind(5, rejection.code).bind(6, rejection.detail);
    OFFSYNC_TRY(put_rejection_.run());
    sources.insert(rejection.source);
  }
  for (const std::string_view source : sources) {
    trim_rejections_.bind(1, row.space_id).bind(2, source);
    trim_rejections_.bind(3, static_cast<std::uint64_t>(limits::kRejectionsKept));
    OFFSYNC_TRY(trim_rejections_.run());
  }
  return {};
}

Status LogWriter::put_conflicts(const SpaceRow& row, const Commit& commit) {
  for (const OpenConflict& conflict : commit.opened) {
    const std::string id = pack_id(conflict.id);
    open_conflict_.bind(1, key_of(row.space_id, conflict.sequence)).bind_blob(2, id);
    OFFSYNC_TRY(open_conflict_.bind(3, conflict.line).run());
  }
  for (const std::string& conflict : commit.resolved) {
    const std::string id = pack_id(conflict);
    OFFSYNC_TRY(close_conflict_.bind(1, row.space_id).bind_blob(2, id).run());
  }
  return {};
}

Status LogWriter::put_row(const SpaceRow& row) {
  put_space_.bind(1, row.space_id).bind(2, row.head).bind(3, row.oldest);
  put_space_.bind(4, row.applied).bind(5, row.entities).bind(6, row.clock);
  return put_space_.bind(7, row.gone_line).bind(8, row.gone_event).bind(9, row.number).run();
}

Status LogWriter::set_applied(std::string_view space, std::uint64_t sequence) {
  OFFSYNC_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::write));
  OFFSYNC_ASSIGN(std::optional<SpaceRow> row, reader_->space(space));
  OFFSYNC_TRY(check_applied(space, sequence, row ? row->head : 0));
  if (!row || sequence <= row->applied) return {};
  row->applied = sequence;
  OFFSYNC_TRY(put_row(*row));
  return commit_or_unknown(std::move(transaction));
}

Status LogWriter::forget_lines(std::int64_t after, std::int64_t upto) {
  std::vector<std::pair<std::int64_t, std::string>> residues;
  old_events_.bind(1, after).bind(2, upto);
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, old_events_.step());
    if (!found) break;
    residues.emplace_back(old_events_.integer(0), residue_of(old_events_.text(1)));
  }
  for (const auto& [key, residue] : residues) {
    OFFSYNC_TRY(forget_line_.bind(1, key).bind_blob(2, residue).run());
  }
  return {};
}

Status LogWriter::keep_marks(SpaceRow& row, std::uint64_t last) {
  OFFSYNC_ASSIGN(const auto entries, reader_->read(row.space_id, last - 1, 1, 0));
  if (entries.empty()) {
    return make_error(Errc::io, "corrupt",
                      fmt::format("the store is damaged: its log has no event {}", last),
                      "restore it from a backup");
  }
  row.gone_line = line_mark(entries[0].line);
  row.gone_event = name_mark(entries[0].source, entries[0].id);
  return {};
}

Result<bool> LogWriter::compact_step(std::string_view space, std::uint64_t upto,
                                     std::uint64_t max_events) {
  OFFSYNC_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::write));
  OFFSYNC_ASSIGN(std::optional<SpaceRow> row, reader_->space(space));
  if (!row) return true;
  upto = std::min(upto, row->head);
  if (upto < row->oldest) return true;
  const std::uint64_t last = std::min(upto, row->oldest + max_events - 1);
  OFFSYNC_TRY(keep_marks(*row, last));
  OFFSYNC_TRY(forget_lines(key_of(row->space_id, row->oldest - 1), key_of(row->space_id, last)));
  row->oldest = last + 1;
  OFFSYNC_TRY(put_row(*row));
  OFFSYNC_TRY(commit_or_unknown(std::move(transaction)));
  return last == upto;
}

}  // namespace offsync::proxy
