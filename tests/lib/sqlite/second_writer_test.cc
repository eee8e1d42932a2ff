// Two connections to one file, as two processes have them, with checkpoints in between.
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "sqlite/adopt.h"
#include "sqlite/db.h"
#include "sqlite/examine.h"
#include "sqlite/sealed_file.h"
#include "support/catch.h"
#include "support/raw_sqlite.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;

namespace {

Db open_db(const std::string& file, int busy_timeout_ms, int checkpoint_pages = 0) {
  OpenOptions options;
  options.create = true;
  options.busy_timeout_ms = busy_timeout_ms;
  options.checkpoint_pages = checkpoint_pages;
  auto db = Db::open(file, options);
  REQUIRE(db);
  return std::move(*db);
}

void insert(Db& db, std::int64_t value) {
  auto statement = db.prepare("INSERT INTO t VALUES (?, zeroblob(3000))");
  REQUIRE(statement);
  REQUIRE(statement->bind(1, value).run());
}

std::set<std::int64_t> values(Db& db) {
  std::set<std::int64_t> all;
  auto statement = db.prepare("SELECT a FROM t");
  REQUIRE(statement);
  while (*statement->step()) all.insert(statement->integer(0));
  return all;
}

}  // namespace

TEST_CASE("who writes waits for another writer, behind a checkpoint as well") {
  const test::TempDir dir;
  Db first = open_db(dir.file("a.db"), 60'000);
  REQUIRE(first.exec("CREATE TABLE t(a, b)"));
  Db second = open_db(dir.file("a.db"), 60'000);
  const bool by_itself = GENERATE(false, true);
  if (by_itself) {
    // That which follows a commit.
    REQUIRE(second.tune(2000, 1));
    auto transaction = Transaction::begin(second, Transaction::Kind::write);
    REQUIRE(transaction);
    insert(second, 1);
    REQUIRE(transaction->commit());
  } else {
    insert(second, 1);
    REQUIRE(second.checkpoint());
  }

  std::optional<Transaction> open;
  {
    auto transaction = Transaction::begin(first, Transaction::Kind::write);
    REQUIRE(transaction);
    open.emplace(std::move(*transaction));
  }
  insert(first, 2);
  std::atomic<bool> committed = false;
  bool waited = false;
  std::thread other([&] {
    const auto transaction = Transaction::begin(second, Transaction::Kind::write);
    waited = transaction.ok() && committed;
  });
  // Time enough to be refused in; however late the other one begins, it must come through.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  committed = true;
  CHECK(open->commit());
  other.join();
  CHECK(waited);
}

TEST_CASE("two writers with checkpoints and readers in between lose nothing") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const test::TempDir dir;
    Db one = open_db(dir.file("a.db"), 0, seed % 3 == 0 ? 4 : 0);
    REQUIRE(one.exec("CREATE TABLE t(a, b)"));
    Db two = open_db(dir.file("a.db"), 0, seed % 3 == 1 ? 7 : 0);
    if (seed % 2 == 0) REQUIRE(two.tune(2000, 5));
    Db readers[] = {open_db(dir.file("a.db"), 0), open_db(dir.file("a.db"), 0)};
    std::optional<Transaction> reading[2];
    std::set<std::int64_t> seen[2];
    std::set<std::int64_t> kept;
    for (std::int64_t step = 0; step < 120; ++step) {
      Db& db = random() % 2 == 0 ? one : two;
      Db& other = &db == &one ? two : one;
      const auto which = random() % 2;
      switch (random() % 6) {
        case 0:
          REQUIRE(db.checkpoint());
          break;
        case 1: {  // a reader begins, or ends: until then it sees what it saw first
          if (reading[which]) {
            CHECK(values(readers[which]) == seen[which]);
            reading[which].reset();
            break;
          }
          auto transaction = Transaction::begin(readers[which], Transaction::Kind::read);
          REQUIRE(transaction);
          reading[which].emplace(std::move(*transaction));
          seen[which] = values(readers[which]);
          CHECK(seen[which] == kept);
          break;
        }
        default: {
          auto transaction = Transaction::begin(db, Transaction::Kind::write);
          REQUIRE(transaction);
          const auto refused = Transaction::begin(other, Transaction::Kind::write);
          REQUIRE_FALSE(refused);
          CHECK(refused.error().code == "busy");
          insert(db, step);
          if (random() % 4 == 0) break;  // undone
          REQUIRE(transaction->commit());
          kept.insert(step);
        }
      }
      REQUIRE(values(one) == kept);
      REQUIRE(values(two) == kept);
    }
  }
}

// Of the first page the last copy in the WAL counts, and a reader keeps that from the file.
TEST_CASE("pages that others copied while a reader was in the way are no damage") {
  const test::TempDir dir;
  const std::string file = dir.file("a.db");
  Db db = open_db(file, 0);
  REQUIRE(db.exec("CREATE TABLE t(a, b)"));
  const auto add = [&](std::int64_t from, std::int64_t upto) {
    auto transaction = Transaction::begin(db, Transaction::Kind::write);
    REQUIRE(transaction);
    for (std::int64_t value = from; value < upto; ++value) insert(db, value);
    REQUIRE(transaction->commit());
  };
  const auto check = [&](std::size_t count) {
    Db another = open_db(file, 0);
    auto rows = another.prepare("SELECT count(*) FROM t WHERE length(b) = 3000");
    REQUIRE(rows);
    const auto row = rows->step();
    INFO((row ? "" : row.error().message()));
    REQUIRE(row);
    CHECK(rows->uinteger(0) == count);
    CHECK(read_all_pages(another, [](const std::string& problem) { FAIL_CHECK(problem); }));
  };
  add(0, 20);
  REQUIRE(db.checkpoint());
  REQUIRE(all_sealed(db.raw()));
  {
    auto transaction = Transaction::begin(db, Transaction::Kind::write);
    REQUIRE(transaction);
    REQUIRE(db.exec("UPDATE t SET b = randomblob(3000)"));
    REQUIRE(transaction->commit());
  }
  const bool by_us = GENERATE(true, false);
  {
    test::RawDb reader(file), other(file);
    REQUIRE(reader.run("BEGIN; SELECT count(*) FROM t") == SQLITE_OK);
    add(20, 40);
    REQUIRE(other.run("PRAGMA wal_checkpoint(PASSIVE)") == SQLITE_OK);
    check(40);
    if (by_us) add(40, 60);
    REQUIRE(reader.run("COMMIT") == SQLITE_OK);
  }
  check(by_us ? 60 : 40);
  REQUIRE(db.checkpoint());
  CHECK(needs_adoption(db));
  check(by_us ? 60 : 40);
  REQUIRE(adopt(db));
  CHECK_FALSE(needs_adoption(db));
}
