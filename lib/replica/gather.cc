#include "replica/gather.h"

#include <algorithm>
#include <map>
#include <optional>

#include "replica/readable_number.h"
#include "replica/soundness.h"
#include "replica/states.h"
#include "sqlite/found_rows.h"

namespace offsync {
namespace {

using Kind = sqlite::FoundValue::Kind;

// The tables differ in how many columns they have.
struct Shape {
  std::string table;
  std::vector<Kind> columns;
  std::size_t optional = 0;  // how many at the end may be null
};

const std::vector<Shape>& shapes() {
  constexpr Kind kNull = Kind::null, kNumber = Kind::integer, kText = Kind::text;
  static const std::vector<Shape> kShapes = {
      {"pending", {kNull, kNumber, kNumber, kText, kText, kText, kText, kText, kText, kText}, 2},
      {"log", {kNull, kText, kText, kText}},
      {"former", {kNull, kNumber, kNumber, kText, kText, kText}}};
  return kShapes;
}

bool fits(const Shape& shape, const sqlite::FoundRow& row) {
  if (row.columns.size() != shape.columns.size() || row.rowid <= 0) return false;
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    const bool may_be_null = i + shape.optional >= shape.columns.size();
    if (row.columns[i].kind == Kind::null && may_be_null) continue;
    if (row.columns[i].kind != shape.columns[i]) return false;
  }
  return true;
}

class Taker {
 public:
  explicit Taker(sqlite::Db& db) : db_(db) {}

  Status prepare(const Shape& shape) {
    std::string sql = "INSERT OR IGNORE INTO fresh." + shape.table + " VALUES (?";
    for (std::size_t i = 1; i < shape.columns.size(); ++i) sql += ", ?";
    OFFSYNC_ASSIGN(put_[shape.table], db_.prepare(sql + ")"));
    return {};
  }

  // Whether it was not there.
  Result<bool> take(const Shape& shape, const sqlite::FoundRow& row) {
    sqlite::Statement& put = put_[shape.table];
    bind_row(put, row);
    OFFSYNC_TRY(put.run());
    return db_.changes() > 0;
  }

 private:
  sqlite::Db& db_;
  std::map<std::string, sqlite::Statement> put_;
};

Result<bool> take_found(sqlite::Db& db, bool certain, Gathered& gathered) {
  Taker taker(db);
  std::map<std::size_t, const Shape*> wanted;
  std::set<std::size_t> columns;
  for (const Shape& shape : shapes()) {
    if (!certain && shape.table != "pending") continue;
    OFFSYNC_TRY(taker.prepare(shape));
    wanted[shape.columns.size()] = &shape;
    columns.insert(shape.columns.size());
  }
  return sqlite::for_each_found_row(db, columns, [&](const sqlite::FoundRow& row) -> Status {
    const Shape& shape = *wanted[row.columns.size()];
    if (!fits(shape, row)) return {};
    OFFSYNC_ASSIGN(const bool taken, taker.take(shape, row));
    if (!taken) return {};
    auto& numbers = shape.table == "pending" ? gathered.queue
                    : shape.table == "log"   ? gathered.events
                                             : gathered.former;
    numbers.insert(static_cast<std::uint64_t>(row.rowid));
    return {};
  });
}

// Notes what the index says, from one of its ends; true: to the other one.
Result<bool> note_by_index(sqlite::Db& index, const std::string& order, sqlite::Db& db,
                           std::set<std::uint64_t>& lost) {
  auto rows =
      index.prepare("SELECT id, source, n FROM pending ORDER BY id " + order + ", source " + order);
  if (!rows) return false;
  OFFSYNC_ASSIGN(sqlite::Statement put,
                 db.prepare("INSERT OR IGNORE INTO fresh.pending(n, state, sequence, source, id,"
                            " subject, type, line, code, detail) VALUES (?, 2, 0, ?, ?, '', '', '',"
                            " 'unreadable', 'it was on a page that is lost')"));
  for (;;) {
    const auto row = rows->step();
    if (!row) return false;
    if (!*row) return true;
    put.bind(1, rows->integer(2)).bind(2, rows->text(1)).bind(3, rows->text(0));
    OFFSYNC_TRY(put.run());
    if (db.changes() > 0) lost.insert(rows->uinteger(2));
  }
}

// Of an index: the numbers that `sql` gives and `fresh` does not have; nothing where it cannot be
// read to its end.
std::optional<std::uint64_t> count_lost(sqlite::Db& index, const char* sql, sqlite::Db& db) {
  auto rows = index.prepare(sql);
  auto find = db.prepare("SELECT 1 FROM fresh.pending WHERE n = ? AND line <> ''");
  if (!rows || !find) return std::nullopt;
  for (std::uint64_t lost = 0;;) {
    const auto row = rows->step();
    if (!row) return std::nullopt;
    if (!*row) return lost;
    find->bind(1, rows->integer(0));
    const auto kept = find->step();
    if (!kept) return std::nullopt;
    lost += *kept ? 0 : 1;
    find->reset();
  }
}

std::optional<std::uint64_t> rejected_lost(sqlite::Db& index, sqlite::Db& db) {
  const auto lost = count_lost(
      index, "SELECT n FROM pending INDEXED BY pending_rejected WHERE state = " OFFSYNC_REJECTED,
      db);
  if (lost) return lost;
  return count_lost(index,
                    "SELECT n FROM pending INDEXED BY pending_settled"
                    " WHERE state <> 0 AND state = " OFFSYNC_REJECTED,
                    db);
}

Result<sqlite::Db> open_sound(const std::string& file) {
  sqlite::OpenOptions options;
  options.read_only = true;
  options.forgive = sqlite::OpenOptions::Forgive::first_page;
  return sqlite::Db::open(file, options);
}

}  // namespace

void bind_row(sqlite::Statement& statement, const sqlite::FoundRow& row) {
  statement.bind(1, row.rowid);
  for (std::size_t i = 1; i < row.columns.size(); ++i) {
    const sqlite::FoundValue& value = row.columns[i];
    const int at = static_cast<int>(i) + 1;
    if (value.kind == Kind::null) statement.bind_null(at);
    if (value.kind == Kind::integer) statement.bind(at, value.integer);
    if (value.kind == Kind::text) statement.bind(at, std::string_view(value.text));
  }
}

bool is_like_pending(const sqlite::FoundRow& row) {
  return fits(shapes().front(), row);
}

Result<Gathered> gather(sqlite::Db& db, bool certain) {
  Gathered gathered;
  OFFSYNC_TRY(db.exec("BEGIN"));
  const auto known = take_found(db, certain, gathered);
  const bool keep = known && (*known || !certain);
  Status ended = db.exec(keep ? "COMMIT" : "ROLLBACK");
  if (!known) return known.error();
  if (!ended) return ended.error();
  return keep ? gathered : Gathered{};
}

Result<LostEvents> note_lost(sqlite::Db& db, const std::string& file) {
  OFFSYNC_ASSIGN(sqlite::Db sound, open_sound(file));
  LostEvents lost;
  if (reads_all(sound, "SELECT * FROM pending NOT INDEXED")) return lost;
  const auto kept =
      readable_number(db, "SELECT count(*) FROM fresh.pending WHERE state <> " OFFSYNC_REJECTED);
  const auto rejected = rejected_lost(sound, db);
  std::set<std::uint64_t> numbers;
  OFFSYNC_TRY(db.exec("BEGIN"));
  OFFSYNC_ASSIGN(const bool whole, note_by_index(sound, "ASC", db, numbers));
  if (!whole) {
    OFFSYNC_ASSIGN(const bool other, note_by_index(sound, "DESC", db, numbers));
    static_cast<void>(other);
  }
  OFFSYNC_TRY(db.exec("COMMIT"));
  lost.numbers.assign(numbers.begin(), numbers.end());
  if (whole) return lost;
  // The state counts those of each entity.
  const bool counted = reads_all(sound, "SELECT * FROM entity NOT INDEXED");
  const auto count = readable_number(sound, "SELECT total(pending) FROM entity NOT INDEXED");
  const bool known = counted && count && kept;
  lost.unknown = !known || !rejected;
  if (!known) return lost;
  const std::int64_t more = std::max<std::int64_t>(*count - *kept, 0) +
                            static_cast<std::int64_t>(rejected.value_or(0)) -
                            static_cast<std::int64_t>(numbers.size());
  lost.more = static_cast<std::uint64_t>(std::max<std::int64_t>(more, 0));
  return lost;
}

Result<LostFormer> find_lost_former(sqlite::Db& db, const std::string& file) {
  OFFSYNC_ASSIGN(sqlite::Db sound, open_sound(file));
  LostFormer lost;
  OFFSYNC_ASSIGN(sqlite::Statement find, db.prepare("SELECT 1 FROM fresh.former WHERE n = ?"));
  std::set<std::uint64_t> named;
  for (const char* order : {"id, source", "id DESC, source DESC"}) {
    auto rows = sound.prepare(
        std::string("SELECT id, source, n FROM former INDEXED BY former_by_name ORDER BY ") +
        order);
    for (;;) {
      const auto row = rows ? rows->step() : Result<bool>(rows.error());
      lost.unknown = !row;
      if (!row || !*row) break;
      find.bind(1, rows->integer(2));
      OFFSYNC_ASSIGN(const bool kept, find.step());
      find.reset();
      if (kept || !named.insert(rows->uinteger(2)).second) continue;
      lost.names.push_back(std::string(rows->text(0)) + " of " + std::string(rows->text(1)));
    }
    if (!lost.unknown) return lost;
  }
  lost.unknown = !reads_all(sound, "SELECT * FROM former NOT INDEXED");
  return lost;
}

}  // namespace offsync
