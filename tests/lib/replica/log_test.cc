// Leaving a log, and a file of the former format.
#include <filesystem>
#include <fstream>

#include "lib/replica/fixture.h"
#include "replica/file_identity.h"
#include "replica/schema.h"
#include "sqlite/db.h"

using namespace offsync;
using namespace offsync::test;
namespace fs = std::filesystem;

TEST_CASE("a replica that leaves its log begins afresh, and is kept as it was") {
  Fixture f;
  FakeLog log;
  f.set("todo/1", "a", "1");
  log.append(foreign("x", "todo/2", R"({"set":{"b":2}})"));
  must(f.replica.apply(log.epoch, log.lines));
  must(f.replica.note_place(log.epoch, {"first", "http://h/v1/spaces/s"}));
  const ReplicaInfo before = must(f.replica.info());
  const std::string keep = f.dir.file("kept.db");
  must(f.replica.leave_log(keep, "http://h/v1/spaces/t", "e9", {"second", "http://h/v1/spaces/t"}));

  const ReplicaInfo now = must(f.replica.info());
  CHECK(now.remote == "http://h/v1/spaces/t");
  CHECK(now.log == "second");
  CHECK(now.place == "http://h/v1/spaces/t");
  CHECK(now.epoch == "e9");
  CHECK_FALSE(now.cursor);
  CHECK(now.source == before.source);
  CHECK(now.node == before.node);
  CHECK(f.shown("todo/1") == "nothing");
  CHECK(f.shown("todo/2") == "nothing");
  CHECK(f.queue().empty());
  // A process that still speaks to the old log does not lead it back.
  CHECK(check_same_log(now, log.epoch, {"first", "http://h/v1/spaces/s"}).error().code ==
        "other_log");
  CHECK(check_same_log(now, "any", {"second", "http://elsewhere/v1/spaces/t"}));

  // Stamps and numbers go on: both logs may meet the same source again.
  const Emitted next = f.set("todo/1", "a", "3");
  CHECK(next.line.find("\"clientseq\":\"2\"") != std::string::npos);

  Replica kept = must(Replica::open(keep, f.clock, f.random));
  const ReplicaInfo old = must(kept.info());
  CHECK(old.cursor == before.cursor);
  CHECK(old.log == "first");
  CHECK(old.node != before.node);  // it is a copy
  CHECK(must(kept.counts()).queued == 1);
  CHECK(must(kept.entity("todo/2")));
}

TEST_CASE("what comes of the log that a replica has left is not taken") {
  Fixture f;
  FakeLog log;
  log.append(foreign("x", "todo/2", R"({"set":{"b":2}})"));
  must(f.replica.leave_log(f.dir.file("kept.db"), "http://h/v1/spaces/t", "",
                           {"second", "http://h/v1/spaces/t"}));
  CHECK(f.replica.apply(log.epoch, log.lines).error().code == "epoch_changed");
  const Emitted own = f.set("todo/1", "a", "1");
  Outcome accepted;
  accepted.id = own.id;
  accepted.kind = OutcomeKind::accepted;
  accepted.sequence = 2;
  CHECK(f.replica.settle(log.epoch, {&accepted, 1}).error().code == "epoch_changed");
  CHECK(f.replica.bind_log(log.epoch, {"first", "http://h/v1/spaces/s"}).error().code ==
        "other_log");
  CHECK(must(f.replica.info()).epoch.empty());
  must(f.replica.bind_log("e9", {"second", "http://h/v1/spaces/t"}));
  CHECK(must(f.replica.info()).epoch == "e9");
}

TEST_CASE("what was kept in part, of who was killed on leaving a log, is taken away") {
  Fixture f;
  f.set("todo/1", "a", "1");
  const std::string keep = f.dir.file("kept.db");
  for (const char* end : {".part", ".part-journal"}) std::ofstream(keep + end) << "a part";
  must(f.replica.leave_log(keep, "http://h/v1/spaces/t", "e9", {"second", "http://h/v1/spaces/t"}));
  for (const auto& file : fs::directory_iterator(fs::path(keep).parent_path())) {
    CHECK(file.path().string().find(".part") == std::string::npos);
  }
  Replica kept = must(Replica::open(keep, f.clock, f.random));
  CHECK(must(kept.counts()).queued == 1);
}

TEST_CASE("what was kept by who was killed before it had left is kept once") {
  Fixture f;
  f.set("todo/1", "a", "1");
  const LogPlace there{"second", "http://h/v1/spaces/t"};
  const std::string stem = f.dir.file("kept"), keep = stem + ".db", half = f.dir.file("half.db");
  for (const char* end : {"", "-wal"}) fs::copy_file(f.file() + end, half + end);
  // As it is where only the name was given: the copy is whole, and nothing was committed.
  must(f.replica.leave_log(keep, there.url, "e9", there));
  const auto leave_half = [&](bool write) {
    const std::string file = f.dir.file(write ? "other.db" : "same.db");
    for (const char* end : {"", "-wal"}) fs::copy_file(half + end, file + end);
    auto raw = must(sqlite::Db::open(file, {}));
    auto own = must(raw.prepare("UPDATE replica SET file = ?"));
    must(own.bind(1, identity_of(file)).run());
    must(sqlite::Db::open(keep, {}).value().exec("UPDATE replica SET file = '" + identity_of(file) +
                                                 "'"));
    must(sqlite::Db::open(keep, {}).value().checkpoint());
    Replica one = must(Replica::open(file, f.clock, f.random));
    if (write) {
      EventDraft draft;
      draft.type = "t";
      draft.subject = "todo/2";
      draft.set["b"] = "2";
      must(one.emit(draft));
    }
    const std::string name = one.name_to_keep(stem, ".db");
    must(one.leave_log(name, there.url, "e9", there));
    return name;
  };
  CHECK(leave_half(true) == f.dir.file("kept-2.db"));
  CHECK(leave_half(false) == keep);
  CHECK(must(must(Replica::open(keep, f.clock, f.random)).counts()).queued == 1);
}

TEST_CASE("leaving a log that cannot be kept changes nothing") {
  Fixture f;
  f.set("todo/1", "a", "1");
  const LogPlace there{"second", "http://h/v1/spaces/t"};
  const std::string taken = f.dir.file("taken.db");
  must(f.replica.leave_log(taken, "http://h/v1/spaces/t", "e9", there));
  f.set("todo/1", "a", "2");
  const auto again = f.replica.leave_log(taken, "http://h/v1/spaces/u", "e9", there);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "exists");
  CHECK(f.replica.leave_log(f.dir.file("none/kept.db"), "http://h/v1/spaces/u", "e9", there)
            .error()
            .kind == Errc::io);
  CHECK_FALSE(fs::exists(f.dir.file("none")));
  CHECK(must(f.replica.info()).remote == "http://h/v1/spaces/t");
  CHECK(f.queue() == "a:queued");
}

TEST_CASE("a replica of the first format belongs where it was") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("old.db");
  {
    sqlite::OpenOptions create;
    create.create = true;
    auto db = must(sqlite::Db::open(file, create));
    must(sqlite::migrate(db, schema::kApplicationId, schema::steps().first(1)));
    must(db.exec(
        "INSERT INTO replica VALUES (1, 'http://h/v1/spaces/s', '/me', '', 7, 0, 5, 'e1', 1,"
        " 0, 1, 0, 0, '')"));
  }
  Replica replica = must(Replica::open(file, clock, random));
  const ReplicaInfo info = must(replica.info());
  CHECK(info.epoch == "e1");
  CHECK(info.log.empty());
  CHECK(info.place.empty());
  const FormerCounts counts = must(replica.former_counts());
  CHECK(counts.lost + counts.doubtful == 0);
  // Nothing tells it where it was; the first answer does.
  CHECK(check_same_log(info, "e2", {"n", "http://h/v1/spaces/s"}));
  must(replica.note_place("e2", {"n", "http://h/v1/spaces/t"}));
  CHECK(must(replica.info()).place.empty());
  must(replica.note_place("e1", {"e1", "http://h/v1/spaces/s"}));
  CHECK(must(replica.info()).log == "e1");
  CHECK(check_same_log(must(replica.info()), "e2", {"n", "http://h/v1/spaces/t"}).error().code ==
        "other_log");
}
