// A replica on a disk that loses power. The exhaustive test is tests/crash/power_cut.
#include "replica_fixture.h"
#include "support/sim_disk.h"

using namespace offsync;
using namespace offsync::test;

TEST_CASE("a replica lives on any VFS") {
  const TempDir dir;  // of its lock file, which is a real one
  const SimDisk disk(dir.path(), 1);
  {
    Fixture f;  // and others stay where they are
    f.set("todo/1", "a", "1");
  }
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("replica.db");
  CHECK(code_of(Replica::open(file, clock, random)) == "no_such_file");
  {
    Replica replica = must(Replica::create(file, {}, clock, random));
    EventDraft draft;
    draft.type = "t";
    draft.subject = "todo/1";
    draft.set["a"] = "1";
    must(replica.emit(draft));
  }
  CHECK(disk.exists(file));
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(code_of(Replica::create(file, {}, clock, random)) == "exists");
  Replica again = must(Replica::open(file, clock, random));
  CHECK(must(again.counts()).queued == 1);
}

TEST_CASE("regression: an init that was cut short is done by the next one") {
  const TempDir dir;
  SimDisk disk(dir.path(), 1);
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("replica.db");
  const SimDisk::Image blank = disk.save();
  std::uint64_t whole = 0;
  int unfinished = 0;
  for (std::uint64_t n = 1; whole == 0; ++n) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      INFO("cut at " << n << ", seed " << seed);
      disk.load(blank);
      disk.reseed(seed);
      disk.crash_at(n);
      if (Replica::create(file, {}, clock, random)) whole = n;
      disk.kill();
      disk.restart(seed == 0 ? SimDisk::Loss::none : SimDisk::Loss::power);
      const auto opened = code_of(Replica::open(file, clock, random));
      if (opened == "ok") {
        CHECK(code_of(Replica::create(file, {}, clock, random)) == "exists");
      } else {
        CHECK((opened == "no_such_file" || opened == "not_a_replica" || opened == "corrupt"));
        if (opened != "no_such_file") ++unfinished;
        CHECK(whole == 0);
        CHECK(code_of(Replica::create(file, {}, clock, random)) == "ok");
        CHECK(code_of(Replica::open(file, clock, random)) == "ok");
      }
    }
  }
  CHECK(whole > 5);
  CHECK(unfinished > 20);
}
