#include <filesystem>

#include "sqlite/db.h"
#include "sqlite/format_by_tables.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;

namespace {

constexpr std::int32_t kId = 0x74657374;
constexpr Migration kOne[] = {{"one", "CREATE TABLE a(x)"}};
constexpr Migration kTwo[] = {{"one", "CREATE TABLE a(x)"},
                              {"two", "ALTER TABLE a ADD COLUMN y; CREATE TABLE b(z)"}};
constexpr Migration kBad[] = {{"one", "CREATE TABLE a(x)"},
                              {"bad", "CREATE TABLE c(z); CREATE TABLE a(x)"}};

Db fresh(const std::string& file) {
  OpenOptions options;
  options.create = true;
  auto db = Db::open(file, options);
  REQUIRE(db);
  return std::move(*db);
}

Format format(Db& db) {
  const auto format = format_of(db);
  REQUIRE(format);
  return *format;
}

}  // namespace

TEST_CASE("migrations run once, in order") {
  test::TempDir dir;
  Db db = fresh(dir.file("a.db"));
  CHECK(format(db).empty);
  REQUIRE(migrate(db, kId, kOne));
  CHECK(format(db).version == 1);
  CHECK(format(db).application_id == kId);
  CHECK_FALSE(format(db).empty);
  REQUIRE(migrate(db, kId, kOne));
  REQUIRE(db.exec("INSERT INTO a VALUES (1)"));
  REQUIRE(migrate(db, kId, kTwo));
  CHECK(format(db).version == 2);
  CHECK(db.exec("INSERT INTO a(x, y) VALUES (1, 2); INSERT INTO b VALUES (3)"));
}

TEST_CASE("a step that fails leaves the format before it") {
  test::TempDir dir;
  Db db = fresh(dir.file("a.db"));
  REQUIRE(migrate(db, kId, kOne));
  const Status done = migrate(db, kId, kBad);
  REQUIRE_FALSE(done);
  CHECK(done.error().detail.find("\"bad\"") != std::string::npos);
  CHECK(format(db).version == 1);
  CHECK_FALSE(db.exec("INSERT INTO c VALUES (1)"));  // the step's first half is undone
}

TEST_CASE("a newer format is refused and not changed") {
  test::TempDir dir;
  Db db = fresh(dir.file("a.db"));
  REQUIRE(migrate(db, kId, kTwo));
  const Status done = migrate(db, kId, kOne);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == Errc::config);
  CHECK(done.error().code == "newer_format");
  CHECK(format(db).version == 2);
}

TEST_CASE("another program's database is refused and not changed") {
  test::TempDir dir;
  Db db = fresh(dir.file("a.db"));
  SECTION("with an application id") {
    REQUIRE(db.exec("PRAGMA application_id=42"));
  }
  SECTION("with tables and no id") {
    REQUIRE(db.exec("CREATE TABLE theirs(x)"));
  }
  SECTION("with a version and no id") {
    REQUIRE(db.exec("PRAGMA user_version=1"));
  }
  REQUIRE(db.exec("PRAGMA journal_mode=DELETE"));
  const Status done = migrate(db, kId, kOne);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == Errc::config);
  CHECK(done.error().code == "not_ours");
  CHECK_FALSE(db.exec("INSERT INTO a VALUES (1)"));
  auto mode = db.prepare("PRAGMA journal_mode");
  REQUIRE(mode);
  REQUIRE(mode->step());
  CHECK(mode->text(0) == "delete");
}

TEST_CASE("a copy that lost its WAL gets it back") {
  test::TempDir dir;
  {
    Db db = fresh(dir.file("a.db"));
    REQUIRE(migrate(db, kId, kOne));
    REQUIRE(db.exec("VACUUM INTO '" + dir.file("b.db") + "'"));
  }
  Db copy = fresh(dir.file("b.db"));
  REQUIRE(migrate(copy, kId, kOne));
  auto mode = copy.prepare("PRAGMA journal_mode");
  REQUIRE(mode);
  REQUIRE(mode->step());
  CHECK(mode->text(0) == "wal");
}

TEST_CASE("a header that says another format than the tables is damage, and can be mended") {
  const std::vector<std::string> wrong = {
      "user_version=0",   "user_version=1",   "user_version=-3",
      "application_id=0", "application_id=7", "application_id=0; PRAGMA user_version=0"};
  for (const std::string& one : wrong) {
    INFO(one);
    test::TempDir dir;
    Db db = fresh(dir.file("a.db"));
    REQUIRE(migrate(db, kId, kTwo));
    REQUIRE(db.exec("CREATE INDEX somebodys ON b(z); INSERT INTO b VALUES (3)"));
    REQUIRE(db.exec("PRAGMA " + one));
    for (const Status& done : {migrate(db, kId, kTwo), check_format(db, kId, kTwo)}) {
      REQUIRE_FALSE(done);
      CHECK(done.error().kind == Errc::io);
      CHECK(done.error().code == "corrupt");
      CHECK(done.error().detail.find("tables are those of format 2") != std::string::npos);
    }
    const auto mended = mend_format(db, kId, kTwo);
    REQUIRE(mended);
    CHECK(*mended);
    CHECK(migrate(db, kId, kTwo));
    CHECK(format(db).version == 2);
    CHECK(format(db).application_id == kId);
    CHECK_FALSE(*mend_format(db, kId, kTwo));
  }
}

TEST_CASE("older tables under the newest format's number are brought up to date") {
  test::TempDir dir;
  Db db = fresh(dir.file("a.db"));
  REQUIRE(migrate(db, kId, kOne));
  REQUIRE(db.exec("PRAGMA user_version=2"));
  CHECK(*mend_format(db, kId, kTwo));
  REQUIRE(migrate(db, kId, kTwo));
  CHECK(db.exec("INSERT INTO b VALUES (3)"));
}

TEST_CASE("a header is not mended where the tables do not tell") {
  test::TempDir dir;
  Db db = fresh(dir.file("a.db"));
  REQUIRE(migrate(db, kId, kTwo));
  SECTION("a newer one") {
    REQUIRE(db.exec("PRAGMA user_version=3"));
    CHECK(migrate(db, kId, kTwo).error().code == "newer_format");
  }
  SECTION("a table of another program") {
    REQUIRE(db.exec("PRAGMA application_id=7; DROP TABLE b"));
    CHECK(migrate(db, kId, kTwo).error().code == "not_ours");
  }
  SECTION("another one's newer version") {
    REQUIRE(db.exec("PRAGMA application_id=7; PRAGMA user_version=3"));
    CHECK(migrate(db, kId, kTwo).error().code == "not_ours");
  }
  SECTION("a table that is gone") {
    REQUIRE(db.exec("DROP TABLE b"));
    CHECK(migrate(db, kId, kTwo));
  }
  SECTION("a format that there never was") {
    REQUIRE(db.exec("DROP TABLE b; PRAGMA user_version=-1"));
    CHECK(migrate(db, kId, kTwo).error().code == "corrupt");
  }
  CHECK_FALSE(*mend_format(db, kId, kTwo));
}
