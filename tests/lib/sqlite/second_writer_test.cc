// Two connections to one file, as two processes have them, with checkpoints in between.
#include <atomic>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "sqlite/db.h"
#include "support/catch.h"
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
