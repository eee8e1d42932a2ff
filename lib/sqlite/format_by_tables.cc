// Which format a file is of by what stands in it, where its header may be wrong.
#include "sqlite/format_by_tables.h"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sqlite/error.h"
#include "sqlite/sealed_file.h"

namespace offsync::sqlite {
namespace {

using Names = std::set<std::string>;

// Of tables with their columns, and of indexes.
int names_of(sqlite3* db, Names& names) {
  const auto add = [](void* into, int, char** values, char**) {
    if (values[0] != nullptr) static_cast<Names*>(into)->insert(values[0]);
    return 0;
  };
  return sqlite3_exec(db,
                      "SELECT type || ' ' || name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%';"
                      "SELECT m.name || '.' || p.name FROM sqlite_schema AS m,"
                      " pragma_table_info(m.name) AS p WHERE m.type = 'table'",
                      add, &names, nullptr);
}

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

Error no_reference(sqlite3* db, int rc) {
  return error_of_file("a database in memory", rc, "cannot make",
                       db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
}

}  // namespace

Result<std::size_t> format_by_tables(Db& db, std::span<const Migration> steps) {
  Names there;
  if (const int rc = names_of(db.raw(), there); rc != SQLITE_OK) {
    return error_of(db.raw(), rc, "cannot use");
  }
  sqlite3* raw = nullptr;
  int rc = sqlite3_open_v2(":memory:", &raw,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY |
                               SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                           nullptr);
  const std::unique_ptr<sqlite3, Close> made(raw);
  if (rc != SQLITE_OK) return no_reference(raw, rc);
  std::vector<Names> formats(steps.size());
  Names ours;
  for (std::size_t at = 0; at < steps.size(); ++at) {
    rc = sqlite3_exec(raw, steps[at].sql, nullptr, nullptr, nullptr);
    if (rc == SQLITE_OK) rc = names_of(raw, formats[at]);
    if (rc != SQLITE_OK) return no_reference(raw, rc);
    ours.insert(formats[at].begin(), formats[at].end());
  }
  // Somebody may have added an index.
  std::erase_if(there, [&](const std::string& name) { return ours.count(name) == 0; });
  const auto format = std::find(formats.begin(), formats.end(), there);
  return there.empty() || format == formats.end()
             ? 0
             : static_cast<std::size_t>(format - formats.begin()) + 1;
}

Result<bool> mend_format(Db& db, std::int32_t application_id, std::span<const Migration> steps) {
  OFFSYNC_ASSIGN(const Format format, format_of(db));
  // What a newer version has made may have these tables, too.
  if (format.empty || format.version > static_cast<std::int64_t>(steps.size())) return false;
  OFFSYNC_ASSIGN(const std::size_t tables, format_by_tables(db, steps));
  const bool right = format.application_id == application_id &&
                     format.version == static_cast<std::int64_t>(tables);
  if (tables == 0 || right) return false;
  if (has_seals(db.raw())) begin_seals(db.raw());
  OFFSYNC_ASSIGN(Transaction transaction, Transaction::begin(db, Transaction::Kind::write));
  OFFSYNC_TRY(db.exec("PRAGMA application_id=" + std::to_string(application_id) +
                      "; PRAGMA user_version=" + std::to_string(tables)));
  OFFSYNC_TRY(transaction.commit());
  return true;
}

}  // namespace offsync::sqlite
