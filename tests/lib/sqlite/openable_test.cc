// Files that SQLite would harm, or wait for.
#include "sqlite/openable.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "sqlite/db.h"
#include "sqlite/first_page.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
namespace fs = std::filesystem;

namespace {

// With a commit that only the WAL has.
void make(const std::string& file) {
  OpenOptions options;
  options.create = true;
  auto db = Db::open(file, options);
  REQUIRE(db);
  REQUIRE(db->exec("CREATE TABLE t(x); INSERT INTO t VALUES (1)"));
}

std::string code_of_open(const std::string& file, bool create = false, bool read_only = false) {
  OpenOptions options;
  options.create = create;
  options.read_only = read_only;
  const auto db = Db::open(file, options);
  return db ? "" : db.error().code;
}

}  // namespace

TEST_CASE("a WAL whose database was emptied, or is gone, is not deleted") {
  const test::TempDir dir;
  const std::string file = dir.file("x.db"), wal = file + "-wal";
  make(file);
  const auto bytes = fs::file_size(wal);
  REQUIRE(bytes > 0);
  SECTION("emptied") {
    fs::resize_file(file, 0);
    CHECK(code_of_open(file) == "wal_alone");
    CHECK(code_of_open(file, false, true) == "wal_alone");
    CHECK_FALSE(first_page_lost(file));
  }
  SECTION("gone") {
    fs::remove(file);
    CHECK(code_of_open(file) == "no_such_file");
  }
  SECTION("gone, by another name") {
    fs::remove(file);
    fs::create_symlink("x.db", dir.file("y.db"));
    CHECK(code_of_open(dir.file("y.db"), true) == "wal_alone");
  }
  CHECK(code_of_open(file, true) == "wal_alone");
  CHECK(fs::file_size(wal) == bytes);
  fs::resize_file(wal, 0);
  CHECK(code_of_open(file, true).empty());
}

TEST_CASE("a file with two names is not opened by either") {
  const test::TempDir dir;
  const std::string file = dir.file("x.db"), other = dir.file("y.db");
  make(file);
  fs::create_hard_link(file, other);
  fs::create_symlink("x.db", dir.file("soft.db"));
  for (const std::string& name : {file, other, dir.file("soft.db")}) {
    CHECK(code_of_open(name) == "hard_link");
    CHECK(code_of_open(name, true) == "hard_link");
    CHECK(code_of_open(name, false, true) == "hard_link");
  }
  CHECK_FALSE(fs::exists(other + "-wal"));
  OpenOptions frozen;
  frozen.read_only = frozen.frozen = true;
  CHECK(Db::open(other, frozen));
  fs::remove(other);
  CHECK(code_of_open(file).empty());
}

TEST_CASE("what SQLite keeps beside a file must be files") {
  const test::TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  for (const char* end : {"-wal", "-shm", "-journal"}) {
    for (const bool pipe : {false, true}) {
      INFO(end << pipe);
      const std::string beside = file + end;
      if (fs::exists(beside)) fs::rename(beside, dir.file("aside"));
      REQUIRE((pipe ? ::mkfifo(beside.c_str(), 0600) : ::mkdir(beside.c_str(), 0700)) == 0);
      const auto db = Db::open(file, {});
      REQUIRE_FALSE(db);
      CHECK(db.error().code == "not_a_file");
      CHECK(db.error().detail.find(beside + (pipe ? " is a pipe" : " is a folder")) !=
            std::string::npos);
      fs::remove(beside);
      if (fs::exists(dir.file("aside"))) fs::rename(dir.file("aside"), beside);
    }
  }
  CHECK(code_of_open(file).empty());
}
