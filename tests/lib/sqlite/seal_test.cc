// Pages are sealed: a byte that changed on the disk is an error and never another answer.
#include <filesystem>
#include <fstream>

#include "sqlite/adopt.h"
#include "sqlite/db.h"
#include "sqlite/examine.h"
#include "support/catch.h"
#include "support/file_bytes.h"
#include "support/flip.h"
#include "support/raw_sqlite.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;
using offsync::test::bytes_of;
using offsync::test::flip_bytes;
using offsync::test::put_bytes;
using offsync::test::RawDb;
using offsync::test::refused_flips;
using offsync::test::TempDir;
namespace fs = std::filesystem;

namespace {

constexpr std::int32_t kApplication = 77;
constexpr Migration kSteps[] = {
    {"first", "CREATE TABLE t(k INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, v TEXT NOT NULL)"},
    {"second", "CREATE TABLE u(x)", true}};

std::string name_of(int k) {
  return "name-" + std::to_string(k * 7919 % 1000);
}

// 300 rows; each tenth does not fit a page.
void fill(Db& db) {
  auto transaction = Transaction::begin(db, Transaction::Kind::write);
  REQUIRE(transaction);
  auto put = db.prepare("INSERT INTO t VALUES (?, ?, ?)");
  REQUIRE(put);
  for (int k = 0; k < 300; ++k) {
    const std::string name = name_of(k),
                      value(k % 10 == 0 ? 9000 : 40, static_cast<char>('a' + k % 26));
    REQUIRE(put->bind(1, k).bind(2, name).bind(3, value).run());
  }
  REQUIRE(transaction->commit());
}

Result<Db> open(const std::string& file, bool create = false) {
  OpenOptions options;
  options.create = create;
  OFFSYNC_ASSIGN(Db db, Db::open(file, options));
  OFFSYNC_TRY(migrate(db, kApplication, kSteps));
  return db;
}

// All that can be asked, as text: rows in order, rows by name, and names that there are not.
Result<std::string> answers(const std::string& file) {
  OFFSYNC_ASSIGN(Db db, open(file));
  std::string text;
  OFFSYNC_ASSIGN(Statement all, db.prepare("SELECT k, name, v FROM t ORDER BY k"));
  for (;;) {
    OFFSYNC_ASSIGN(const bool row, all.step());
    if (!row) break;
    text.append(all.text(0)).append(all.text(1)).append(all.text(2)).append("\n");
  }
  OFFSYNC_ASSIGN(Statement one, db.prepare("SELECT v FROM t WHERE name = ?"));
  for (int k = 0; k < 310; ++k) {
    const std::string name = k < 300 ? name_of(k) : "none-" + std::to_string(k);
    OFFSYNC_ASSIGN(const bool row, one.bind(1, name).step());
    text.append(row ? one.text(0) : "-").append("\n");
    one.reset();
  }
  return text;
}

void make(const std::string& file) {
  auto db = open(file, true);
  REQUIRE(db);
  fill(*db);
  REQUIRE(db->checkpoint());
}

void back_up(const std::string& file, const std::string& copy) {
  RawDb from(file), to(copy);
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  REQUIRE(backup != nullptr);
  CHECK(sqlite3_backup_step(backup, -1) == SQLITE_DONE);
  CHECK(sqlite3_backup_finish(backup) == SQLITE_OK);
}

}  // namespace

TEST_CASE("a flipped byte gives the right answer or an error, never another answer") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  const auto right = answers(file);
  REQUIRE(right);
  CHECK(refused_flips(file, 500, 20261127, *right, [&] { return answers(file); }) > 500);
}

TEST_CASE("the error names the page") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  std::string bytes = bytes_of(file);
  bytes[2 * 4096 + 2000] ^= 1;
  put_bytes(file, bytes);
  const auto got = answers(file);
  REQUIRE_FALSE(got);
  CHECK(got.error().kind == Errc::io);
  CHECK(got.error().code == "corrupt");
  CHECK(got.error().detail.find("page 3 ") != std::string::npos);
}

TEST_CASE("a page of zeros is an error") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  const std::string sound = bytes_of(file);
  for (std::size_t page = 0; page < sound.size() / 4096; page += 7) {
    std::string bytes = sound;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page * 4096), 4096, '\0');
    put_bytes(file, bytes);
    INFO("page " << page + 1);
    CHECK_FALSE(answers(file));
  }
}

TEST_CASE("a page whose end is zeros is an error, its seal among them") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  const std::string sound = bytes_of(file);
  const std::size_t zeros = GENERATE(8, 512, 4000);
  for (std::size_t page = 1; page < sound.size() / 4096; page += 3) {
    std::string bytes = sound;
    const std::size_t end = (page + 1) * 4096;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(end - zeros),
              bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
    put_bytes(file, bytes);
    INFO("page " << page + 1);
    const auto got = answers(file);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "corrupt");
  }
}

TEST_CASE("pages that others wrote are taken, and sealed once they are looked at") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  make(file);
  {
    auto db = open(file);
    REQUIRE(db);
    auto change = Transaction::begin(*db, Transaction::Kind::write);
    REQUIRE(change);
    REQUIRE(db->exec("UPDATE t SET v = v || 'y' WHERE k % 3 = 0"));
    REQUIRE(change->commit());
  }
  const auto right = answers(file);
  REQUIRE(right);
  std::string used = file;
  SECTION("a checkpoint") {
    RawDb other(file);
    CHECK(other.run("PRAGMA wal_checkpoint(TRUNCATE)") == SQLITE_OK);
  }
  SECTION("VACUUM") {
    RawDb other(file);
    CHECK(other.run("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)") == SQLITE_OK);
  }
  SECTION("a backup") {
    back_up(file, copy);
    used = copy;
  }
  CHECK(*answers(used) == *right);
  auto db = open(used);
  REQUIRE(db);
  CHECK(needs_adoption(*db));
  REQUIRE(adopt(*db));
  CHECK_FALSE(needs_adoption(*db));
  PagesRead read = *read_all_pages(*db, [](const std::string& problem) { FAIL(problem); });
  CHECK(read.unsealed == 0);
  CHECK(*answers(used) == *right);
  std::string bytes = bytes_of(used);
  std::fill_n(bytes.begin() + 4 * 4096 + 4088, 8, '\0');
  put_bytes(used, bytes);
  CHECK_FALSE(answers(used));
}

TEST_CASE("pages that others wrote and that do not fit are damage") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  make(file);
  {
    RawDb from(file);
    REQUIRE(from.run("VACUUM INTO '" + copy + "'") == SQLITE_OK);
  }
  std::string bytes = bytes_of(copy);
  bytes[2 * 4096 + 5] ^= 1;  // where the cells begin
  put_bytes(copy, bytes);
  auto db = open(copy);
  REQUIRE(db);
  const Status adopted = adopt(*db);
  REQUIRE_FALSE(adopted);
  CHECK(adopted.error().code == "corrupt");
}

TEST_CASE("a page in another one's place is an error") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  std::string bytes = bytes_of(file);
  std::copy_n(bytes.begin() + 4 * 4096, 4096, bytes.begin() + 5 * 4096);
  put_bytes(file, bytes);
  CHECK_FALSE(answers(file));
}

TEST_CASE("a file without seals gets them with the step that brings them") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  {
    RawDb old(file, "PRAGMA journal_mode=WAL");
    REQUIRE(old.run(kSteps[0].sql) == SQLITE_OK);
    REQUIRE(old.run("PRAGMA application_id=77; PRAGMA user_version=1") == SQLITE_OK);
    for (int k = 0; k < 300; ++k) {
      REQUIRE(old.run("INSERT INTO t VALUES (" + std::to_string(k) + ", '" + name_of(k) + "', '" +
                      std::string(k % 10 == 0 ? 9000 : 40, 'x') + "')") == SQLITE_OK);
    }
  }
  const auto right = answers(file);
  REQUIRE(right);
  CHECK(*answers(file) == *right);
  std::string bytes = bytes_of(file);
  REQUIRE(bytes[20] == 8);
  for (std::size_t page = 0; page < bytes.size() / 4096; ++page) {
    CHECK(bytes.substr(page * 4096 + 4088, 4) == "osel");
  }
  bytes[9 * 4096 + 77] ^= 4;
  put_bytes(file, bytes);
  CHECK_FALSE(answers(file));
}

TEST_CASE("a file whose header lost its room for seals is damaged, not one without") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  std::string bytes = bytes_of(file);
  bytes[20] = 0;
  const bool bare = GENERATE(false, true);
  for (std::size_t at = 4096; bare && at <= bytes.size(); at += 4096) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at - 8), 8, '\0');
  }
  put_bytes(file, bytes);
  const auto got = answers(file);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == "corrupt");
}

TEST_CASE("a file whose first page is no database's is damaged where the others are ours") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  std::string bytes = bytes_of(file);
  const std::size_t count = GENERATE(16, 100, 4096);
  const char with = GENERATE('\0', 'x');
  std::fill_n(bytes.begin(), count, with);
  put_bytes(file, bytes);
  const auto got = answers(file);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == "corrupt");
  CHECK(got.error().detail.find("page 1 ") != std::string::npos);
}

TEST_CASE("a backup by SQLite's own means can be used, from the WAL as well") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  auto db = open(file, true);
  REQUIRE(db);
  fill(*db);
  REQUIRE(db->checkpoint());
  REQUIRE(db->exec("UPDATE t SET v = v || 'y' WHERE k % 3 = 0"));  // stays in the WAL
  const auto right = answers(file);
  REQUIRE(right);
  SECTION("backup") {
    back_up(file, copy);
  }
  SECTION("VACUUM INTO") {
    RawDb from(file);
    CHECK(from.run("VACUUM INTO '" + copy + "'") == SQLITE_OK);
  }
  CHECK(*answers(copy) == *right);
  auto again = open(copy);
  REQUIRE(again);
  REQUIRE(again->exec("UPDATE t SET v = v || 'z'"));
  REQUIRE(again->checkpoint());
  CHECK(answers(copy));
}

TEST_CASE("another program's file is left alone, whatever its pages end with") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  {
    RawDb theirs(file);
    REQUIRE(theirs.run("CREATE TABLE theirs(x); PRAGMA application_id=5; PRAGMA user_version=9") ==
            SQLITE_OK);
  }
  const std::string before = bytes_of(file);
  const auto got = open(file);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == "not_ours");
  CHECK(bytes_of(file) == before);
}

TEST_CASE("a flipped byte of a WAL loses no more than its last commit without a word") {
  TempDir dir;
  const std::string file = dir.file("x.db");
  make(file);
  std::vector<std::string> states{*answers(file)};
  std::vector<std::uintmax_t> ends;
  {
    auto db = open(file);
    REQUIRE(db);
    for (int i = 0; i < 12; ++i) {
      REQUIRE(db->exec("UPDATE t SET v = '" + std::to_string(i) +
                       "' WHERE k % 7 = " + std::to_string(i % 7)));
      states.push_back(*answers(file));
      ends.push_back(fs::file_size(file + "-wal"));
    }
  }
  const std::string sound = bytes_of(file);
  REQUIRE(fs::file_size(file + "-wal") == ends.back());
  int refused = 0;
  flip_bytes(file + "-wal", 400, 7, [&](std::size_t at) {
    std::ofstream(file, std::ios::binary) << sound;
    fs::remove(file + "-shm");
    const auto got = answers(file);
    INFO("byte " << at << " of " << ends.back());
    if (!got) {
      ++refused;
      INFO(got.error().message());
      REQUIRE(got.error().kind == Errc::io);
      REQUIRE(got.error().code == "corrupt");
      return;
    }
    const bool of_the_last = at >= ends[ends.size() - 2];
    REQUIRE((*got == states.back() || (of_the_last && *got == states[states.size() - 2])));
  });
  CHECK(refused > 300);
}

TEST_CASE("a backup by SQLite's own tools is sound, and a byte that changes in it is seen") {
  TempDir dir;
  const std::string file = dir.file("t.db"), copy = dir.file("copy.db");
  make(file);
  const auto right = answers(file);
  REQUIRE(right);
  back_up(file, copy);
  const auto copied = answers(copy);
  INFO((copied ? "" : copied.error().message()));
  REQUIRE(copied);
  CHECK(*copied == *right);
  std::string bytes = bytes_of(copy);
  bytes[2 * 4096 + 2000] ^= 1;
  put_bytes(copy, bytes);
  CHECK_FALSE(answers(copy));
}

TEST_CASE("a file that was cut is an error, wherever") {
  TempDir dir;
  const std::string file = dir.file("t.db");
  make(file);
  const auto right = answers(file);
  REQUIRE(right);
  const auto size = fs::file_size(file);
  for (const std::uintmax_t cut : {1, 60, 200, 1900, 4095, 4096, 4097, 8192, 40000}) {
    INFO("cut by " << cut);
    const std::string copy = dir.file("cut.db");
    fs::remove(copy + "-wal");
    fs::remove(copy + "-shm");
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
    fs::resize_file(copy, size - cut);
    const auto got = answers(copy);
    REQUIRE((!got || *got == *right));
    if (!got) CHECK(got.error().code == "corrupt");
  }
}
