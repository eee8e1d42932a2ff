#include <sqlite3.h>

#include <array>

#include "sqlite/db.h"
#include "sqlite/format_by_tables.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_index.h"
#include "sqlite/wal_mark.h"
#include "sqlite/wal_tail.h"

namespace offsync::sqlite {
namespace {

Result<std::int64_t> number(Db& db, std::string_view sql) {
  OFFSYNC_ASSIGN(Statement statement, db.prepare(sql));
  OFFSYNC_ASSIGN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Error not_ours(const Db& db) {
  return make_error(Errc::config, "not_ours",
                    "the database " + db.file() + " belongs to another program",
                    "check the path; it was not changed");
}

Error newer_format(const Db& db, std::int64_t version, std::size_t known) {
  return make_error(Errc::config, "newer_format",
                    db.file() + " has format " + std::to_string(version) +
                        ", made by a newer offsync; this one knows formats up to " +
                        std::to_string(known),
                    "use the newer offsync; the file was not changed");
}

Error wrong_header(const Db& db, const Format& format, bool ours, std::int64_t tables) {
  return make_error(
      Errc::io, "corrupt",
      db.file() + " is damaged: its header says that it is " +
          (ours ? "of format " + std::to_string(format.version)
                : std::string("of another program")) +
          (tables > 0 ? ", and its tables are those of format " + std::to_string(tables)
                      : std::string(", which there is not")));
}

// Of a file whose header is right for what stands in it.
Status check(Db& db, const Format& format, std::int32_t application_id,
             std::span<const Migration> steps) {
  const auto newest = static_cast<std::int64_t>(steps.size());
  const bool ours = format.application_id == application_id;
  if (format.empty || (ours && format.version == newest)) return {};
  if (format.version > newest) {
    return ours ? newer_format(db, format.version, steps.size()) : not_ours(db);
  }
  const auto known = format_by_tables(db, steps);
  const auto tables = static_cast<std::int64_t>(known ? *known : 0);
  if (!ours && tables == 0) return not_ours(db);
  // Where a table is gone, or cannot be read, the step that needs it says so.
  if (ours && format.version >= 0 && (tables == format.version || tables == 0)) return {};
  return wrong_header(db, format, ours, tables);
}

}  // namespace

Status check_header(Db& db, std::int32_t application_id, std::span<const Migration> steps) {
  OFFSYNC_ASSIGN(const Format format, format_of(db));
  OFFSYNC_TRY(check(db, format, application_id, steps));
  return format.empty ? not_ours(db) : Status();
}

namespace {

// Makes sure that each page has its seal, where `steps` say that it must.
Status seal(Db& db, const Format& format, std::span<const Migration> steps) {
  if (has_seals(db.raw())) {
    begin_seals(db.raw());
    return {};
  }
  std::size_t first = 0;  // the number of the step that brings the seals
  while (first < steps.size() && !steps[first].seals) ++first;
  if (first == steps.size()) return {};
  if (static_cast<std::size_t>(format.version) > first) {
    return make_error(Errc::io, "corrupt", db.file() + " is damaged: its header is not as it was",
                      "restore it from a copy, or set it aside");
  }
  ask_for_seals(db.raw());
  OFFSYNC_TRY(db.exec("VACUUM"));  // writes every page anew
  begin_seals(db.raw());
  return db.checkpoint();
}

// All steps that the file lacks, or none of them; those that another process takes meanwhile it
// has.
Status take_steps(Db& db, std::int32_t application_id, std::span<const Migration> steps) {
  OFFSYNC_ASSIGN(Transaction transaction, Transaction::begin(db, Transaction::Kind::write));
  OFFSYNC_ASSIGN(const Format now, format_of(db));
  OFFSYNC_TRY(check(db, now, application_id, steps));
  for (auto at = static_cast<std::size_t>(now.version); at < steps.size(); ++at) {
    Status done = db.exec(steps[at].sql);
    if (done) continue;
    Error error = done.error();
    error.detail += std::string(" (in the step \"") + steps[at].name + "\" to format " +
                    std::to_string(at + 1) + ")";
    return error;
  }
  OFFSYNC_TRY(db.exec("PRAGMA application_id=" + std::to_string(application_id) +
                      "; PRAGMA user_version=" + std::to_string(steps.size())));
  return transaction.commit();
}

}  // namespace

Result<Format> format_of(Db& db) {
  Format format;
  OFFSYNC_ASSIGN(const std::int64_t id, number(db, "PRAGMA application_id"));
  format.application_id = static_cast<std::int32_t>(id);
  OFFSYNC_ASSIGN(format.version, number(db, "PRAGMA user_version"));
  if (format.application_id == 0 && format.version == 0) {
    OFFSYNC_ASSIGN(const std::int64_t objects, number(db, "SELECT count(*) FROM sqlite_schema"));
    format.empty = objects == 0;
  }
  return format;
}

Status check_format(Db& db, std::int32_t application_id, std::span<const Migration> steps) {
  const bool strict = forgiven(db.raw()) == Forgive::none;
  if (strict) OFFSYNC_TRY(check_wal_fits(db));  // else what it says is another one's
  OFFSYNC_TRY(check_header(db, application_id, steps));
  OFFSYNC_ASSIGN(const Format format, format_of(db));
  if (strict) OFFSYNC_TRY(check_wal_tail(db));
  if (static_cast<std::size_t>(format.version) == steps.size()) return {};
  return make_error(Errc::config, "old_format",
                    db.file() + " has format " + std::to_string(format.version) +
                        ", of an older offsync; this one reads format " +
                        std::to_string(steps.size()),
                    "use it once where it can be written to, which brings it up to date");
}

Status settle(Db& db) {
  constexpr int kApplicationIdAt = 68;  // sqlite.org/fileformat2.html#the_database_header
  std::array<char, 4> id{};
  sqlite3_file* const file = file_of(db);
  const int rc =
      file->pMethods->xRead(file, id.data(), static_cast<int>(id.size()), kApplicationIdAt);
  if (rc == SQLITE_OK && id != std::array<char, 4>{}) return {};
  return db.checkpoint();
}

Status migrate(Db& db, std::int32_t application_id, std::span<const Migration> steps) {
  const bool strict = forgiven(db.raw()) == Forgive::none;
  if (strict) OFFSYNC_TRY(check_wal_fits(db));
  OFFSYNC_ASSIGN(const Format format, format_of(db));
  OFFSYNC_TRY(check(db, format, application_id, steps));
  // A copy made by VACUUM INTO, say, has lost the WAL.
  OFFSYNC_TRY(db.exec("PRAGMA journal_mode=WAL"));
  if (strict) OFFSYNC_TRY(check_wal_tail(db));
  OFFSYNC_TRY(seal(db, format, steps));
  if (static_cast<std::size_t>(format.version) == steps.size()) return {};
  return take_steps(db, application_id, steps);
}

}  // namespace offsync::sqlite
