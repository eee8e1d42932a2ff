// SQLite on a SimDisk does what it does on a real one.
#include "support/catch.h"
#include "support/raw_sqlite.h"
#include "support/sim_disk.h"
#include "support/sim_inode.h"
#include "support/temp_dir.h"

using namespace offsync::test;

namespace {

constexpr const char* kSetUp =
    "PRAGMA cache_size=8;"
    "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b, c);"
    "CREATE INDEX IF NOT EXISTS t_b ON t(b);";

// One statement; the same for the same draws.
std::string draw_sql(SimRandom& random) {
  const std::string a = std::to_string(random.below(400));
  const std::string many = std::to_string(random.below(60));
  const std::string bytes = std::to_string(random.below(3000));
  switch (random.below(14)) {
    case 0:
      return "BEGIN";
    case 1:
      return "BEGIN IMMEDIATE";
    case 2:
    case 3:
      return "COMMIT";
    case 4:
      return "ROLLBACK";
    case 5:
      return "DELETE FROM t WHERE a < " + a + " AND a % 3 = 1";
    case 6:
      return "UPDATE t SET b = b + " + many + " WHERE a % 5 = 2";
    case 7:
      return "SELECT count(*), sum(a), sum(b), sum(length(c)) FROM t";
    case 8:
      return random.chance(4) ? "VACUUM" : "PRAGMA wal_checkpoint(TRUNCATE)";
    case 9:
      return "SAVEPOINT s; INSERT OR REPLACE INTO t VALUES (" + a + ", 1, zeroblob(" + bytes +
             ")); ROLLBACK TO s; RELEASE s";
    default:
      return "INSERT OR REPLACE INTO t SELECT value * 7 % 400, " + a + ", zeroblob(" + bytes +
             ") FROM generate(" + many + ")";
  }
}

// SQLite's shell has generate_series, the library does not.
std::string plain(std::string sql) {
  const std::size_t at = sql.find("generate(");
  if (at == std::string::npos) return sql;
  const std::string many = sql.substr(at + 9, sql.size() - at - 10);
  return sql.substr(0, at) +
         "(WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n" + " LIMIT " +
         many + ") SELECT value FROM n)";
}

// Three connections to one file, statements in turn; all that they answered.
std::vector<std::string> work(const std::string& file, const std::string& mode,
                              std::uint64_t seed) {
  std::vector<std::string> answers;
  {
    // What a real disk would take its time for changes no answer.
    const std::string synchronous = file.starts_with("/sim/") ? "FULL" : "OFF";
    RawDb first(file,
                "PRAGMA journal_mode=" + mode + ";" + kSetUp + "PRAGMA synchronous=" + synchronous);
    RawDb second(file, "PRAGMA cache_size=8");
    RawDb third(file, "PRAGMA cache_size=8");
    RawDb* all[] = {&first, &second, &third};
    SimRandom random{seed};
    for (int i = 0; i < 300; ++i) {
      RawDb& db = *all[random.below(3)];
      const int rc = db.run(plain(draw_sql(random)), &answers);
      answers.push_back(std::to_string(rc));
    }
  }
  RawDb again(file);
  for (const char* sql : {"PRAGMA integrity_check", "PRAGMA page_count", "PRAGMA journal_mode",
                          "SELECT a, b, length(c) FROM t"}) {
    again.run(sql, &answers);
  }
  return answers;
}

}  // namespace

TEST_CASE("SQLite answers the same on a simulated disk and on a real one") {
  const std::string mode = GENERATE("WAL", "DELETE", "TRUNCATE", "PERSIST", "MEMORY");
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    INFO(mode << " " << seed);
    const TempDir dir;
    const std::vector<std::string> real = work(dir.file("real.db"), mode, seed);
    CHECK(std::count(real.begin(), real.end(), "ok") == 1);  // integrity_check
    const SimDisk disk("/sim/", 1);
    CHECK(work("/sim/a.db", mode, seed) == real);
    CHECK(disk.open_handles() == 0);
    CHECK(disk.operations() > 300);
  }
}

TEST_CASE("a simulated disk with the same seed is the same, to the byte") {
  const auto hash = [](std::uint64_t seed) {
    const SimDisk disk("/sim/", seed);
    work("/sim/a.db", "WAL", 7);
    return disk.hash();
  };
  const std::uint64_t first = hash(1);
  CHECK(first == hash(1));
  CHECK(first != hash(2));  // the WAL has other salts
}

TEST_CASE("the simulated disk is the default VFS as long as there is one") {
  const std::string before = sqlite3_vfs_find(nullptr)->zName;
  const TempDir dir;
  {
    const SimDisk one("/sim/1/", 1);
    CHECK(sqlite3_vfs_find(nullptr)->zName == std::string("simdisk"));
    {
      const SimDisk two("/sim/10/", 1);
      RawDb(dir.file("real.db")).run("CREATE TABLE real(x)");
      RawDb("/sim/1/a.db").run("CREATE TABLE one(x)");
      RawDb("/sim/10/a.db").run("CREATE TABLE two(x)");
      CHECK(one.exists("/sim/1/a.db"));
      CHECK(two.exists("/sim/10/a.db"));
      CHECK_FALSE(one.exists("/sim/10/a.db"));
    }
    CHECK(RawDb("/sim/1/a.db").one("SELECT name FROM sqlite_schema") == "one");
    CHECK_THROWS(RawDb("/sim/10/a.db"));  // that is a folder which does not exist
    CHECK(RawDb(dir.file("real.db")).one("SELECT name FROM sqlite_schema") == "real");
    CHECK(RawDb(dir.file("real.db")).one("SELECT datetime('now')") == "2023-11-14 22:13:20");
  }
  CHECK(sqlite3_vfs_find(nullptr)->zName == before);
  CHECK(sqlite3_vfs_find("simdisk") == nullptr);
}

TEST_CASE("locks of the simulated disk exclude as SQLite wants it") {
  const SimDisk disk("/sim/", 1);
  RawFile one("/sim/a");
  RawFile two("/sim/a");
  REQUIRE(one.opened() == SQLITE_OK);
  const auto lock = [](RawFile& file, int level) { return file->xLock(file.file(), level); };
  const auto unlock = [](RawFile& file, int level) { return file->xUnlock(file.file(), level); };
  const auto reserved = [](RawFile& file) {
    int answer = -1;
    CHECK(file->xCheckReservedLock(file.file(), &answer) == SQLITE_OK);
    return answer;
  };
  CHECK(lock(one, SQLITE_LOCK_SHARED) == SQLITE_OK);
  CHECK(lock(two, SQLITE_LOCK_SHARED) == SQLITE_OK);
  CHECK(lock(one, SQLITE_LOCK_RESERVED) == SQLITE_OK);
  CHECK(reserved(two) == 1);
  CHECK(lock(two, SQLITE_LOCK_RESERVED) == SQLITE_BUSY);
  CHECK(lock(two, SQLITE_LOCK_EXCLUSIVE) == SQLITE_BUSY);
  CHECK(lock(one, SQLITE_LOCK_EXCLUSIVE) == SQLITE_BUSY);  // pending from here on
  unlock(two, SQLITE_LOCK_NONE);
  CHECK(lock(two, SQLITE_LOCK_SHARED) == SQLITE_BUSY);
  CHECK(lock(one, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK);
  unlock(one, SQLITE_LOCK_SHARED);
  CHECK(lock(two, SQLITE_LOCK_SHARED) == SQLITE_OK);
  CHECK(reserved(two) == 0);
}

TEST_CASE("locks on the shared memory exclude as SQLite wants it") {
  const SimDisk disk("/sim/", 1);
  RawFile one("/sim/a");
  RawFile two("/sim/a");
  void volatile* memory = nullptr;
  const auto map = [&](RawFile& file, int extend) {
    CHECK(file->xShmMap(file.file(), 0, 32768, extend, &memory) == SQLITE_OK);
    return memory;
  };
  CHECK(map(one, 0) == nullptr);
  void volatile* shared = map(one, 1);
  CHECK(shared != nullptr);
  CHECK(map(two, 0) == shared);
  const auto lock = [](RawFile& file, int first, int count, int flags) {
    return file->xShmLock(file.file(), first, count, flags);
  };
  constexpr int kShare = SQLITE_SHM_LOCK | SQLITE_SHM_SHARED;
  constexpr int kExclude = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
  CHECK(lock(one, 3, 1, kShare) == SQLITE_OK);
  CHECK(lock(two, 3, 1, kShare) == SQLITE_OK);
  CHECK(lock(two, 2, 3, kExclude) == SQLITE_BUSY);
  CHECK(lock(one, 3, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED) == SQLITE_OK);
  CHECK(lock(one, 2, 2, kExclude) == SQLITE_BUSY);
  CHECK(lock(two, 3, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED) == SQLITE_OK);
  CHECK(lock(one, 2, 2, kExclude) == SQLITE_OK);
  CHECK(lock(two, 2, 1, kShare) == SQLITE_BUSY);
  CHECK(lock(two, 4, 1, kShare) == SQLITE_OK);
  CHECK(one->xShmUnmap(one.file(), 0) == SQLITE_OK);  // with its locks
  CHECK(lock(two, 2, 2, kExclude) == SQLITE_OK);
}
