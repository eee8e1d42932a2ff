// What stands in a WAL behind its last commit: damage, or what others left.
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "sqlite/db.h"
#include "sqlite/examine.h"
#include "support/catch.h"
#include "support/file_bytes.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
using offsync::test::bytes_of;
using offsync::test::put_bytes;
using offsync::test::TempDir;
namespace fs = std::filesystem;

namespace {

constexpr Migration kSteps[] = {{"first", "CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)"}};

Result<Db> open(const std::string& file) {
  OpenOptions options;
  options.create = true;
  OFFSYNC_ASSIGN(Db db, Db::open(file, options));
  OFFSYNC_TRY(migrate(db, 77, kSteps));
  return db;
}

// A change of every seventh row is one of many pages.
void fill(Db& db) {
  REQUIRE(
      db.exec("WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < 99) "
              "INSERT INTO t SELECT k, printf('%.900d', k) FROM n"));
}

Result<std::string> answers(const std::string& file) {
  OFFSYNC_ASSIGN(Db db, open(file));
  OFFSYNC_ASSIGN(Statement all, db.prepare("SELECT v FROM t ORDER BY k"));
  std::string text;
  for (;;) {
    OFFSYNC_ASSIGN(const bool row, all.step());
    if (!row) return text;
    text.append(all.text(0)).append("\n");
  }
}

}  // namespace

// Who is killed behind the commit's frame, and before others are told of it, leaves a commit that
// the next writer's frames go over from the front: the shorter one of a second such process, say.
TEST_CASE("commits of killed writers, one over the other, are no damage") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  auto db = open(file);
  REQUIRE(db);
  fill(*db);
  REQUIRE(db->exec("UPDATE t SET v = 'known' WHERE k = 3"));
  const std::string sound = bytes_of(file), known = bytes_of(file + "-wal");
  const auto with = [&](const char* name, const std::string& wal, const std::string& change) {
    const std::string copy = dir.file(name);
    put_bytes(copy, sound);
    put_bytes(copy + "-wal", wal);
    auto other = open(copy);
    REQUIRE(other);
    if (!change.empty()) REQUIRE(other->exec(change));
    return std::pair(bytes_of(copy + "-wal"), *answers(copy));
  };
  const auto [longer, after_longer] =
      with("longer.db", known, "UPDATE t SET v = 'longer' WHERE k % 7 = 0");
  const auto [shorter, after_shorter] =
      with("shorter.db", known, "UPDATE t SET v = 'shorter' WHERE k = 5");
  REQUIRE(longer.size() > shorter.size());
  REQUIRE(shorter.size() > known.size());
  const std::string both = shorter + longer.substr(shorter.size());

  // Where nobody was told: both commits are behind the last one that is known.
  {
    std::fstream wal(file + "-wal", std::ios::binary | std::ios::in | std::ios::out);
    wal << both;
  }
  std::string problems;
  REQUIRE(read_all_pages(*db, [&](const std::string& problem) { problems += problem + "\n"; }));
  CHECK(problems.empty());
  CHECK(answers(file));
  REQUIRE(db->exec("UPDATE t SET v = 'next' WHERE k = 4"));
  CHECK(answers(file)->find("next") != std::string::npos);
  // Where all were killed: the first that comes takes the commit that is whole.
  CHECK(with("all.db", both, "").second == after_shorter);
  CHECK(after_shorter != after_longer);
}

TEST_CASE("where nobody writes, a WAL's damage is seen without its index") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  {
    auto db = open(file);
    REQUIRE(db);
    fill(*db);
    for (int i = 0; i < 4; ++i) REQUIRE(db->exec("UPDATE t SET v = 'new' WHERE k = 3"));
  }
  const std::string sound = bytes_of(file), wal = bytes_of(file + "-wal");
  const auto problems = [&](const std::string& of_wal) {
    put_bytes(copy, sound);
    put_bytes(copy + "-wal", of_wal);
    OpenOptions options;
    options.read_only = options.frozen = true;
    auto db = Db::open(copy, options);
    REQUIRE(db);
    std::string found;
    REQUIRE(read_all_pages(*db, [&](const std::string& problem) { found += problem; }));
    return found;
  };
  CHECK(problems(wal).empty());
  std::string flipped = wal;
  flipped[wal.size() / 2] ^= 1;
  CHECK(problems(flipped).find("-wal is damaged") != std::string::npos);
}

TEST_CASE("a bit of a WAL's header that changed loses no commit without a word") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  {
    auto db = open(file);
    REQUIRE(db);
    fill(*db);
    REQUIRE(db->checkpoint());
    const int commits = GENERATE(1, 3);
    for (int i = 0; i < commits; ++i) REQUIRE(db->exec("UPDATE t SET v = 'new' WHERE k = 3"));
  }
  const auto right = answers(file);
  REQUIRE(right);
  const std::string sound = bytes_of(file), wal = bytes_of(file + "-wal");
  for (std::size_t bit = 0; bit < 32 * 8; ++bit) {
    std::string flipped = wal;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    std::filesystem::remove(copy + "-shm");
    put_bytes(copy, sound);
    put_bytes(copy + "-wal", flipped);
    INFO("bit " << bit % 8 << " of byte " << bit / 8);
    const auto got = answers(copy);
    CHECK((got ? *got == *right : got.error().code == "corrupt"));
  }
}

TEST_CASE("a WAL that was begun anew, or cut in its last commit, is sound") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  auto db = open(file);
  REQUIRE(db);
  fill(*db);
  REQUIRE(db->checkpoint());
  REQUIRE(db->tune(1000, 1'000'000));
  const auto change = [&](int i) {
    REQUIRE(db->exec("UPDATE t SET v = '" + std::to_string(i) + "' WHERE k % 7 = 3"));
  };
  for (int i = 0; i < 5; ++i) change(i);
  // The file is kept, with the old frames behind the new ones.
  REQUIRE(sqlite3_wal_checkpoint_v2(db->raw(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr,
                                    nullptr) == SQLITE_OK);
  change(5);
  CHECK(answers(file));
  const auto before = *answers(file);
  const auto end = fs::file_size(file + "-wal");
  db = open(file);
  const std::string wal = bytes_of(file + "-wal"), sound = bytes_of(file);
  REQUIRE(wal.size() == end);
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{31}, std::size_t{32}, std::size_t{5000}}) {
    const std::string copy = dir.file("copy" + std::to_string(cut) + ".db");
    std::ofstream(copy, std::ios::binary) << sound;
    std::ofstream(copy + "-wal", std::ios::binary) << wal.substr(0, cut);
    CHECK(answers(copy));
  }
}
