#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "lib/replica/fixture.h"
#include "sqlite/db.h"
#include "support/faulty_vfs.h"

using namespace offsync;
using namespace offsync::test;
namespace fs = std::filesystem;

namespace {

sqlite::Db raw(const std::string& file) {
  sqlite::OpenOptions options;
  options.create = true;
  return must(sqlite::Db::open(file, options));
}

}  // namespace

TEST_CASE("a new replica has a node, a source and a remote of its own") {
  Fixture f;
  const ReplicaInfo info = must(f.replica.info());
  CHECK(info.remote == "http://h/v1/spaces/s");
  CHECK(info.node != 0);
  CHECK(info.source == "/clients/" + node_text(info.node));
  CHECK_FALSE(info.cursor);
  CHECK(info.last_sync_ms == 0);
  must(f.replica.set_remote("http://other/v1/spaces/t"));
  must(f.replica.note_head(9));
  must(f.replica.note_synced());
  f.replica = f.open_again();
  const ReplicaInfo again = must(f.replica.info());
  CHECK(again.remote == "http://other/v1/spaces/t");
  CHECK(again.node == info.node);
  CHECK(again.head == 9);
  CHECK(again.last_sync_ms == f.clock.wall_ms());
}

TEST_CASE("a replica may bear a chosen source") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  const auto create = [&](const std::string& name, const std::string& source) {
    return Replica::create(dir.file(name), {"", source}, clock, random);
  };
  Replica replica = must(create("a.db", "/clients/till-3"));
  CHECK(must(replica.info()).source == "/clients/till-3");
  CHECK_FALSE(create("b.db", "bad\nsource"));
  CHECK_FALSE(fs::exists(dir.file("b.db")));
}

TEST_CASE("create does not touch what is there") {
  Fixture f;
  f.set("todo/1", "a", "1");
  const auto again = Replica::create(f.file(), {}, f.clock, f.random);
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == Errc::config);
  CHECK(again.error().code == "exists");
  CHECK(f.shown() == "a=1");
}

TEST_CASE("a replica whose making was cut can be made again (P1)") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("x.db");
  SECTION("by a full disk") {
    const FaultyVfs vfs;
    FaultyDisk::disk_full = true;
    CHECK(code_of(Replica::create(file, {}, clock, random)) == "disk_full");
    FaultyDisk::disk_full = false;
    must(Replica::create(file, {}, clock, random));
  }
  SECTION("before anything was written") {
    std::ofstream(file).flush();
    must(Replica::create(file, {}, clock, random));
  }
  SECTION("before its last step") {
    must(Replica::create(file, {}, clock, random));
    must(raw(file).exec("DELETE FROM replica"));
    CHECK(code_of(Replica::open(file, clock, random)) == "corrupt");
    must(Replica::create(file, {}, clock, random));
  }
  must(must(Replica::open(file, clock, random)).info());
  CHECK(code_of(Replica::create(file, {}, clock, random)) == "exists");
}

TEST_CASE("create does not take what others have made") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("x.db");
  SECTION("text") {
    std::ofstream(file) << std::string(9000, 'x');
  }
  SECTION("a database") {
    must(raw(file).exec("CREATE TABLE theirs(x)"));
  }
  SECTION("a database with a table of our name") {
    must(raw(file).exec("CREATE TABLE replica(x); PRAGMA application_id=7"));
  }
  CHECK(code_of(Replica::create(file, {}, clock, random)) == "exists");
}

TEST_CASE("neither create nor repair destroys a WAL whose file is gone") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("x.db");
  Replica replica = must(Replica::create(file, {}, clock, random));
  EventDraft draft;
  draft.type = "t";
  draft.subject = "todo/1";
  draft.set["a"] = "1";
  must(replica.emit(draft));
  const auto bytes = fs::file_size(file + "-wal");
  const bool emptied = GENERATE(true, false);
  if (emptied) {
    fs::resize_file(file, 0);
  } else {
    fs::remove(file);
  }
  CHECK(code_of(Replica::repair(file, clock, random)) == (emptied ? "wal_alone" : "no_such_file"));
  CHECK(code_of(Replica::create(file, {}, clock, random)) == "wal_alone");
  CHECK(fs::file_size(file + "-wal") == bytes);
}

TEST_CASE("files that are no replica are refused, and not changed") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("x.db");
  const auto open = [&] { return Replica::open(file, clock, random); };
  SECTION("nothing there") {
    const auto replica = open();
    REQUIRE_FALSE(replica);
    CHECK(replica.error().kind == Errc::no_input);
    CHECK_FALSE(fs::exists(file));
  }
  SECTION("text") {
    std::ofstream(file) << std::string(9000, 'x');
    const auto replica = open();
    REQUIRE_FALSE(replica);
    CHECK(replica.error().code == "not_a_replica");
    CHECK(replica.error().detail.find(file) != std::string::npos);
  }
  SECTION("an empty file") {
    std::ofstream(file).flush();
    CHECK(code_of(open()) == "not_a_replica");
    CHECK(fs::file_size(file) == 0);
  }
  SECTION("another program's database") {
    must(raw(file).exec("CREATE TABLE theirs(x); PRAGMA application_id=7"));
    const auto replica = open();
    REQUIRE_FALSE(replica);
    CHECK(replica.error().kind == Errc::config);
    CHECK(replica.error().code == "not_a_replica");
    CHECK(raw(file).exec("SELECT x FROM theirs"));
  }
  SECTION("a newer offsync's replica") {
    must(Replica::create(file, {}, clock, random));
    must(raw(file).exec("PRAGMA user_version=99"));
    const auto replica = open();
    REQUIRE_FALSE(replica);
    CHECK(replica.error().kind == Errc::config);
    CHECK(replica.error().code == "newer_format");
  }
}

TEST_CASE("a replica of the first format is brought up to date, with all that it holds") {
  Fixture f;
  const Emitted bad = f.set("todo/1", "a", "1");
  f.reject(bad.id);
  must(raw(f.file()).exec(
      "DROP INDEX pending_rejected; DROP INDEX pending_accepted; DROP TABLE consumer;"
      "DROP TABLE former;"
      "ALTER TABLE replica DROP COLUMN log; ALTER TABLE replica DROP COLUMN place;"
      "ALTER TABLE replica DROP COLUMN clock_boot; ALTER TABLE replica DROP COLUMN clock_started;"
      "PRAGMA user_version=1"));
  Replica again = f.open_again();
  const Emitted behind =
      must(must(again.begin_batch()).add_line(R"({"type":"b","subject":"todo/1","data":{}})"));
  CHECK(behind.behind == bad.id);
  CHECK(must(again.pending(bad.id))->state == PendingState::rejected);
  CHECK(must(again.consumers()).empty());
  CHECK(raw(f.file()).exec("DROP INDEX pending_rejected"));
  CHECK(raw(f.file()).exec("DROP INDEX pending_accepted"));
}

TEST_CASE("a damaged replica is refused with its name, never with a wrong answer") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("x.db");
  {
    Replica replica = must(Replica::create(file, {}, clock, random));
    auto batch = must(replica.begin_batch());
    for (int i = 0; i < 600; ++i) {
      must(batch.add_line(
          fmt::format(R"({{"type":"t","subject":"k/{}","data":{{"set":{{"a":{}}}}}}})", i, i)));
    }
    must(batch.commit());
  }
  must(raw(file).checkpoint());
  const auto size = fs::file_size(file);
  const auto use = [&]() -> Status {
    OFFSYNC_ASSIGN(Replica replica, Replica::open(file, clock, random));
    OFFSYNC_TRY(replica.for_each_entity("", Replica::View::visible,
                                        [](std::string_view, const Entity&) { return true; }));
    return replica.for_each_pending([](const PendingEvent&) { return true; });
  };
  REQUIRE(use());
  SECTION("cut") {
    fs::resize_file(file, size / 2);
  }
  SECTION("overwritten") {
    std::fstream stream(file, std::ios::in | std::ios::out);
    for (std::uintmax_t at = 4096; at + 100 < size; at += 4096) {
      stream.seekp(static_cast<std::streamoff>(at));
      stream << std::string(100, '\xff');
    }
  }
  SECTION("an entity's text") {
    must(raw(file).exec("UPDATE entity SET visible = '{\"subject\":1}' WHERE subject = 'k/3'"));
  }
  const Status status = use();
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == Errc::io);
  CHECK(status.error().code == "corrupt");
  CHECK(status.error().detail.find(file) != std::string::npos);
}

TEST_CASE("numbers that no replica has are refused, not reckoned with") {
  const auto* const sql = GENERATE(
      "UPDATE replica SET clock_offset = 9223372036854775807",
      "UPDATE replica SET clock_offset = -9223372036854775807 - 1",
      "UPDATE replica SET last_sync = 9223372036854775807", "UPDATE replica SET last_sync = -1",
      "UPDATE replica SET next = -1", "UPDATE replica SET cursor = -1",
      "UPDATE replica SET head = -1", "UPDATE replica SET log_after = -1",
      "UPDATE entity SET pending = 9223372036854775807", "UPDATE entity SET pending = -1",
      "UPDATE entity SET held = 9223372036854775807", "UPDATE entity SET held = -1");
  INFO(sql);
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  const std::string file = dir.file("x.db");
  EventDraft draft;
  draft.type = "t";
  draft.subject = "k/1";
  draft.set["a"] = "1";
  must(must(Replica::create(file, {}, clock, random)).emit(draft));
  must(raw(file).exec(sql));
  const auto use = [&]() -> Status {
    OFFSYNC_ASSIGN(Replica replica, Replica::open(file, clock, random));
    return replica.emit(draft).ok() ? Status() : replica.emit(draft).error();
  };
  const Status status = use();
  REQUIRE_FALSE(status);
  CHECK(status.error().code == "corrupt");
  CHECK(status.error().detail.find(file) != std::string::npos);
}

TEST_CASE("a replica outlives a disk that fails for a while") {
  FaultyVfs vfs;
  Fixture f;
  f.set("todo/1", "a", "1");
  SECTION("full") {
    FaultyDisk::disk_full = true;
    CHECK(code_of(f.try_set("todo/1", "a", "2")) == "disk_full");
    FaultyDisk::disk_full = false;
    CHECK(f.shown() == "a=1");  // nothing of it was kept
    CHECK(f.queue() == "a:queued");
  }
  SECTION("failing syncs") {
    FaultyDisk::fail_syncs = true;
    const auto failed = f.try_set("todo/1", "a", "2");
    FaultyDisk::fail_syncs = false;
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == Errc::io);
    // Whatever is there now, the queue and the state say the same of it.
    const bool kept = f.queue() == "a:queued a:queued";
    CHECK(f.shown() == (kept ? "a=2" : "a=1"));
  }
  const std::uint64_t n = must(f.replica.counts()).queued;
  f.set("todo/1", "a", "3");
  CHECK(f.shown() == "a=3");
  CHECK(must(f.replica.counts()).queued == n + 1);
}

TEST_CASE("regression: a cloned replica shared its node id") {
  Fixture f;
  f.set("todo/1", "a", "1");
  const Emitted bad = f.set("todo/2", "bad", "1");
  f.reject(bad.id);
  const ReplicaInfo ours = must(f.replica.info());
  must(raw(f.file()).checkpoint());
  fs::copy_file(f.file(), f.dir.file("copy.db"));
  Replica copy = must(Replica::open(f.dir.file("copy.db"), f.clock, f.random));
  const ReplicaInfo theirs = must(copy.info());
  CHECK(copy.renamed_from() == ours.source);
  CHECK(theirs.former_sources == std::vector{ours.source});
  CHECK(theirs.node != ours.node);
  CHECK(theirs.source == "/clients/" + node_text(theirs.node));
  CHECK(must(f.replica.info()).source == ours.source);
  CHECK(must(copy.counts()).queued == 1);  // the same event: the proxy takes it once

  // What was the author's own stays so: retried, it is an event of the copy.
  const auto again = must(copy.retry(bad.id));
  CHECK(seen(again[0].line).source == theirs.source);
  CHECK(seen(again[0].line).stamp.node == theirs.node);

  SECTION("it keeps its new name") {
    copy = must(Replica::open(f.dir.file("copy.db"), f.clock, f.random));
    CHECK(must(copy.info()).node == theirs.node);
    CHECK(copy.renamed_from().empty());  // it was told once
    CHECK(must(copy.info()).former_sources == std::vector{ours.source});
  }
  SECTION("a file that was only moved keeps its old one") {
    f.replica = std::move(copy);  // closed
    fs::rename(f.file(), f.dir.file("moved.db"));
    Replica moved = must(Replica::open(f.dir.file("moved.db"), f.clock, f.random));
    CHECK(must(moved.info()).node == ours.node);
    CHECK(must(moved.info()).source == ours.source);
    CHECK(moved.renamed_from().empty());
  }
}

TEST_CASE("a copy of a replica with a chosen name gets one that says so") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  must(Replica::create(dir.file("a.db"), {"", "/clients/till-3"}, clock, random));
  must(raw(dir.file("a.db")).checkpoint());
  std::string from = "a.db";
  for (const char* to : {"b.db", "c.db"}) {
    fs::copy_file(dir.file(from), dir.file(to));
    Replica copy = must(Replica::open(dir.file(to), clock, random));
    const ReplicaInfo info = must(copy.info());
    CHECK(info.source == "/clients/till-3/" + node_text(info.node));
    CHECK(info.former_sources.back() == copy.renamed_from());
    CHECK(info.former_sources.size() == (from == "a.db" ? 1 : 2));
    must(raw(dir.file(to)).checkpoint());
    from = to;
  }
}

namespace {

// The child opens it, never the parent before it: SQLite's connections must not cross a fork.
std::string closed_replica(const TempDir& dir) {
  ManualClock clock;
  SeededRandom random(1);
  std::string file = dir.file("a.db");
  Replica replica = must(Replica::create(file, {}, clock, random));
  EventDraft draft;
  draft.type = "t";
  draft.subject = "todo/1";
  draft.inc["n"] = "1";
  must(replica.emit(draft));
  return file;
}

std::string counter(Replica& replica) {
  const auto entity = must(replica.entity("todo/1"));
  return entity ? entity->find("n")->shown() : "nothing";
}

}  // namespace

TEST_CASE("a process that dies in a transaction leaves nothing, and no lock") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(2);
  const std::string file = closed_replica(dir);
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto replica = Replica::open(file, clock, random);
    auto batch = replica->begin_batch();
    const bool added =
        batch->add_line(R"({"type":"t","subject":"todo/1","data":{"inc":{"n":10}}})").ok();
    (void)!::write(ready[1], added ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char answer = 0;
  CHECK(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  Replica replica = must(Replica::open(file, clock, random));
  CHECK(counter(replica) == "1");  // readers do not wait for it
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK(counter(replica) == "1");
  auto batch = must(replica.begin_batch());
  must(batch.add_line(R"({"type":"t","subject":"todo/1","data":{"inc":{"n":1}}})"));
  must(batch.commit());
  CHECK(counter(replica) == "2");
  CHECK(must(replica.counts()).queued == 2);
}

TEST_CASE("many processes emit at once, and nothing is lost") {
  TempDir dir;
  const std::string file = closed_replica(dir);
  constexpr int kProcesses = 4;
  constexpr int kEach = 10;
  pid_t children[kProcesses];
  for (int p = 0; p < kProcesses; ++p) {
    children[p] = ::fork();
    if (children[p] != 0) continue;
    int failed = 0;
    for (int i = 0; i < kEach; ++i) {
      ManualClock clock;
      SeededRandom random(static_cast<std::uint64_t>(1000 * (p + 1) + i));
      auto replica = Replica::open(file, clock, random);
      EventDraft draft;
      draft.type = "t";
      draft.subject = "todo/1";
      draft.inc["n"] = "1";
      if (!replica || !replica->emit(draft)) ++failed;
    }
    ::_exit(failed);
  }
  for (const pid_t child : children) {
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  ManualClock clock;
  SeededRandom random(2);
  Replica replica = must(Replica::open(file, clock, random));
  CHECK(counter(replica) == std::to_string(1 + kProcesses * kEach));
  std::uint64_t n = 0;
  must(replica.for_each_pending([&](const PendingEvent& event) { return event.n == ++n; }));
  CHECK(n == 1 + kProcesses * kEach);
}
