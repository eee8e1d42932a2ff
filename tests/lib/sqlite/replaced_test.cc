// Files that are replaced, taken away, or cannot be written to while, or before, they are open.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sqlite/db.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
namespace fs = std::filesystem;

namespace {

Db make(const std::string& file) {
  OpenOptions options;
  options.create = true;
  auto db = Db::open(file, options);
  REQUIRE(db);
  REQUIRE(db->exec("CREATE TABLE t(x); INSERT INTO t VALUES (1)"));
  return std::move(*db);
}

Status add(Db& db) {
  OFFSYNC_ASSIGN(Transaction transaction, Transaction::begin(db, Transaction::Kind::write));
  OFFSYNC_TRY(db.exec("INSERT INTO t VALUES (2)"));
  return transaction.commit();
}

std::int64_t rows(Db& db) {
  auto count = db.prepare("SELECT count(*) FROM t");
  REQUIRE(count);
  REQUIRE(*count->step());
  return count->integer(0);
}

std::string code(const Status& status) {
  return status ? "ok" : status.error().code;
}

}  // namespace

TEST_CASE("nothing is committed to a file that its name no longer leads to") {
  test::TempDir dir;
  const std::string file = dir.file("a.db");
  Db db = make(file);
  REQUIRE(add(db));
  REQUIRE(rows(db) == 2);
  const std::string aside = dir.file("aside");
  fs::rename(file, aside);
  SECTION("taken away") {
    CHECK(code(add(db)) == "replaced");
    CHECK_FALSE(fs::exists(file));
  }
  SECTION("replaced by a copy") {
    fs::copy(aside, file);
    CHECK(code(add(db)) == "replaced");
  }
  SECTION("replaced by a link to another one") {
    fs::create_symlink(dir.file("b.db"), file);
    make(dir.file("b.db"));
    CHECK(code(add(db)) == "replaced");
  }
  CHECK(code(db.in_place()) == "replaced");
  CHECK(rows(db) == 2);
  CHECK_FALSE(db.broken());
  fs::remove(file);
  fs::rename(aside, file);  // put back
  CHECK(code(add(db)) == "ok");
  CHECK(rows(db) == 3);
}

TEST_CASE("a file that is replaced within a transaction gets nothing of it") {
  test::TempDir dir;
  const std::string file = dir.file("a.db");
  Db db = make(file);
  auto transaction = Transaction::begin(db, Transaction::Kind::write);
  REQUIRE(transaction);
  REQUIRE(db.exec("INSERT INTO t VALUES (2)"));
  fs::rename(file, dir.file("aside"));
  CHECK(code(transaction->commit()) == "replaced");
  CHECK_FALSE(db.in_transaction());
  CHECK(rows(db) == 1);
}

TEST_CASE("a WAL that is taken away is noticed, once it was written to") {
  test::TempDir dir;
  const std::string file = dir.file("a.db");
  Db db = make(file);
  REQUIRE(add(db));
  fs::remove(file + "-wal");
  const Status done = add(db);
  CHECK(code(done) == "replaced");
  CHECK(done.error().detail.find("a.db-wal was taken away") != std::string::npos);
}

TEST_CASE("the lock of a database is one, whatever its name") {
  test::TempDir dir;
  const std::string file = dir.file("a.db");
  fs::create_directory(dir.file("sub"));
  fs::create_symlink("../a.db", dir.file("sub/b.db"));  // leads to nothing yet
  fs::create_symlink("sub/b.db", dir.file("c.db"));
  auto one = FileLock::beside(file);
  REQUIRE(one);
  REQUIRE(one->lock());
  for (const char* name : {"sub/b.db", "c.db"}) {
    auto other = FileLock::beside(dir.file(name));
    REQUIRE(other);
    CHECK_FALSE(*other->try_lock());
  }
  CHECK_FALSE(fs::exists(dir.file("c.db.lock")));
  CHECK(fs::exists(file + ".lock"));
}

TEST_CASE("a lock file that is removed while it is waited for is not the lock") {
  test::TempDir dir;
  const std::string file = dir.file("a.lock");
  auto first = FileLock::open(file);
  auto second = FileLock::open(file);
  REQUIRE(first);
  REQUIRE(second);
  fs::remove(file);
  CHECK(first->lock());
  CHECK(first->doubtful());  // the note of who came before went with the file
  CHECK_FALSE(*second->try_lock());
  CHECK(fs::exists(file));
  first->unlock();
  CHECK(*second->try_lock());
}

TEST_CASE("a lock that is no file is an error") {
  test::TempDir dir;
  REQUIRE(::mkfifo(dir.file("a.lock").c_str(), 0600) == 0);
  const auto lock = FileLock::open(dir.file("a.lock"));
  REQUIRE_FALSE(lock);
  CHECK(lock.error().detail.find("it is no file") != std::string::npos);
}

TEST_CASE("a frozen file is read with its WAL and without, and stays as it is") {
  test::TempDir dir;
  const std::string file = dir.file("a b%?#.db");
  { REQUIRE(rows(*std::make_unique<Db>(make(file))) == 1); }
  OpenOptions options;
  options.read_only = true;
  options.frozen = true;
  const bool wal = GENERATE(true, false);
  if (!wal) {
    auto db = Db::open(file, {});
    REQUIRE(db);
    REQUIRE(db->checkpoint());
    fs::remove(file + "-wal");
  }
  fs::remove(file + "-shm");
  auto db = Db::open(file, options);
  REQUIRE(db);
  CHECK(rows(*db) == 1);
  CHECK_FALSE(db->exec("INSERT INTO t VALUES (2)"));
  CHECK_FALSE(fs::exists(file + "-shm"));
  CHECK(fs::exists(file + "-wal") == wal);
}

TEST_CASE("a frozen file is read with its WAL by a link in another folder, too") {
  test::TempDir dir;
  fs::create_directory(dir.file("sub"));
  const std::string file = dir.file("sub/a.db"), link = dir.file("link.db");
  { REQUIRE(rows(*std::make_unique<Db>(make(file))) == 1); }
  fs::create_symlink("sub/a.db", link);
  OpenOptions options;
  options.read_only = true;
  options.frozen = true;
  auto db = Db::open(link, options);
  REQUIRE(db);
  CHECK(rows(*db) == 1);
  REQUIRE(::chmod(file.c_str(), 0444) == 0);
  REQUIRE(::chmod((file + "-wal").c_str(), 0444) == 0);
  REQUIRE(::chmod(dir.file("sub").c_str(), 0555) == 0);
  CHECK(nobody_writes(link));
  REQUIRE(::chmod(dir.file("sub").c_str(), 0755) == 0);
}

TEST_CASE("who can write is seen by mode, if the file system can be written to") {
  test::TempDir dir;
  fs::create_directory(dir.file("sub"));
  const std::string file = dir.file("sub/a.db");
  std::ofstream(file) << "x";
  CHECK_FALSE(nobody_writes(file));
  REQUIRE(::chmod(file.c_str(), 0444) == 0);
  CHECK_FALSE(nobody_writes(file));
  REQUIRE(::chmod(dir.file("sub").c_str(), 0555) == 0);
  CHECK(nobody_writes(file));
  REQUIRE(::chmod(file.c_str(), 0464) == 0);
  CHECK_FALSE(nobody_writes(file));
  REQUIRE(::chmod(dir.file("sub").c_str(), 0755) == 0);
  CHECK_FALSE(nobody_writes(dir.file("no/such")));
}

TEST_CASE("SQL that a file does not take is the file's fault") {
  test::TempDir dir;
  Db db = make(dir.file("a.db"));
  const auto missing = db.prepare("SELECT x FROM no_such_table");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == "corrupt");
  CHECK(missing.error().kind == Errc::io);
  CHECK(code(db.exec("CREATE TABLE t(x)")) == "corrupt");
}
