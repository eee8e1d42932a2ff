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
