// A file beside the WAL of another state of it, as where a backup was put back.
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

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

constexpr Migration kSteps[] = {{"first", "CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)", true}};

Result<Db> open(const std::string& file) {
  OpenOptions options;
  options.create = true;
  OFFSYNC_ASSIGN(Db db, Db::open(file, options));
  OFFSYNC_TRY(migrate(db, 77, kSteps));
  return db;
}

void add_rows(Db& db, int count) {
  const Status added =
      db.exec("WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < " +
              std::to_string(count) + ") INSERT INTO t(v) SELECT printf('%.900d', k) FROM n");
  CHECK((added ? "" : added.error().detail) == "");
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

namespace {

void add_row(Db& db) {
  auto write = Transaction::begin(db, Transaction::Kind::write);
  REQUIRE(write);
  add_rows(db, 1);
  REQUIRE(write->commit());
}

}  // namespace

TEST_CASE("a WAL of another file, or of another state of it, does not belong to a file") {
  TempDir dir;
  const std::string file = dir.file("x.db"), second = dir.file("y.db"), copy = dir.file("copy.db");
  auto db = open(file), other = open(second);
  REQUIRE(db);
  REQUIRE(other);
  const bool reopened = GENERATE(false, true);  // as each process is, or as a proxy
  const int pages = GENERATE(1, 100);           // so that the file grows, or does not
  CAPTURE(reopened, pages);
  struct State {
    std::string file, part, wal;
  };
  std::vector<State> states;
  for (auto* one : {&db, &other}) {
    const std::string& name = one == &db ? file : second;
    REQUIRE((*one)->checkpoint());
    for (int round = 0; round < 4; ++round) {
      State state{bytes_of(name), {}, {}};
      add_row(**one);
      state.part = bytes_of(name + "-wal");
      for (int i = 0; i < pages; ++i) add_row(**one);
      state.wal = bytes_of(name + "-wal");
      states.push_back(std::move(state));
      REQUIRE((*one)->checkpoint());
      if (!reopened) continue;
      *one = open(name);
      REQUIRE(*one);
    }
  }
  for (std::size_t of = 0; of < states.size(); ++of) {
    for (std::size_t wal = 0; wal < states.size(); ++wal) {
      CAPTURE(of, wal);
      CHECK(opens(copy, states[of].file, states[of].part));
      // Where all of it was copied already, it changes nothing.
      const bool copied = wal + 1 == of && of != states.size() / 2;
      // A first page that did not change since is not read anew by who has it.
      const std::size_t half = states.size() / 2;
      if (!reopened && pages == 1 && wal > of && wal / half == of / half) continue;
      const Status opened = opens(copy, states[of].file, states[wal].wal);
      CHECK(opened.ok() == (wal == of || copied));
      CHECK(opens(copy, states[of].file, states[wal].part).ok() == (wal == of));
    }
  }
}

TEST_CASE("a WAL that another program copied into the file, or began, is taken") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  auto db = open(file);
  REQUIRE(db);
  for (const char* how : {"PASSIVE", "RESTART", "TRUNCATE", "TRUNCATE"}) {
    add_row(*db);
    CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
    CAPTURE(how);
    test::RawDb(file).ask(std::string("PRAGMA wal_checkpoint(") + how + ")");
    test::RawDb(file).ask(std::string("PRAGMA wal_checkpoint(") + how + ")");
    CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
    add_row(*db);
    CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
    test::RawDb(file).run("INSERT INTO t(v) VALUES ('foreign')");
    CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
    REQUIRE(db->checkpoint());
    test::RawDb(file).run("INSERT INTO t(v) VALUES ('foreign')");
    CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
    REQUIRE(db->checkpoint());
  }
}

TEST_CASE("a WAL fits that follows empty ones, begun by who has the first page from before") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  auto db = open(file);
  REQUIRE(db);
  add_rows(*db, 3);
  for (int empty = 0; empty < 3; ++empty) {
    REQUIRE(db->checkpoint());
    add_rows(*db, 1);
    INFO(empty);
    CHECK(opens(copy, bytes_of(file), bytes_of(file + "-wal")));
    for (int times = 0; times <= empty; ++times) REQUIRE(db->checkpoint());
  }
}

TEST_CASE("an emptied file, or one that is gone, costs nobody the WAL beside it") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  auto db = open(file);
  REQUIRE(db);
  add_rows(*db, 3);
  const std::string wal = bytes_of(file + "-wal");
  REQUIRE_FALSE(wal.empty());
  const Status emptied = opens(copy, "", wal);
  REQUIRE_FALSE(emptied);
  CHECK(emptied.error().code == "wal_alone");
  CHECK(emptied.error().detail.find("copy.db-wal") != std::string::npos);
  CHECK(bytes_of(copy + "-wal") == wal);
  std::filesystem::remove(copy);
  const auto gone = open(copy);
  CHECK(gone.error().code == "wal_alone");
  CHECK(gone.error().detail.find("is gone") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(copy));
  CHECK(bytes_of(copy + "-wal") == wal);
  CHECK(opens(copy, "", ""));
}
