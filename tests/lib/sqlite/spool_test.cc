// Where SQLite puts what has no room in memory.
#include <filesystem>
#include <set>

#include "sqlite/db.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
namespace fs = std::filesystem;

namespace {

// The folders of the files that this process has open and that have no name any more.
std::set<std::string> folders_of_nameless() {
  std::set<std::string> folders;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const std::string file = fs::read_symlink(entry.path(), error).string();
    if (error || !file.ends_with(" (deleted)")) continue;
    folders.insert(fs::path(file).parent_path().string());
  }
  return folders;
}

Db filled(const std::string& file) {
  OpenOptions options;
  options.create = true;
  auto db = Db::open(file, options);
  REQUIRE(db);
  REQUIRE(db->exec("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL)"));
  REQUIRE(
      db->exec("WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
               " INSERT INTO t SELECT i, hex(randomblob(1000)) FROM n"));
  return std::move(*db);
}

// The statement's journal is there until the transaction ends.
std::set<std::string> folders_while_writing(Db& db) {
  const auto before = folders_of_nameless();
  REQUIRE(db.exec("BEGIN; UPDATE t SET b = b || 'x' WHERE a > 1; UPDATE t SET b = b || 'y'"));
  auto folders = folders_of_nameless();
  REQUIRE(db.exec("ROLLBACK"));
  for (const std::string& folder : before) folders.erase(folder);
  return folders;
}

}  // namespace

TEST_CASE("what a statement spools lies beside the file, and nowhere else", "[spool]") {
  test::TempDir dir, other;
  Db db = filled(dir.file("a.db"));
  CHECK(folders_while_writing(db) == std::set{fs::path(dir.file("a.db")).parent_path().string()});
  fs::create_symlink(dir.file("a.db"), other.file("link.db"));
  auto linked = Db::open(other.file("link.db"), {});
  REQUIRE(linked);
  CHECK(folders_while_writing(*linked) ==
        std::set{fs::path(dir.file("a.db")).parent_path().string()});
}

TEST_CASE("who only reads sorts in memory", "[spool]") {
  test::TempDir dir;
  filled(dir.file("a.db"));
  OpenOptions options;
  options.read_only = true;
  auto db = Db::open(dir.file("a.db"), options);
  REQUIRE(db);
  const auto before = folders_of_nameless();
  auto sorted = db->prepare("SELECT b FROM t ORDER BY b");
  REQUIRE(sorted);
  REQUIRE(sorted->step());
  CHECK(folders_of_nameless() == before);
}
