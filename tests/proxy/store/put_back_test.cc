// A backup that was put in the place of a store's file, with the WAL of the newer one left there.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "proxy/ingest/world.h"
#include "proxy/store/sqlite/log_store.h"
#include "support/damage.h"
#include "support/raw_sqlite.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::proxy;
using namespace offsync::test;
namespace fs = std::filesystem;

namespace {

struct World {
  TempDir dir;
  ManualClock clock;
  Author ann{"/ann", 1, clock};
  int events = 0;

  static Result<std::unique_ptr<SqliteLogStore>> open(const std::string& file) {
    SqliteLogStore::Options options;
    options.file = file;
    options.cache_kib = 2000;
    SeededRandom random(1);
    return SqliteLogStore::open(options, random);
  }
  void submit(LogStore& store, int count) {
    Ingest ingest(store, clock, {});
    for (int i = 0; i < count; ++i, ++events) {
      const std::vector<std::string> lines = {
          ann.set(fmt::format("todo/{}", events % 50), "title", fmt::format("\"{}\"", events))};
      REQUIRE(ingest.submit("shop", lines));
    }
  }
  void stopped(const std::string& file, int count) {
    auto store = open(file);
    REQUIRE(store);
    submit(**store, count);
  }
  // As kill -9 leaves it.
  std::string killed(const std::string& file, int count) {
    const std::string copy = dir.file("killed.db");
    auto store = open(file);
    REQUIRE(store);
    submit(**store, count);
    if (count == 0) REQUIRE((*store)->set_applied("shop", 1));
    for (const char* end : {"", "-wal"}) {
      fs::copy_file(file + end, copy + end, fs::copy_options::overwrite_existing);
    }
    fs::remove(copy + "-shm");
    return copy;
  }
};

}  // namespace

TEST_CASE("a backup beside the WAL of a newer state is no store") {
  World w;
  const std::string file = w.dir.file("p.db");
  w.stopped(file, 100);
  const std::string backup = read_bytes(file);
  const int more = GENERATE(10, 40, 300);
  CAPTURE(more);
  w.stopped(file, more);
  const std::string copy = w.killed(file, 3);
  REQUIRE(World::open(copy));
  const std::string newest = w.killed(file, 3);
  write_bytes(newest, backup);
  const auto opened = World::open(newest);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == "corrupt");
  CHECK(opened.error().message().find("-wal") != std::string::npos);
  fs::remove(newest + "-wal");
  fs::remove(newest + "-shm");
  CHECK(World::open(newest));
}

TEST_CASE("a WAL that carries a backup on is taken with it") {
  World w;
  const std::string file = w.dir.file("p.db");
  w.stopped(file, 100);
  const std::string backup = read_bytes(file);
  const std::string newest = w.killed(file, 20);
  write_bytes(newest, backup);
  auto opened = World::open(newest);
  REQUIRE(opened);
  CHECK((*opened)->space("shop")->head == 120);
}

TEST_CASE("a log that has not what its head says is seen where there is a WAL to recover") {
  World w;
  const std::string file = w.dir.file("p.db");
  w.stopped(file, 300);
  const char* const hole = GENERATE("DELETE FROM event WHERE key % 100 = 7",
                                    "UPDATE event SET key = key + 1000 WHERE key % 100 = 98");
  RawDb(file).ask(hole);
  const auto opened = World::open(file);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == "corrupt");
  CHECK(opened.error().detail.find("ends at 300") != std::string::npos);
}

TEST_CASE("a store that is written to or cut while it is used takes nothing more") {
  World w;
  const std::string file = w.dir.file("p.db");
  w.stopped(file, 100);
  const std::string backup = read_bytes(file);
  w.stopped(file, 100);
  auto store = World::open(file);
  REQUIRE(store);
  w.submit(**store, 3);
  REQUIRE((*store)->check());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // times of files are coarse
  const int how = GENERATE(0, 1, 2);
  if (how == 0) write_bytes(file, backup);
  if (how == 1) fs::resize_file(file + "-wal", 0);
  if (how == 2) fs::resize_file(file, 4096);
  for (int i = 0; i < 2; ++i) {
    const Status ready = (*store)->check();
    REQUIRE_FALSE(ready);
    CHECK(ready.error().code == "replaced");
    const Status taken = (*store)->set_applied("shop", 5);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == "replaced");
  }
  const std::string left = read_bytes(file);
  store->reset();
  CHECK(read_bytes(file) == left);
}

TEST_CASE("another program's checkpoint is no change of the store") {
  World w;
  const std::string file = w.dir.file("p.db");
  auto store = World::open(file);
  REQUIRE(store);
  for (const char* how : {"PASSIVE", "TRUNCATE"}) {
    w.submit(**store, 20);
    RawDb(file).ask(std::string("PRAGMA wal_checkpoint(") + how + ")");
    CHECK((*store)->check());
    w.submit(**store, 20);
    CHECK((*store)->check());
  }
}
