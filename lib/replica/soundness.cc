#include "replica/soundness.h"

#include "sqlite/db.h"
#include "sqlite/examine.h"

namespace offsync {
namespace {

// Those of `numbers` whose row, found by `sql`, cannot be read so.
std::set<std::uint64_t> unsound(sqlite::Db& db, const char* sql,
                                const std::vector<std::uint64_t>& numbers) {
  auto find = db.prepare(sql);
  std::set<std::uint64_t> found;
  for (const std::uint64_t number : numbers) {
    bool sound = false;
    if (find) {
      find->bind(1, number);
      const auto row = find->step();
      sound = row && *row;
      find->reset();
    }
    if (!sound) found.insert(number);
  }
  return found;
}

}  // namespace

bool reads_all(sqlite::Db& db, const char* sql) {
  auto rows = db.prepare(sql);
  if (!rows) return false;
  for (;;) {
    const auto row = rows->step();
    if (!row) return false;
    if (!*row) return true;
  }
}

Result<Soundness> look_for_damage(const std::string& file, const RowNumbers& rows) {
  sqlite::OpenOptions options;
  options.read_only = true;
  options.forgive = sqlite::OpenOptions::Forgive::first_page;
  OFFSYNC_ASSIGN(sqlite::Db db, sqlite::Db::open(file, options));
  Soundness found;
  const auto note = [&](const std::string& problem) { found.problems.push_back(problem); };
  OFFSYNC_ASSIGN(const sqlite::PagesRead read, sqlite::read_all_pages(db, note));
  found.newest = read.wal;
  // Pages without a seal may be wrong as well.
  if (found.problems.empty()) sqlite::check_structure(db, note);
  if (found.problems.empty()) return found;
  found.rows = reads_all(db, "SELECT * FROM pending NOT INDEXED") &&
               reads_all(db, "SELECT * FROM former NOT INDEXED");
  found.settings = reads_all(db, "SELECT * FROM replica");
  found.base = reads_all(db, "SELECT * FROM base ORDER BY chunk");
  found.log = reads_all(db, "SELECT * FROM log ORDER BY sequence");
  found.state = reads_all(db, "SELECT * FROM entity") && reads_all(db, "SELECT * FROM conflict");
  found.consumers = reads_all(db, "SELECT * FROM consumer");
  found.queue = unsound(db, "SELECT * FROM pending WHERE n = ?", rows.queue);
  found.former = unsound(db, "SELECT * FROM former WHERE n = ?", rows.former);
  if (!found.log) found.events = unsound(db, "SELECT * FROM log WHERE sequence = ?", rows.events);
  return found;
}

}  // namespace offsync
