// Rows are found on their pages, whatever became of the way to them: all that there are, none that
// was deleted, and none of a page that is not as it was written.
#include "sqlite/found_rows.h"

#include <cstdio>
#include <map>
#include <optional>

#include "sqlite/db.h"
#include "support/catch.h"
#include "support/file_bytes.h"
#include "support/raw_sqlite.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
using offsync::test::bytes_of;
using offsync::test::put_bytes;
using offsync::test::TempDir;

namespace {

constexpr std::size_t kPage = 4096;
using Rows = std::map<std::int64_t, std::string>;

struct Database {
  Database() {
    OpenOptions create;
    create.create = true;
    auto opened = Db::open(file, create);
    REQUIRE(opened);
    db.emplace(std::move(*opened));
    run("CREATE TABLE t(k INTEGER PRIMARY KEY, a INTEGER, b TEXT, c BLOB)");
    run("CREATE TABLE other(x, y)");
    // Each size of integers and texts, some over several pages.
    run("WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 600)"
        " INSERT INTO t SELECT n * 3, CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN -(1 << (n % 62))"
        " ELSE n % 2 END, printf('%.*c', (n * n) % 900 + (n % 50 = 0) * 9000, 'x') || n,"
        " CASE n % 4 WHEN 0 THEN x'00ff' END FROM i");
    run("INSERT INTO other VALUES (1, 2)");
    run("DELETE FROM t WHERE k > 300 AND k < 600");
    REQUIRE(db->checkpoint());
    run("UPDATE t SET b = 'in the WAL' WHERE k = 30");
  }
  void run(const std::string& sql) { REQUIRE(db->exec(sql)); }

  static std::string text(std::string_view a, std::string_view b, std::string_view c) {
    return std::string(a) + "," + std::string(b) + "," + std::string(c);
  }
  Rows there() {
    Rows rows;
    auto next = db->prepare("SELECT k, coalesce(a, 'null'), b, coalesce(c, 'null') FROM t");
    REQUIRE(next);
    while (*next->step()) {
      rows[next->integer(0)] = text(next->text(1), next->text(2), next->text(3));
    }
    return rows;
  }
  // Whether it is known what is free goes to `known`.
  static Rows found(const std::string& file, bool& known) {
    OpenOptions options;
    options.forgive = OpenOptions::Forgive::all;
    auto db = Db::open(file, options);
    REQUIRE(db);
    REQUIRE(db->exec("SELECT 1 FROM sqlite_schema"));
    Rows rows;
    bool twice = false;
    const auto told = for_each_found_row(*db, {4}, [&](const FoundRow& row) -> Status {
      const auto of = [](const FoundValue& value) {
        if (value.kind == FoundValue::Kind::null) return std::string("null");
        return value.kind == FoundValue::Kind::integer ? std::to_string(value.integer) : value.text;
      };
      CHECK(row.columns.at(0).kind == FoundValue::Kind::null);
      twice |= !rows.emplace(row.rowid, text(of(row.columns.at(1)), of(row.columns.at(2)),
                                             of(row.columns.at(3))))
                    .second;
      return {};
    });
    REQUIRE(told);
    known = *told;
    if (known) CHECK_FALSE(twice);
    return rows;
  }

  TempDir dir;
  const std::string file = dir.file("a.db");
  std::optional<Db> db;
};

}  // namespace

TEST_CASE("found rows: all that there are, and none that was deleted") {
  Database database;
  bool known = false;
  CHECK(Database::found(database.file, known) == database.there());
  CHECK(known);
}

TEST_CASE("found rows: whichever page is lost, only what lies on it is not found") {
  Database database;
  const Rows before = database.there();
  REQUIRE(database.db->checkpoint());
  database.db.reset();
  const std::string sound = bytes_of(database.file), copy = database.dir.file("b.db");
  bool all_somewhere = false;
  int fewer = 0;
  for (std::size_t page = 1; page < sound.size() / kPage; ++page) {
    CAPTURE(page);
    std::string bytes = sound;
    bytes[page * kPage + 100] ^= 1;
    put_bytes(copy, bytes);
    for (const char* end : {"-wal", "-shm"}) std::remove((copy + end).c_str());
    bool known = false;
    const Rows found = Database::found(copy, known);
    if (!known) continue;
    for (const auto& [key, row] : found) CHECK(before.at(key) == row);
    CHECK(found.size() + 200 >= before.size());
    const char kind = sound[page * kPage];
    if (kind == 0x05) {
      all_somewhere = true;
      CHECK(found == before);
    }
    fewer += found.size() < before.size() ? 1 : 0;
  }
  CHECK(all_somewhere);
  CHECK(fewer > 20);
}
