// A file beside the WAL of another state of it, as where a backup was put back.
#include <fstream>
#include <string>
#include <utility>

#include "sqlite/db.h"
#include "support/catch.h"
#include "support/file_bytes.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
using offsync::test::bytes_of;
using offsync::test::put_bytes;
using offsync::test::TempDir;

namespace {

constexpr Migration kSteps[] = {{"first", "CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)", true}};

Result<Db> open(const std::string& file) {
  OpenOptions options;
  options.create = true;
  OFFSYNC_ASSIGN(Db db, Db::open(file, options));
  OFFSYNC_TRY(migrate(db, 77, kSteps));
  return db;
}

void add_rows(Db& db, int count) {
  REQUIRE(db.exec("WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < " +
                  std::to_string(count) + ") INSERT INTO t(v) SELECT printf('%.900d', k) FROM n"));
}

Status opens(const std::string& name, const std::string& bytes, const std::string& wal) {
  put_bytes(name, bytes);
  std::ofstream(name + "-wal", std::ios::binary) << wal;
  const auto db = open(name);
  return db ? Status() : Status(db.error());
}

}  // namespace

TEST_CASE("a file that lacks what was copied before its WAL began does not belong to that") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  auto db = open(file);
  REQUIRE(db);
  add_rows(*db, 100);
  REQUIRE(db->checkpoint());
  const std::string before = bytes_of(file);
  add_rows(*db, 100);
  const std::string carried_on = bytes_of(file + "-wal");
  REQUIRE(db->checkpoint());
  const std::string after = bytes_of(file);
  add_rows(*db, 3);
  const std::string wal = bytes_of(file + "-wal");
  CHECK(opens(copy, before, carried_on));
  CHECK(opens(copy, after, carried_on));
  CHECK(opens(copy, after, wal));
  const Status mixed = opens(copy, before, wal);
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().code == "corrupt");
  CHECK(mixed.error().detail.find("not of this") != std::string::npos);
}

TEST_CASE("a file that became shorter belongs to its WAL") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  auto db = open(file);
  REQUIRE(db);
  add_rows(*db, 300);
  REQUIRE(db->checkpoint());
  REQUIRE(db->exec("DELETE FROM t WHERE k > 20"));
  REQUIRE(db->exec("VACUUM"));
  CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
  add_rows(*db, 100);
  CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
  REQUIRE(db->checkpoint());
  add_rows(*db, 100);
  CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
}

TEST_CASE("an emptied file costs nobody the WAL beside it") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  auto db = open(file);
  REQUIRE(db);
  add_rows(*db, 3);
  const std::string wal = bytes_of(file + "-wal");
  REQUIRE_FALSE(wal.empty());
  const Status emptied = opens(copy, "", wal);
  REQUIRE_FALSE(emptied);
  CHECK(emptied.error().code == "corrupt");
  CHECK(emptied.error().detail.find("copy.db-wal") != std::string::npos);
  CHECK(bytes_of(copy + "-wal") == wal);
  CHECK(opens(copy, "", ""));
}
