// What stands in a WAL behind its last commit: damage, or what others left.
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

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

constexpr std::size_t kHeader = 32, kFrame = 24 + 4096, kSector = 512;

// A file with a WAL of commits of one and of many pages, and what each commit left.
struct Written {
  std::string file, wal;
  std::vector<std::string> states;   // the first: without any of the WAL
  std::vector<std::size_t> commits;  // where the last frame of each begins

  std::size_t lost(const std::string& answer) const {
    const auto at = std::find(states.begin(), states.end(), answer);
    REQUIRE(at != states.end());
    return static_cast<std::size_t>(states.end() - at) - 1;
  }
};

Written written(const std::string& name, int commits) {
  Written made;
  auto db = open(name);
  REQUIRE(db);
  fill(*db);
  REQUIRE(db->checkpoint());
  REQUIRE(db->tune(1000, 1'000'000));
  made.states.push_back(*answers(name));
  for (int i = 0; i < commits; ++i) {
    const std::string which = i % 3 == 0 ? "k % 9 = 1" : "k = " + std::to_string(i);
    REQUIRE(db->exec("UPDATE t SET v = printf('%.900d', " + std::to_string(1000 + i) + ") WHERE " +
                     which));
    made.states.push_back(*answers(name));
  }
  made.file = bytes_of(name);
  made.wal = bytes_of(name + "-wal");
  for (std::size_t at = kHeader; at + kFrame <= made.wal.size(); at += kFrame) {
    if (made.wal.compare(at + 4, 4, std::string(4, '\0')) != 0) made.commits.push_back(at);
  }
  REQUIRE(made.commits.size() == static_cast<std::size_t>(commits));
  return made;
}

Result<std::string> answers_of(const std::string& name, const std::string& bytes,
                               const std::string& wal) {
  fs::remove(name + "-shm");
  put_bytes(name, bytes);
  put_bytes(name + "-wal", wal);
  return answers(name);
}

std::string wiped(std::string bytes, std::size_t at, std::size_t count) {
  for (std::size_t i = at; i < std::min(at + count, bytes.size()); ++i) bytes[i] = 0;
  return bytes;
}

}  // namespace

TEST_CASE("wiped salts of a WAL lose no commit but the last without a word") {
  TempDir dir;
  const Written made = written(dir.file("x.db"), 10);
  const std::string copy = dir.file("copy.db");
  const auto look = [&](std::size_t at, std::size_t last) {
    const auto got = answers_of(copy, made.file, wiped(made.wal, at, 8));
    INFO("byte " << at);
    CHECK((got ? made.lost(*got) <= last : got.error().code == "corrupt"));
  };
  look(16, 0);
  for (std::size_t at = kHeader; at < made.wal.size(); at += kFrame) {
    look(at + 8, at > made.commits[made.commits.size() - 2] ? 1 : 0);
  }
}

// A block that lies on the end of the last but one commit and the beginning of the last one leaves
// what a loss of power within one commit may leave, too.
TEST_CASE("a wiped block of a WAL loses no commit but those at its end without a word") {
  TempDir dir;
  const Written made = written(dir.file("x.db"), 8);
  const std::string copy = dir.file("copy.db");
  const std::size_t block = GENERATE(std::size_t{512}, std::size_t{4096});
  const std::size_t before_last = made.commits[made.commits.size() - 2];
  for (std::size_t at = 0; at < made.wal.size(); at += block) {
    const auto got = answers_of(copy, made.file, wiped(made.wal, at, block));
    const std::size_t most = at >= before_last + kFrame ? 1 : at + block > before_last ? 2 : 0;
    INFO("block of " << block << " bytes at " << at);
    CHECK((got ? made.lost(*got) <= most : got.error().code == "corrupt"));
  }
}

TEST_CASE("what a loss of power leaves of the last commit is no damage") {
  TempDir dir;
  const Written made = written(dir.file("x.db"), 10);  // the last one is of many pages
  const std::size_t begin = made.commits[made.commits.size() - 2] + kFrame;
  REQUIRE(made.wal.size() > begin + 5 * kFrame);
  // What was there before: nothing, an earlier use of the file, or another commit that was cut.
  std::string earlier = made.wal;
  for (std::size_t at = kHeader; at < earlier.size(); at += kFrame) earlier[at + 11] ^= 1;
  for (std::size_t at = kHeader; at < earlier.size(); at += kFrame) earlier[at + 14] ^= 1;
  std::string cut = made.wal;
  for (std::size_t at = begin + kFrame; at < cut.size(); ++at) cut[at] ^= 1;
  std::mt19937 random(1);
  const std::string copy = dir.file("copy.db");
  for (const std::string& before : {std::string(made.wal.size(), '\0'), earlier, cut}) {
    for (int i = 0; i < 60; ++i) {
      std::string wal = made.wal;
      for (std::size_t at = begin / kSector * kSector; at < wal.size(); at += kSector) {
        const bool kept = random() % (i < 30 ? 2 : 16) != 0;
        const std::size_t from = std::max(at, begin), to = std::min(at + kSector, wal.size());
        if (!kept) wal.replace(from, to - from, before, from, to - from);
      }
      const auto got = answers_of(copy, made.file, wal);
      REQUIRE(got);
      CHECK(made.lost(*got) <= 1);
    }
  }
}

TEST_CASE("a cut commit over another one is no damage") {
  TempDir dir;
  const Written made = written(dir.file("x.db"), 10);
  const std::size_t begin = made.commits[made.commits.size() - 2] + kFrame;
  const std::string copy = dir.file("copy.db");
  REQUIRE(answers_of(copy, made.file, made.wal.substr(0, begin)));
  REQUIRE(open(copy)->exec("UPDATE t SET v = printf('%.900d', 7) WHERE k IN (5, 50)"));
  const std::string shorter = bytes_of(copy + "-wal");
  REQUIRE(shorter.size() >= begin + 2 * kFrame);
  REQUIRE(shorter.size() < made.wal.size());
  for (std::size_t at = begin; at < shorter.size(); at += kSector) {
    INFO("byte " << at);
    CHECK(
        answers_of(copy, made.file, wiped(shorter, at, kSector) + made.wal.substr(shorter.size())));
  }
}

TEST_CASE("behind a commit that was cut, an earlier use of the WAL is no damage") {
  TempDir dir;
  const std::string file = dir.file("x.db"), copy = dir.file("copy.db");
  auto db = open(file);
  REQUIRE(db);
  fill(*db);
  REQUIRE(db->tune(1000, 1'000'000));
  const auto change = [&](int i) {
    REQUIRE(db->exec("UPDATE t SET v = '" + std::to_string(i) + "' WHERE k % 7 = 3"));
  };
  for (int i = 0; i < 9; ++i) change(i);
  REQUIRE(sqlite3_wal_checkpoint_v2(db->raw(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr,
                                    nullptr) == SQLITE_OK);
  for (int i = 9; i < 12; ++i) change(i);
  const std::string sound = bytes_of(file), wal = bytes_of(file + "-wal");
  for (std::size_t at = kHeader; at < wal.size(); at += kFrame) {
    INFO("frame at " << at);
    const auto got = answers_of(copy, sound, wiped(wal, at, kFrame));
    CHECK((got || got.error().code == "corrupt"));
  }
  // The last commit of this use.
  std::size_t end = kHeader;
  while (wal.compare(end + 8, 8, wal, 16, 8) == 0) end += kFrame;
  CHECK(answers_of(copy, sound, wiped(wal, end - kFrame, kFrame)));
  CHECK(answers_of(copy, sound, wiped(wal, end - kFrame + 8, 8)));
}

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
