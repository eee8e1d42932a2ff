// What fails beneath: a disk, a statement, a lock. Each is told with its file, and leaves the
// database as it was.
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "sqlite/db.h"
#include "support/catch.h"
#include "support/failing_sql.h"
#include "support/sim_disk.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
using offsync::test::FailingSql;
using offsync::test::SimDisk;
using offsync::test::TempDir;

namespace {

constexpr std::int32_t kId = 0x74657374;
constexpr Migration kSteps[] = {{"one", "CREATE TABLE a(x)"}, {"two", "CREATE TABLE b(x)"}};

Result<Db> create(const std::string& file) {
  OpenOptions options;
  options.create = true;
  return Db::open(file, options);
}
Db must_create(const std::string& file) {
  auto db = create(file);
  INFO((db ? "" : db.error().message()));
  REQUIRE(db);
  return std::move(*db);
}

}  // namespace

TEST_CASE("opening and migrating may fail at any statement, and go on the next time") {
  int failures = 0;
  bool failed = true;
  for (std::uint64_t n = 1; failed; ++n) {
    INFO("request " << n);
    const TempDir dir;
    const std::string file = dir.file("a.db");
    const FailingSql failing;
    const auto both = [&]() -> Status {
      OFFSYNC_ASSIGN(Db db, create(file));
      return migrate(db, kId, kSteps);
    };
    FailingSql::fail_at(n);
    const Status done = both();
    failed = FailingSql::failed();
    FailingSql::fail_at(0);
    if (!done) {
      ++failures;
      CHECK(done.error().detail.find(file) != std::string::npos);
      Db db = must_create(file);
      const auto format = format_of(db);
      REQUIRE(format);
      CHECK((format->empty || format->application_id == kId));  // whole steps only
      CHECK(db.exec("INSERT INTO a VALUES (1)").ok() == (format->version >= 1));
      CHECK(db.exec("INSERT INTO b VALUES (1)").ok() == (format->version >= 2));
    }
    REQUIRE(both());
  }
  CHECK(failures > 10);
}

TEST_CASE("what cannot be made durable breaks the connection, at every operation of the disk") {
  int failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    INFO("operation " << n);
    const TempDir dir;
    SimDisk disk(dir.path(), n);
    Db db = must_create(dir.file("a.db"));
    REQUIRE(db.exec("CREATE TABLE t(a); INSERT INTO t VALUES (randomblob(200000))"));
    disk.fail_at(n, SQLITE_IOERR);
    const std::uint64_t before = disk.operations();
    const Status secured = db.secure();
    if (disk.operations() - before < n) {
      REQUIRE(secured);
      CHECK_FALSE(db.broken());
      break;
    }
    ++failures;
    REQUIRE_FALSE(secured);
    CHECK(secured.error().kind == Errc::io);
    CHECK(secured.error().detail.find(dir.file("a.db")) != std::string::npos);
    CHECK(db.broken());
    CHECK_FALSE(Transaction::begin(db, Transaction::Kind::write));
    CHECK(must_create(dir.file("a.db")).exec("SELECT a FROM t"));
  }
  CHECK(failures > 3);
}

TEST_CASE("a checkpoint that the disk refuses is an error, and nothing is lost") {
  int failures = 0;
  for (std::uint64_t n = 1; n < 6; ++n) {
    const TempDir dir;
    SimDisk disk(dir.path(), n);
    Db db = must_create(dir.file("a.db"));
    REQUIRE(db.exec("CREATE TABLE t(a); INSERT INTO t VALUES (7)"));
    disk.fail_at(n, SQLITE_IOERR);
    const std::uint64_t before = disk.operations();
    const Status done = db.checkpoint();
    if (disk.operations() - before < n) break;
    if (!done) ++failures;
    CHECK(db.broken() == !done.ok());
    Db again = must_create(dir.file("a.db"));
    auto get = again.prepare("SELECT a FROM t");
    REQUIRE(get);
    REQUIRE(*get->step());
    CHECK(get->integer(0) == 7);
  }
  CHECK(failures > 1);
}

TEST_CASE("a transaction that SQLite has rolled back cannot be committed") {
  const TempDir dir;
  Db db = must_create(dir.file("a.db"));
  REQUIRE(db.exec("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)"));
  auto transaction = Transaction::begin(db, Transaction::Kind::write);
  REQUIRE(transaction);
  REQUIRE(db.exec("INSERT INTO t VALUES (2)"));
  REQUIRE_FALSE(db.exec("INSERT OR ROLLBACK INTO t VALUES (1)"));
  const Status done = transaction->commit();
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == Errc::io);
  CHECK(done.error().detail.find("was undone") != std::string::npos);
  auto count = db.prepare("SELECT count(*) FROM t");
  REQUIRE(count);
  REQUIRE(*count->step());
  CHECK(count->integer(0) == 1);
}

TEST_CASE("assigning gives up what was held") {
  const TempDir dir;
  SECTION("a lock") {
    auto held = FileLock::open(dir.file("a.lock"));
    auto other = FileLock::open(dir.file("b.lock"));
    auto probe = FileLock::open(dir.file("a.lock"));
    REQUIRE((held && other && probe));
    REQUIRE(held->lock());
    CHECK_FALSE(*probe->try_lock());
    REQUIRE(other->lock());
    *held = std::move(*other);
    CHECK(held->locked());
    CHECK(*probe->try_lock());
    auto second = FileLock::open(dir.file("b.lock"));
    REQUIRE(second);
    CHECK_FALSE(*second->try_lock());
  }
  SECTION("a connection and its statement") {
    Db db = must_create(dir.file("a.db"));
    Db other = must_create(dir.file("b.db"));
    REQUIRE(other.exec("CREATE TABLE t(a)"));
    auto statement = db.prepare("SELECT 1");
    auto next = other.prepare("SELECT count(*) FROM t");
    REQUIRE((statement && next));
    *statement = std::move(*next);
    db = std::move(other);
    CHECK(db.file().find("b.db") != std::string::npos);
    REQUIRE(*statement->step());
    CHECK(statement->integer(0) == 0);
  }
}

TEST_CASE("a lock that cannot be is told with its file") {
  const TempDir dir;
  const auto nowhere = FileLock::open(dir.file("no/folder/a.lock"));
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().kind == Errc::io);
  CHECK(nowhere.error().detail.find("no/folder/a.lock") != std::string::npos);
  CHECK_FALSE(FileLock::open(dir.path()));  // a folder

  auto lock = FileLock::open(dir.file("a.lock"));
  REQUIRE(lock);
  lock->unlock();  // of nothing
  REQUIRE(lock->lock());
  const Status twice = lock->lock();
  REQUIRE_FALSE(twice);
  CHECK(twice.error().kind == Errc::internal);
  const auto again = lock->try_lock();
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "locked");
}

TEST_CASE("a database without a name is none") {
  const auto db = Db::open("", {});
  REQUIRE_FALSE(db);
  CHECK(db.error().kind == Errc::usage);
}

TEST_CASE("where no more files can be opened, the advice is to raise that limit") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  OpenOptions options;
  options.create = true;
  REQUIRE(Db::open(file, options));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = ::dup(0);
  ::close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto opened = Db::open(file, {});
  const auto locked = FileLock::beside(file);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().hint.find("ulimit -n") != std::string::npos);
  REQUIRE_FALSE(locked);
  CHECK(locked.error().hint.find("ulimit -n") != std::string::npos);
}
