// The main file alone, and a look at a file that leaves nothing behind.
#include "sqlite/examine.h"

#include <filesystem>
#include <iterator>
#include <set>
#include <vector>

#include "sqlite/db.h"
#include "support/catch.h"
#include "support/raw_sqlite.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
using offsync::test::TempDir;
namespace fs = std::filesystem;

namespace {

constexpr std::int32_t kApplication = 77;
constexpr Migration kSteps[] = {{"first", "CREATE TABLE t(x)", true}};

Db made(const std::string& file) {
  OpenOptions options;
  options.create = true;
  auto db = Db::open(file, options);
  REQUIRE(db);
  REQUIRE(migrate(*db, kApplication, kSteps));
  REQUIRE(db->exec("INSERT INTO t VALUES (1)"));
  return std::move(*db);
}

// How many rows a copy of the file has that is made without its WAL; -1: it is not ours.
int rows_alone(const std::string& file) {
  const std::string copy = file + ".copy";
  fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
  int rows = -1;
  (void)examine(copy, kApplication, kSteps, [&](Db& db) -> Status {
    OFFSYNC_ASSIGN(Statement count, db.prepare("SELECT count(*) FROM t"));
    OFFSYNC_ASSIGN(const bool row, count.step());
    rows = row ? static_cast<int>(count.integer(0)) : -1;
    return {};
  });
  return rows;
}

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

}  // namespace

TEST_CASE("a file that is settled says whose it is without its WAL") {
  TempDir dir;
  const std::string file = dir.file("a.db");
  Db db = made(file);
  CHECK(rows_alone(file) == -1);
  REQUIRE(settle(db));
  CHECK(rows_alone(file) == 1);
  // From then on the WAL is copied as ever.
  REQUIRE(db.exec("INSERT INTO t VALUES (2)"));
  REQUIRE(settle(db));
  CHECK(rows_alone(file) == 1);
  REQUIRE(db.checkpoint());
  CHECK(rows_alone(file) == 2);
}

TEST_CASE("a file is examined with its WAL, whose pages count") {
  TempDir dir;
  const std::string file = dir.file("a.db"), link = dir.file("link.db");
  Db db = made(file);
  REQUIRE(settle(db));
  for (int i = 0; i < 20; ++i) REQUIRE(db.exec("INSERT INTO t VALUES (zeroblob(3000))"));
  fs::create_symlink("a.db", link);
  for (const std::string& name : {file, link}) {
    std::uint64_t pages = 0;
    REQUIRE(examine(name, kApplication, kSteps, [&](Db& looked) -> Status {
      OFFSYNC_ASSIGN(const PagesRead read,
                     read_all_pages(looked, [](const std::string& problem) { FAIL(problem); }));
      pages = read.pages;
      return {};
    }));
    CHECK(pages > 20);
    CHECK(pages > fs::file_size(file) / 4096);
  }
}

TEST_CASE("beside a file that stands alone an examination leaves nothing") {
  TempDir dir;
  {
    Db db = made(dir.file("a.db"));
    REQUIRE(db.checkpoint());
  }
  fs::remove(dir.file("a.db-wal"));
  fs::remove(dir.file("a.db-shm"));
  int looked = 0;
  REQUIRE(examine(dir.file("a.db"), kApplication, kSteps, [&](Db&) -> Status {
    ++looked;
    return {};
  }));
  CHECK(looked == 1);
  CHECK(names_in(dir.path()) == std::set<std::string>{"a.db"});
}

TEST_CASE("where somebody begins to write to it meanwhile, the file is examined again") {
  TempDir dir;
  const std::string file = dir.file("a.db");
  {
    Db db = made(file);
    REQUIRE(db.checkpoint());
  }
  fs::remove(file + "-wal");
  fs::remove(file + "-shm");
  std::vector<std::int64_t> seen;
  REQUIRE(examine(file, kApplication, kSteps, [&](Db& looked) -> Status {
    if (seen.empty()) {
      auto writer = Db::open(file, {});
      REQUIRE(writer);
      REQUIRE(writer->exec("INSERT INTO t VALUES (2)"));
    }
    OFFSYNC_ASSIGN(Statement count, looked.prepare("SELECT count(*) FROM t"));
    OFFSYNC_ASSIGN(const bool row, count.step());
    REQUIRE(row);
    seen.push_back(count.integer(0));
    return {};
  }));
  CHECK(seen == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("what is not ours, or of another format, is not examined") {
  TempDir dir;
  const std::string file = dir.file("a.db");
  const auto code = [&](std::int32_t application, std::span<const Migration> steps) {
    const Status done = examine(file, application, steps, [](Db&) -> Status {
      FAIL("it was looked at");
      return {};
    });
    REQUIRE_FALSE(done);
    return done.error().code;
  };
  constexpr Migration kOthers[] = {{"first", "CREATE TABLE other(x)", true}};
  constexpr Migration kNewer[] = {kSteps[0], {"second", "CREATE TABLE u(x)"}};
  CHECK(code(kApplication, kSteps) == "no_such_file");
  Db db = made(file);
  CHECK(code(kApplication + 1, kOthers) == "not_ours");
  CHECK(code(kApplication + 1, kSteps) == "corrupt");
  CHECK(code(kApplication, {}) == "newer_format");
  CHECK(code(kApplication, kNewer) == "old_format");
}

TEST_CASE("what is said of many pages is told a few times, with their number") {
  TempDir dir;
  const std::string file = dir.file("a.db");
  { Db db = made(file); }
  {
    test::RawDb other(file);
    REQUIRE(other.run(
                "CREATE TABLE lost(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM"
                " n WHERE i < 400) INSERT INTO lost SELECT randomblob(2000) FROM n;"
                "PRAGMA writable_schema=1; DELETE FROM sqlite_schema WHERE name = 'lost'") ==
            SQLITE_OK);
  }
  OpenOptions options;
  options.read_only = true;
  auto db = Db::open(file, options);
  REQUIRE(db);
  std::vector<std::string> problems;
  check_structure(*db, [&](const std::string& problem) { problems.push_back(problem); });
  REQUIRE(problems.size() == 4);
  for (int i = 0; i < 3; ++i) CHECK(problems[i].find("is never used") != std::string::npos);
  CHECK(problems[3].find(": and 198 more such as Page ") != std::string::npos);
}
