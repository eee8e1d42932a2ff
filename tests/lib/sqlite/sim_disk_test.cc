// What a SimDisk keeps and loses.
#include "support/sim_disk.h"

#include <set>

#include "support/catch.h"
#include "support/raw_sqlite.h"

using namespace offsync::test;

namespace {

using Loss = SimDisk::Loss;
constexpr const char* kFile = "/sim/a";

std::string content(const std::string& path) {
  RawFile file(path, SQLITE_OPEN_MAIN_DB, false);
  return file.opened() == SQLITE_OK ? file.read() : "(none)";
}

// A file that holds `bytes` for good.
void put_synced(const std::string& path, const std::string& bytes) {
  RawFile file(path, SQLITE_OPEN_WAL);  // whose folder is synced with it
  REQUIRE(file.write(bytes, 0) == SQLITE_OK);
  REQUIRE(file.sync() == SQLITE_OK);
}

// All that a file can look like after power failures during what `write` does.
template <class Write>
std::set<std::string> outcomes(SimDisk& disk, Write write) {
  std::set<std::string> all;
  const SimDisk::Image before = disk.save();
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    disk.load(before);
    disk.reseed(seed);
    write();
    disk.kill();
    disk.restart(Loss::power);
    all.insert(content(kFile));
  }
  disk.load(before);
  return all;
}

std::string letters(char letter, std::size_t count = 512) {
  return std::string(count, letter);
}

}  // namespace

TEST_CASE("what was synced stays") {
  SimDisk disk("/sim/", 1);
  const auto all = outcomes(disk, [] { put_synced(kFile, letters('a', 1300)); });
  CHECK(all == std::set<std::string>{letters('a', 1300)});
}

TEST_CASE("a process that dies loses nothing that it wrote") {
  SimDisk disk("/sim/", 1);
  {
    RawFile file(kFile);
    CHECK(file.write("hello", 3) == SQLITE_OK);
    disk.kill();
    CHECK(disk.dead());
    CHECK(file.write("again", 0) == SQLITE_IOERR_WRITE);
    CHECK(file.sync() == SQLITE_IOERR_FSYNC);
    CHECK(file.truncate(0) == SQLITE_IOERR_TRUNCATE);
    char byte = 0;
    CHECK(file->xRead(file.file(), &byte, 1, 0) == SQLITE_IOERR_READ);
    CHECK(file->xLock(file.file(), SQLITE_LOCK_SHARED) == SQLITE_IOERR_LOCK);
    CHECK(RawFile("/sim/b").opened() == SQLITE_CANTOPEN);
    CHECK_THROWS_AS(disk.restart(Loss::none), std::logic_error);  // still open
  }
  disk.restart(Loss::none);
  CHECK_FALSE(disk.dead());
  CHECK(content(kFile) == std::string(3, '\0') + "hello");
}

TEST_CASE("an unsynced write is kept, dropped or torn at its sectors") {
  SimDisk disk("/sim/", 1);
  const std::string a = letters('a');
  const std::string b = letters('b');
  put_synced(kFile, a + a);
  const auto all = outcomes(disk, [&] { RawFile(kFile).write(b + b, 0); });
  CHECK(all == std::set<std::string>{a + a, a + b, b + a, b + b});
  const SimDisk::Counters counters = disk.counters();
  CHECK(counters.lost_writes > 20);
  CHECK(counters.torn_writes > 20);
  CHECK(counters.crashes == 400);
}

TEST_CASE("a torn write changes nothing outside its range") {
  SimDisk disk("/sim/", 1);
  put_synced(kFile, letters('a', 1024));
  const auto all = outcomes(disk, [&] { RawFile(kFile).write(letters('b', 24), 500); });
  const std::string end = letters('a', 500);
  CHECK(all == std::set<std::string>{
                   end + letters('a', 24) + end, end + letters('b', 12) + letters('a', 12) + end,
                   end + letters('a', 12) + letters('b', 12) + end, end + letters('b', 24) + end});
}

TEST_CASE("a later write may survive an earlier one, but not be overwritten by it") {
  SimDisk disk("/sim/", 1);
  put_synced(kFile, letters('a', 1024));
  const auto all = outcomes(disk, [&] {
    RawFile file(kFile);
    file.write(letters('b'), 0);
    file.write(letters('c'), 512);
    file.write(letters('d'), 0);
  });
  std::set<std::string> expected;
  for (const char first : {'a', 'b', 'd'}) {
    for (const char second : {'a', 'c'}) expected.insert(letters(first) + letters(second));
  }
  CHECK(all == expected);
  CHECK(disk.counters().reordered > 20);
}

TEST_CASE("a file may have its new size without its new bytes, and the other way round") {
  SimDisk disk("/sim/", 1);
  const std::string a = letters('a');
  put_synced(kFile, a);
  const auto grown = outcomes(disk, [&] { RawFile(kFile).write(letters('b'), 512); });
  CHECK(grown.count(a) == 1);
  CHECK(grown.count(a + letters('b')) == 1);
  CHECK(grown.count(a + letters('\0')) == 1);
  CHECK(grown.size() > 3);  // garbage

  const auto cut = outcomes(disk, [&] {
    RawFile file(kFile);
    file.truncate(0);
    file.write(letters('b', 100), 0);
  });
  CHECK(cut.count(a) == 1);
  CHECK(cut.count("") == 1);
  CHECK(cut.count(letters('b', 100)) == 1);
  CHECK(cut.count(letters('b', 100) + letters('a', 412)) == 1);
}

TEST_CASE("names are lost and come back until their folder is synced") {
  SimDisk disk("/sim/", 1);
  const auto created = outcomes(disk, [] {
    RawFile file(kFile);
    file.write("x", 0);
    file.sync();
  });
  CHECK(created == std::set<std::string>{"(none)", "x"});
  CHECK(disk.counters().lost_names > 20);

  put_synced(kFile, "y");
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  CHECK(outcomes(disk, [&] { vfs->xDelete(vfs, kFile, 0); }) ==
        std::set<std::string>{"(none)", "y"});
  CHECK(outcomes(disk, [&] { vfs->xDelete(vfs, kFile, 1); }) == std::set<std::string>{"(none)"});
  const auto in_other_folder = outcomes(disk, [&] {
    vfs->xDelete(vfs, kFile, 0);
    put_synced("/sim/deeper/b", "z");
  });
  CHECK(in_other_folder == std::set<std::string>{"(none)", "y"});
}

TEST_CASE("a failed sync is not made up for by a later one") {
  SimDisk disk("/sim/", 1);
  put_synced(kFile, letters('a'));
  const auto all = outcomes(disk, [&] {
    RawFile file(kFile);
    file.write(letters('b'), 0);
    disk.fail_at(1, SQLITE_IOERR);
    CHECK(file.sync() == SQLITE_IOERR_FSYNC);
    CHECK(file.read() == letters('b'));
    CHECK(file.sync() == SQLITE_OK);
  });
  CHECK(all == std::set<std::string>{letters('a'), letters('b')});
}

TEST_CASE("a disk that lies about syncs loses what it said was safe") {
  SimDisk disk("/sim/", 1);
  put_synced(kFile, letters('a'));
  disk.lie_about_syncs("a");
  CHECK(outcomes(disk, [&] { put_synced(kFile, letters('b')); }).count(letters('a')) == 1);
  disk.lie_about_syncs("-wal");
  CHECK(outcomes(disk, [&] { put_synced(kFile, letters('b')); }).count(letters('a')) == 0);
}

TEST_CASE("the operation named crashes the machine, or fails") {
  SimDisk disk("/sim/", 1);
  {
    RawFile file(kFile);
    disk.crash_at(2);
    CHECK(file.write("1", 0) == SQLITE_OK);
    CHECK(file.write("2", 1) == SQLITE_IOERR_WRITE);
    CHECK(disk.dead());
    CHECK(disk.operations() == 3);
  }
  disk.restart(Loss::none);
  CHECK(content(kFile) == "1");
  RawFile file(kFile);
  disk.fail_at(2, SQLITE_IOERR);
  CHECK(file.write("2", 1) == SQLITE_OK);
  CHECK(file.write("3", 2) == SQLITE_IOERR_WRITE);
  disk.fail_at(1, SQLITE_FULL);
  CHECK(file.write("3", 2) == SQLITE_FULL);
  disk.fail_at(1, SQLITE_FULL);
  CHECK(file.truncate(0) == SQLITE_IOERR_TRUNCATE);
  CHECK(file.write("3", 2) == SQLITE_OK);
  CHECK(file.read() == "123");
  CHECK(disk.counters().io_errors == 2);
  CHECK(disk.counters().full_errors == 1);
}

TEST_CASE("a full disk takes what fits") {
  SimDisk disk("/sim/", 1);
  disk.set_capacity(10);
  RawFile one("/sim/a");
  RawFile two("/sim/b");
  CHECK(one.write("123456", 0) == SQLITE_OK);
  CHECK(two.write("1234567", 0) == SQLITE_FULL);
  CHECK(two.read() == "1234");
  CHECK(two.write("xxxx", 0) == SQLITE_OK);
  CHECK(one.truncate(0) == SQLITE_OK);
  CHECK(two.write("1234567", 0) == SQLITE_OK);
  CHECK(disk.counters().full_errors == 1);
}

TEST_CASE("an image is the disk as it was, with what was not synced") {
  SimDisk disk("/sim/", 1);
  put_synced(kFile, letters('a', 10'000));
  {
    RawFile file(kFile);
    file.write(letters('b'), 0);
    const SimDisk::Image image = disk.save();
    const std::uint64_t hash = disk.hash();
    file.write(letters('c'), 0);
    file.sync();
    CHECK(disk.hash() != hash);
    SimDisk other("/other/", 1);
    other.load(image);
    CHECK(content("/other/a").substr(0, 513) == letters('b') + "a");
    CHECK(other.hash() == hash);
    std::set<char> seen;
    for (int i = 0; i < 50; ++i) {
      other.load(image);
      other.restart(Loss::power);
      seen.insert(content("/other/a")[0]);
    }
    CHECK(seen == std::set<char>{'a', 'b'});
  }
  CHECK(content(kFile)[0] == 'c');
}

namespace {

// Of 300 power failures, how many lost a commit that had been reported done.
int power_failures_with_loss(const std::string& synchronous, const std::string& lie = "") {
  int with_loss = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SimDisk disk("/sim/", seed);
    int done = 0;
    {
      RawDb db("/sim/a.db",
               "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=8;"
               "PRAGMA synchronous=" +
                   synchronous + "; CREATE TABLE t(n INTEGER PRIMARY KEY, x)");
      disk.lie_about_syncs(lie);
      disk.crash_at(1 + seed % 60);
      while (db.run("INSERT INTO t(x) VALUES (hex(zeroblob(400)))") == SQLITE_OK) ++done;
      CHECK(disk.dead());
    }
    disk.restart(Loss::power);
    disk.lie_about_syncs("");
    RawDb db("/sim/a.db");
    std::vector<std::string> answers;
    const int rc = db.run("PRAGMA integrity_check; SELECT count(*) FROM t", &answers);
    if (lie.empty() && synchronous == "FULL") {
      CHECK(rc == SQLITE_OK);
      CHECK(answers.at(0) == "ok");
    }
    const bool kept = rc == SQLITE_OK && answers.at(0) == "ok" && std::stoi(answers.at(1)) >= done;
    if (!kept) ++with_loss;
  }
  return with_loss;
}

}  // namespace

TEST_CASE("a WAL keeps every commit through a power failure with synchronous=FULL only") {
  CHECK(power_failures_with_loss("FULL") == 0);
  CHECK(power_failures_with_loss("NORMAL") > 50);
  CHECK(power_failures_with_loss("OFF") > 50);
  CHECK(power_failures_with_loss("FULL", "-wal") > 50);
  CHECK(power_failures_with_loss("FULL", ".db") > 5);
}
