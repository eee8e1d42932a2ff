// A replica on a disk that loses power. The exhaustive test is tests/crash/power_cut.
#include <sqlite3.h>

#include "lib/replica/fixture.h"
#include "support/sim_disk.h"

using namespace offsync;
using namespace offsync::test;

namespace {

EventDraft draft() {
  EventDraft event;
  event.type = "t";
  event.subject = "todo/1";
  event.set["a"] = "1";
  return event;
}

// A replica's disk, with the replica closed.
struct Machine {
  explicit Machine(std::uint64_t seed) : disk(dir.path(), seed), random(seed) {
    must(Replica::create(file, {}, clock, random));
  }
  Replica open() { return must(Replica::open(file, clock, random)); }
  bool has(const std::string& id) { return must(open().find_event(id)).has_value(); }

  TempDir dir;
  SimDisk disk;
  ManualClock clock;
  SeededRandom random;
  const std::string file = dir.file("replica.db");
};

}  // namespace

TEST_CASE("regression: what was pushed is not forgotten by a power failure") {
  int pushed = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    INFO(seed);
    Machine machine(seed);
    {
      // An emit that is killed after it has written and before it has synced; not the first one,
      // which syncs the head of the WAL before.
      Replica replica = machine.open();
      CHECK(replica.emit(draft()));
      machine.disk.at_next_sync([&] { machine.disk.crash_at(1); });
      CHECK_FALSE(replica.emit(draft()));
      machine.disk.before_operation({});
    }
    machine.disk.restart(SimDisk::Loss::none);
    std::vector<PendingEvent> events;
    {
      Replica replica = machine.open();
      events = must(replica.to_push(0, 10, 10'000));
      machine.disk.kill();
    }
    machine.disk.restart(SimDisk::Loss::power);
    if (events.size() < 2) continue;
    ++pushed;
    CHECK(machine.has(events.back().id));
  }
  CHECK(pushed > 20);
}

TEST_CASE("regression: an event behind a failed sync is not lost with it") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    INFO(seed);
    Machine machine(seed);
    bool failed = false;
    {
      Replica replica = machine.open();
      machine.disk.at_next_sync([&] {
        failed = true;
        machine.disk.fail_at(1, SQLITE_IOERR_FSYNC);
      });
      CHECK(code_of(replica.emit(draft())) == "io");
      machine.disk.before_operation({});
    }
    CHECK(failed);
    const std::string id = must(machine.open().emit(draft())).id;
    machine.disk.kill();
    machine.disk.restart(SimDisk::Loss::power);
    CHECK(machine.has(id));
  }
}

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
    must(replica.emit(draft()));
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

TEST_CASE("what is emitted behind an init that was killed survives the power") {
  const TempDir dir;
  SimDisk disk(dir.path(), 1);
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("replica.db");
  const SimDisk::Image blank = disk.save();
  bool whole = false;
  for (std::uint64_t n = 1; !whole; ++n) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      INFO("killed at " << n << ", seed " << seed);
      disk.load(blank);
      disk.reseed(seed);
      disk.crash_at(n);
      whole = Replica::create(file, {}, clock, random).ok();
      disk.kill();
      disk.restart(SimDisk::Loss::none);
      (void)Replica::create(file, {}, clock, random);
      const std::string id = must(must(Replica::open(file, clock, random)).emit(draft())).id;
      disk.kill();
      disk.restart(SimDisk::Loss::power);
      Replica replica = must(Replica::open(file, clock, random));
      CHECK(must(replica.find_event(id)).has_value());
    }
  }
}

TEST_CASE("a commit syncs one file, and a folder only for whom a file in it may be new") {
  Machine machine(1);
  must(machine.open().emit(draft()));
  const auto before = machine.disk.counters();
  must(machine.open().emit(draft()));
  CHECK(machine.disk.counters().syncs == before.syncs + 1);
  CHECK(machine.disk.counters().folder_syncs == before.folder_syncs);
}
