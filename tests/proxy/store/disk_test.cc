// The embedded store on a disk that loses power. The exhaustive test is tests/crash/power_cut.
#include <sqlite3.h>

#include "proxy/store/sqlite/log_store.h"
#include "support/catch.h"
#include "support/log_questions.h"
#include "support/ports.h"
#include "support/sim_disk.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::proxy;
using namespace offsync::test;

namespace {

std::unique_ptr<SqliteLogStore> open_store(const std::string& file) {
  SqliteLogStore::Options options;
  options.file = file;
  options.cache_kib = 2000;
  SeededRandom random(1);
  auto store = SqliteLogStore::open(options, random);
  REQUIRE(store);
  return std::move(*store);
}

Commit one_event(std::uint64_t sequence) {
  Commit commit;
  commit.space = "shop";
  commit.first = sequence;
  commit.entries = {{sequence, "/test", "e" + std::to_string(sequence), "{}"}};
  return commit;
}

}  // namespace

TEST_CASE("regression: what a restarted proxy shows is not lost by a power failure") {
  const TempDir dir;
  const std::string file = dir.file("log.db");
  int shown = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    INFO(seed);
    SimDisk disk(dir.path(), seed);
    {
      const auto store = open_store(file);
      REQUIRE(append_next(*store, one_event(1)));
      disk.at_next_sync([&] { disk.crash_at(1); });
      CHECK_FALSE(append_next(*store, one_event(2)));
      disk.before_operation({});
    }
    disk.restart(SimDisk::Loss::none);
    std::uint64_t head = 0;
    {
      const auto store = open_store(file);
      head = store->space("shop")->head;
      disk.kill();
    }
    disk.restart(SimDisk::Loss::power);
    if (head == 2) ++shown;
    CHECK(open_store(file)->space("shop")->head == head);
  }
  CHECK(shown > 20);
}

TEST_CASE("regression: a commit that could not be synced is seen at once, or never") {
  const TempDir dir;
  const std::string file = dir.file("log.db");
  int kept = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    INFO(seed);
    SimDisk disk(dir.path(), seed);
    const auto store = open_store(file);
    REQUIRE(append_next(*store, one_event(1)));
    CHECK(store->space("shop")->head == 1);
    disk.at_next_sync([&] { disk.fail_at(1, SQLITE_IOERR_FSYNC); });
    const Status appended = append_next(*store, one_event(2));
    REQUIRE_FALSE(appended);
    CHECK(appended.error().code == "unknown");
    const std::uint64_t head = store->space("shop")->head;
    if (head == 2) ++kept;
    CHECK(store->check());
    CHECK(store->space("shop")->head == head);
  }
  CHECK(kept > 5);
}

TEST_CASE("a store whose last write failed is ready again when a write goes well") {
  const TempDir dir;
  SimDisk disk(dir.path(), 1);
  const std::string file = dir.file("log.db");
  const auto store = open_store(file);
  REQUIRE(append_next(*store, one_event(1)));
  disk.set_capacity(disk.size(file) + disk.size(file + "-wal"));
  REQUIRE_FALSE(append_next(*store, one_event(2)));
  CHECK_FALSE(store->check());
  CHECK_FALSE(store->check());
  disk.set_capacity(UINT64_MAX);
  CHECK(store->check());
  CHECK(append_next(*store, one_event(2)));
  CHECK(store->check());
}
