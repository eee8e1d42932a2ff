#include "sqlite/db.h"

#include <filesystem>
#include <fstream>

#include "sqlite/error.h"
#include "support/catch.h"
#include "support/faulty_vfs.h"
#include "support/sim_disk.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
namespace fs = std::filesystem;

namespace {

Db open_db(const std::string& file, OpenOptions options = {}) {
  options.create = true;
  auto db = Db::open(file, options);
  INFO((db ? "" : db.error().message()));
  REQUIRE(db);
  return std::move(*db);
}

std::string one(Db& db, std::string_view sql) {
  auto statement = db.prepare(sql);
  REQUIRE(statement);
  auto row = statement->step();
  REQUIRE(row);
  REQUIRE(*row);
  return std::string(statement->text(0));
}

void insert(Db& db, std::string_view text) {
  auto transaction = Transaction::begin(db, Transaction::Kind::write);
  REQUIRE(transaction);
  auto statement = db.prepare("INSERT INTO t VALUES (?)");
  REQUIRE(statement);
  REQUIRE(statement->bind(1, text).run());
  REQUIRE(transaction->commit());
}

}  // namespace

TEST_CASE("a statement gives back what was bound") {
  test::TempDir dir;
  Db db = open_db(dir.file("a.db"));
  REQUIRE(db.exec("CREATE TABLE t(a, b, c, d, e)"));
  auto put = db.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
  REQUIRE(put);
  const std::string with_nul("a\0b", 3);
  put->bind(1, std::string_view()).bind(2, UINT64_MAX).bind_null(3);
  put->bind_blob(4, with_nul).bind(5, with_nul);
  REQUIRE(put->run());
  CHECK(db.changes() == 1);

  auto get = db.prepare("SELECT * FROM t");
  REQUIRE(get);
  REQUIRE(*get->step());
  CHECK_FALSE(get->null(0));  // an empty view is the empty text, not NULL
  CHECK(get->text(0).empty());
  CHECK(get->uinteger(1) == UINT64_MAX);
  CHECK(get->null(2));
  CHECK(get->text(3) == with_nul);
  CHECK(get->text(4) == with_nul);
  CHECK_FALSE(*get->step());
  CHECK(*get->step());  // done means reset: it begins again
}

TEST_CASE("binding beyond the parameters is an error of step()") {
  test::TempDir dir;
  Db db = open_db(dir.file("a.db"));
  auto statement = db.prepare("SELECT ?");
  REQUIRE(statement);
  statement->bind(2, 1);
  CHECK_FALSE(statement->step());
}

TEST_CASE("a connection is durable and trusts nothing") {
  test::TempDir dir;
  Db db = open_db(dir.file("a.db"));
  CHECK(one(db, "PRAGMA journal_mode") == "wal");
  CHECK(one(db, "PRAGMA synchronous") == "2");
  CHECK(one(db, "PRAGMA trusted_schema") == "0");
  CHECK(one(db, "PRAGMA cell_size_check") == "1");
  REQUIRE(db.exec("CREATE TABLE t(a)"));
  CHECK_FALSE(db.exec("SELECT load_extension('libm.so.6')"));
  // Defensive: the schema cannot be edited behind SQLite's back.
  REQUIRE(db.exec("PRAGMA writable_schema=1"));
  CHECK_FALSE(db.exec("DELETE FROM sqlite_schema"));
}

TEST_CASE("a name is a path, not a URI") {
  test::TempDir dir;
  const fs::path before = fs::current_path();
  fs::current_path(dir.file("."));
  {
    Db db = open_db("file:x.db?mode=memory");
    REQUIRE(db.exec("CREATE TABLE t(a)"));
  }
  CHECK(fs::exists("file:x.db?mode=memory"));
  fs::current_path(before);
}

TEST_CASE("whether a file is there is asked of its file system") {
  test::TempDir dir;
  const auto there = [](const std::string& file, const std::string& vfs = {}) {
    const auto answer = exists(file, vfs);
    REQUIRE(answer);
    return *answer;
  };
  CHECK_FALSE(there(dir.file("a.db")));
  open_db(dir.file("a.db"));
  CHECK(there(dir.file("a.db")));
  std::ofstream(dir.file("empty")).flush();
  CHECK(there(dir.file("empty")));
  CHECK(there(dir.path()));

  test::SimDisk disk("/sim/", 1);
  CHECK_FALSE(there("/sim/a.db"));
  CHECK(Db::open("/sim/a.db", {}).error().code == "no_such_file");
  open_db("/sim/a.db");
  CHECK(there("/sim/a.db"));
  CHECK_FALSE(fs::exists("/sim"));
  CHECK_FALSE(there("/sim/a.db", "unix"));
  CHECK(exists("/sim/a.db", "no such vfs").error().code == "sqlite");
  disk.kill();
  CHECK(exists("/sim/a.db").error().code == "io");
  CHECK(Db::open("/sim/a.db", {}).error().code == "io");
}

TEST_CASE("an uncommitted transaction leaves nothing") {
  test::TempDir dir;
  Db db = open_db(dir.file("a.db"));
  REQUIRE(db.exec("CREATE TABLE t(a)"));
  {
    auto transaction = Transaction::begin(db, Transaction::Kind::write);
    REQUIRE(transaction);
    REQUIRE(db.exec("INSERT INTO t VALUES (1)"));
    CHECK(db.in_transaction());
  }
  CHECK_FALSE(db.in_transaction());
  CHECK(one(db, "SELECT count(*) FROM t") == "0");
  insert(db, "x");
  Db other = open_db(dir.file("a.db"));
  CHECK(one(other, "SELECT count(*) FROM t") == "1");
}

TEST_CASE("what cannot be opened is told with its file") {
  test::TempDir dir;
  const std::string file = dir.file("a.db");
  SECTION("a file that is not there") {
    const auto db = Db::open(file, {});
    REQUIRE_FALSE(db);
    CHECK(db.error().kind == Errc::no_input);
    CHECK(db.error().code == "no_such_file");
    CHECK(db.error().detail.find(file) != std::string::npos);
    CHECK_FALSE(fs::exists(file));
  }
  SECTION("a file that is no database") {
    std::ofstream(file) << std::string(5000, 'x');
    const auto db = Db::open(file, {});
    REQUIRE_FALSE(db);
    CHECK(db.error().code == "not_ours");
    CHECK(db.error().detail.find(file) != std::string::npos);
  }
  SECTION("a folder that is not there") {
    OpenOptions options;
    options.create = true;
    const auto db = Db::open(dir.file("no/such/a.db"), options);
    REQUIRE_FALSE(db);
    CHECK(db.error().kind == Errc::io);
  }
}

TEST_CASE("closing does not checkpoint") {
  test::TempDir dir;
  {
    Db db = open_db(dir.file("a.db"));
    REQUIRE(db.exec("CREATE TABLE t(a)"));
    insert(db, "x");
  }
  CHECK(fs::file_size(dir.file("a.db-wal")) > 0);
  Db db = open_db(dir.file("a.db"));
  CHECK(one(db, "SELECT a FROM t") == "x");
}

TEST_CASE("regression: with short-lived processes the WAL does not grow for ever") {
  // SQLite's own automatic checkpoint leaves the WAL as it is for the next writer to begin anew,
  // but a connection that finds a WAL reads all of it, and counts it as not yet checkpointed.
  test::TempDir dir;
  OpenOptions options;
  options.checkpoint_pages = 20;
  open_db(dir.file("a.db"), options).exec("CREATE TABLE t(a)").ok();
  std::uintmax_t longest = 0;
  for (int i = 0; i < 100; ++i) {
    Db db = open_db(dir.file("a.db"), options);
    insert(db, std::string(3000, 'x'));
    longest = std::max(longest, fs::file_size(dir.file("a.db-wal")));
  }
  CHECK(longest > 0);
  CHECK(longest <= 25 * 4200);
  Db db = open_db(dir.file("a.db"), options);
  CHECK(one(db, "SELECT count(*) FROM t") == "100");
}

TEST_CASE("with many writes to come the WAL is written over, and cut at the end") {
  test::TempDir dir;
  Db db = open_db(dir.file("a.db"));
  REQUIRE(db.exec("CREATE TABLE t(a)"));
  REQUIRE(db.tune(1000, 20));
  std::uintmax_t size = 0;
  for (int i = 0; i < 100; ++i) {
    insert(db, std::string(3000, 'x'));
    CHECK(fs::file_size(dir.file("a.db-wal")) >= size);
    size = fs::file_size(dir.file("a.db-wal"));
  }
  CHECK(size <= 25 * 4200);
  CHECK(db.checkpoint());
  CHECK(fs::file_size(dir.file("a.db-wal")) == 0);
  CHECK(one(db, "SELECT count(*) FROM t") == "100");
}

TEST_CASE("a reader stands in the way of a checkpoint, not of a commit") {
  test::TempDir dir;
  OpenOptions options;
  options.checkpoint_pages = 5;
  Db writer = open_db(dir.file("a.db"), options);
  REQUIRE(writer.exec("CREATE TABLE t(a)"));
  insert(writer, "before");
  Db reader = open_db(dir.file("a.db"), options);
  {
    auto reading = Transaction::begin(reader, Transaction::Kind::read);
    REQUIRE(reading);
    CHECK(one(reader, "SELECT count(*) FROM t") == "1");
    for (int i = 0; i < 20; ++i) insert(writer, std::string(3000, 'x'));
    CHECK(writer.checkpoint());
    CHECK(one(reader, "SELECT count(*) FROM t") == "1");
    CHECK(fs::file_size(dir.file("a.db-wal")) > 0);
  }
  CHECK(writer.checkpoint());
  CHECK(fs::file_size(dir.file("a.db-wal")) == 0);
  CHECK(one(reader, "SELECT count(*) FROM t") == "21");
}

TEST_CASE("after a failed sync the connection is not used again") {
  test::TempDir dir;
  test::FaultyVfs vfs;
  OpenOptions options;
  {
    Db db = open_db(dir.file("a.db"), options);
    REQUIRE(db.exec("CREATE TABLE t(a)"));
    insert(db, "kept");
    auto transaction = Transaction::begin(db, Transaction::Kind::write);
    REQUIRE(transaction);
    REQUIRE(db.exec("INSERT INTO t VALUES ('unsure')"));
    test::FaultyDisk::fail_syncs = true;
    const Status done = transaction->commit();
    test::FaultyDisk::fail_syncs = false;
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == Errc::io);
    CHECK(done.error().detail.find("a.db") != std::string::npos);
    CHECK(db.broken());
    CHECK(done.error().hint.find("kept") != std::string::npos);  // it may be there, or not
    CHECK_FALSE(Transaction::begin(db, Transaction::Kind::write));
  }
  Db again = open_db(dir.file("a.db"), options);
  CHECK_FALSE(again.broken());
  CHECK(one(again, "SELECT a FROM t ORDER BY rowid LIMIT 1") == "kept");
  insert(again, "later");
}

TEST_CASE("every commit syncs once") {
  test::TempDir dir;
  test::FaultyVfs vfs;
  OpenOptions options;
  Db db = open_db(dir.file("a.db"), options);
  REQUIRE(db.exec("CREATE TABLE t(a)"));
  insert(db, "first");
  const int before = test::FaultyDisk::syncs;
  insert(db, "second");
  CHECK(test::FaultyDisk::syncs == before + 1);
}

TEST_CASE("a full disk is called so") {
  test::TempDir dir;
  test::FaultyVfs vfs;
  OpenOptions options;
  Db db = open_db(dir.file("a.db"), options);
  REQUIRE(db.exec("CREATE TABLE t(a)"));
  auto transaction = Transaction::begin(db, Transaction::Kind::write);
  REQUIRE(transaction);
  REQUIRE(db.exec("INSERT INTO t VALUES (1)"));
  test::FaultyDisk::disk_full = true;
  const Status done = transaction->commit();
  test::FaultyDisk::disk_full = false;
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == Errc::io);
  CHECK(done.error().code == "disk_full");
  CHECK(done.error().hint.find("full") != std::string::npos);
}

TEST_CASE("a disk that is full is told as such where only the system knows it") {
  const test::FaultyVfs vfs;
  const test::TempDir dir;
  OpenOptions options;
  options.cache_kib = 20;  // so that a statement has to write
  Db db = open_db(dir.file("a.db"), options);
  REQUIRE(db.exec("CREATE TABLE t(a)"));
  auto transaction = Transaction::begin(db, Transaction::Kind::write);
  REQUIRE(transaction);
  test::FaultyDisk::late_full = true;
  const Status done = db.exec(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
      " INSERT INTO t SELECT zeroblob(3000) FROM n");
  test::FaultyDisk::late_full = false;
  REQUIRE_FALSE(done);
  CHECK(done.error().code == "disk_full");
  CHECK(done.error().hint.find("full") != std::string::npos);
}

TEST_CASE("a file that cannot be locked is the file system's trouble, not a bug") {
  // What SQLite makes of fcntl's EIO.
  const Error error = error_of_file("x.db", SQLITE_PROTOCOL, "cannot use", "locking protocol");
  CHECK(error.kind == Errc::io);
  CHECK(error.hint.find("lock") != std::string::npos);
}
