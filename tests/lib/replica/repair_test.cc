// Replica::repair: whatever is wrong with the settings and the state, queue and log stay, and what
// is shown afterwards is what was shown before.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lib/replica/fixture.h"
#include "replica/examine.h"
#include "sqlite/db.h"
#include "support/file_bytes.h"
#include "support/flip.h"

namespace offsync::test {
namespace {

sqlite::Db raw(const std::string& file) {
  return must(sqlite::Db::open(file, sqlite::OpenOptions{}));
}

struct World : Fixture {
  World() {
    set("todo/1", "title", "\"milk\"");
    push();
    pull();
    log.append(foreign("f1", "todo/2", R"({"set":{"title":"theirs"}})"));
    log.append(conflict_line("c1", "todo/1", "title"));
    pull();
    set("todo/1", "title", "\"oat milk\"");
    set("todo/3", "n", "3");
  }
  Replica::Repaired repair() { return must(Replica::repair(file(), clock, random)); }
  void harm(const std::string& sql) { must(raw(file()).exec(sql)); }
};

// What a replica holds, but for its settings.
struct Held {
  explicit Held(Replica& replica)
      : visible(states(replica, Replica::View::visible)),
        confirmed(states(replica, Replica::View::confirmed)) {
    must(replica.for_each_log({}, [&](std::uint64_t, std::string_view line) {
      log.emplace_back(line);
      return true;
    }));
    must(replica.for_each_pending([&](const PendingEvent& event) {
      queue.push_back(event.line + std::string(name_of(event.state)));
      return true;
    }));
    conflicts = must(replica.conflicts(true)).size();
  }
  friend bool operator==(const Held&, const Held&) = default;
  std::map<std::string, std::string> visible, confirmed;
  std::vector<std::string> log, queue;
  std::size_t conflicts = 0;
};

// They must be these.
void drop_unreadable(const std::string& file, World& world,
                     const std::vector<std::uint64_t>& lost) {
  Replica replica = must(Replica::open(file, world.clock, world.random));
  std::vector<PendingEvent> found;
  must(replica.for_each_pending([&](const PendingEvent& event) {
    if (event.code == "unreadable") found.push_back(event);
    return true;
  }));
  CHECK(found.size() == lost.size());
  for (const PendingEvent& event : found) {
    CHECK(std::count(lost.begin(), lost.end(), event.n) == 1);
    must(replica.drop(event.id, event.source));
  }
}

PendingEvent rejected_of(Replica& replica) {
  PendingEvent found;
  must(replica.for_each_pending([&](const PendingEvent& event) {
    if (event.state == PendingState::rejected) found = event;
    return true;
  }));
  return found;
}

}  // namespace

TEST_CASE("repair: whatever number of the settings cannot be, all stays as it was") {
  const auto* const sql = GENERATE(
      "UPDATE replica SET head = -1", "UPDATE replica SET head = 0",
      "UPDATE replica SET cursor = -1", "UPDATE replica SET cursor = 1",
      "UPDATE replica SET cursor = 9223372036854775807", "UPDATE replica SET log_after = -1",
      "UPDATE replica SET log_after = 2", "UPDATE replica SET clock_offset = 9223372036854775807",
      "UPDATE replica SET last_sync = -1", "UPDATE replica SET next = -1",
      "UPDATE replica SET next = 1", "UPDATE replica SET log = 'L!'", "UPDATE replica SET node = 0",
      "UPDATE replica SET source = ''", "UPDATE replica SET source = char(10)",
      "UPDATE replica SET node = 'x'", "UPDATE replica SET clock = 'x'",
      "UPDATE replica SET next = 0", "UPDATE replica SET next = 'x'",
      "UPDATE replica SET cursor = 'x'", "UPDATE replica SET clock_boot = 'x'",
      "PRAGMA user_version = 0", "PRAGMA user_version = 5", "PRAGMA user_version = -1",
      "PRAGMA application_id = 1", "PRAGMA application_id = 0; PRAGMA user_version = 0",
      "UPDATE entity SET pending = -1", "UPDATE entity SET held = 9223372036854775807",
      "UPDATE entity SET confirmed = 'x', visible = 'y'", "DELETE FROM entity",
      "DELETE FROM conflict", "UPDATE conflict SET line = 'x'",
      "UPDATE pending SET subject = 'other/1', type = 'x'", "UPDATE pending SET state = 77",
      "UPDATE pending SET state = -1");
  INFO(sql);
  World w;
  const Held before(w.replica);
  w.harm(sql);
  const Replica::Repaired done = w.repair();
  CHECK(done.whole);
  CHECK(done.queue == 2);
  CHECK(done.log == 3);
  CHECK(done.unreadable == 0);
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  CHECK(Held(again) == before);
  const ReplicaInfo info = must(again.info());
  REQUIRE(info.cursor.has_value());
  CHECK(*info.cursor == Cursor{"e1", 3});
  CHECK(info.log_after == 0);
  CHECK(info.head == 3);
  // It works, and nothing of ours is mistaken for what was sent before.
  EventDraft draft;
  draft.type = "t";
  draft.subject = "todo/4";
  draft.set["a"] = "1";
  const Emitted emitted = must(again.emit(draft));
  CHECK(seen(emitted.line).clientseq > 0);
  CHECK(must(again.counts()).queued == 3);
}

// By one rule all three: what commands refuse, doctor names, and repair mends.
TEST_CASE("repair: settings and marks that cannot be are damage to everybody") {
  const auto* const sql =
      GENERATE("UPDATE replica SET head = -5", "UPDATE replica SET epoch = 'X X'",
               "UPDATE replica SET next = -1", "UPDATE replica SET next = 0",
               "UPDATE replica SET log = '!!'", "UPDATE replica SET source = ''",
               "UPDATE replica SET node = 0", "UPDATE replica SET clock = 'x'",
               "UPDATE replica SET clock_started = 9223372036854775807",
               "UPDATE consumer SET sequence = -5", "UPDATE consumer SET sequence = 'x'",
               "UPDATE consumer SET epoch = '!!'", "PRAGMA user_version = 0",
               "PRAGMA user_version = 3", "PRAGMA user_version = -1", "PRAGMA application_id = 7");
  INFO(sql);
  World w;
  must(w.replica.move_consumer("mail", {"e1", 2}));
  CHECK(must(examine_replica(w.file())).problems.empty());
  w.harm(sql);
  const auto use = [&]() -> Status {
    OFFSYNC_ASSIGN(Replica replica, Replica::open(w.file(), w.clock, w.random));
    OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
    OFFSYNC_ASSIGN(const auto consumers, replica.consumers());
    return {};
  };
  const Status used = use();
  REQUIRE_FALSE(used);
  CHECK(used.error().code == "corrupt");
  const auto examined = examine_replica(w.file());
  CHECK((examined ? !examined->problems.empty() : examined.error().code == "corrupt"));
  CHECK_FALSE(w.repair().mended.empty());
  CHECK(use());
  CHECK(must(examine_replica(w.file())).problems.empty());
}

TEST_CASE("repair: what doctor says of rows is mended") {
  const auto* const sql = GENERATE(
      "UPDATE log SET source = '!!' WHERE sequence = 2",
      "UPDATE log SET id = '' WHERE sequence = 2", "UPDATE conflict SET sequence = -5",
      "UPDATE conflict SET sequence = 'x'", "UPDATE entity SET pending = 'x' WHERE pending = 0",
      "UPDATE entity SET held = 'x'", "UPDATE pending SET type = ''");
  INFO(sql);
  World w;
  w.harm(sql);
  CHECK_FALSE(must(examine_replica(w.file())).problems.empty());
  w.repair();
  CHECK(must(examine_replica(w.file())).problems.empty());
}

TEST_CASE("repair: what became of a former event is asked again where it cannot be told") {
  World w;
  w.harm("INSERT INTO former SELECT 900, 9, 9, source, id, line FROM log WHERE sequence = 2");
  CHECK(must(examine_replica(w.file())).problems.size() == 1);
  w.repair();
  CHECK(must(examine_replica(w.file())).problems.empty());
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  CHECK(must(again.former_counts()).doubtful == 1);
}

TEST_CASE("repair: a replica that is in order stays as it is") {
  World w;
  const Held before(w.replica);
  const ReplicaInfo info = must(w.replica.info());
  const Replica::Repaired done = w.repair();
  CHECK(done.mended.empty());
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  CHECK(Held(again) == before);
  CHECK(must(again.info()).source == info.source);
  CHECK(must(again.info()).cursor == info.cursor);
}

TEST_CASE("repair: who resolved a conflict is known as before") {
  World w;
  w.log.append(foreign("r1", "todo/1", R"({"set":{"title":"both"}})", 5, R"(,"causationid":"c1")"));
  w.pull();
  const auto before = must(w.replica.conflicts(true));
  REQUIRE(before.size() == 1);
  REQUIRE(before[0].resolved_by == "r1");
  REQUIRE_FALSE(before[0].resolved_source.empty());
  w.harm("UPDATE replica SET head = -1");
  CHECK(w.repair().whole);
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  const auto after = must(again.conflicts(true));
  REQUIRE(after.size() == 1);
  CHECK(after[0].resolved_by == "r1");
  CHECK(after[0].resolved_source == before[0].resolved_source);
}

TEST_CASE("repair: settings that are gone are made anew under another source") {
  World w;
  w.harm("DELETE FROM replica");
  const Replica::Repaired done = w.repair();
  CHECK(done.queue == 2);
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  CHECK(must(again.counts()).queued == 2);
  CHECK_FALSE(must(again.info()).source.empty());
}

TEST_CASE("repair: a log that is not whole is kept, and the state is fetched again") {
  const auto* const sql =
      GENERATE("DELETE FROM log WHERE sequence = 2", "UPDATE log SET line = 'x' WHERE sequence = 2",
               "UPDATE log SET sequence = 9 WHERE sequence = 3");
  INFO(sql);
  World w;
  const auto confirmed = states(w.replica, Replica::View::confirmed);
  w.harm(sql);
  w.harm("UPDATE replica SET head = -1");
  const Replica::Repaired done = w.repair();
  CHECK_FALSE(done.whole);
  CHECK_FALSE(done.mended.empty());
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  CHECK_FALSE(must(again.info()).cursor.has_value());
  CHECK(states(again, Replica::View::confirmed) == confirmed);
  CHECK(must(again.counts()).queued == 2);
  // As a first sync does.
  must(again.begin_snapshot());
  must(again.stage_snapshot(w.log.snapshot()));
  CHECK(must(again.install_snapshot()) == Cursor{"e1", 3});
  CHECK(must(again.counts()).queued == 2);
}

TEST_CASE("repair: above a snapshot") {
  Fixture f;
  f.log.append(foreign("f1", "todo/1", R"({"set":{"title":"theirs"}})"));
  f.log.append(conflict_line("c1", "todo/1", "title"));
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(f.log.snapshot({f.log.lines[1]})));
  must(f.replica.install_snapshot());
  f.log.append(foreign("f2", "todo/2", R"({"set":{"title":"later"}})"));
  f.pull();
  f.set("todo/1", "n", "1");
  const Held before(f.replica);
  SECTION("that can be read") {
    must(raw(f.file()).exec("UPDATE replica SET epoch = 'E!', cursor = 77"));
    CHECK(must(Replica::repair(f.file(), f.clock, f.random)).whole);
    Replica again = must(Replica::open(f.file(), f.clock, f.random));
    CHECK(Held(again) == before);
    CHECK(must(again.info()).cursor == Cursor{"e1", 3});
    CHECK(must(again.info()).log_after == 2);
  }
  SECTION("that cannot be read") {
    must(raw(f.file()).exec("UPDATE base SET data = x'00'"));
    CHECK_FALSE(must(Replica::repair(f.file(), f.clock, f.random)).whole);
    Replica again = must(Replica::open(f.file(), f.clock, f.random));
    CHECK(states(again, Replica::View::visible) == before.visible);
    CHECK_FALSE(must(again.info()).cursor.has_value());
  }
}

TEST_CASE("repair: an event of the queue that cannot be read is kept, as rejected") {
  World w;
  w.harm("UPDATE pending SET line = 'nonsense' WHERE subject = 'todo/3'");
  const Replica::Repaired done = w.repair();
  CHECK(done.unreadable == 1);
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  const QueueCounts counts = must(again.counts());
  CHECK(counts.queued == 1);
  CHECK(counts.rejected == 1);
  bool found = false;
  must(again.for_each_pending([&](const PendingEvent& event) {
    found |= event.code == "unreadable" && event.line == "nonsense";
    return true;
  }));
  CHECK(found);
  const std::string id = rejected_of(again).id;
  CHECK(code_of(again.retry(id)) == "unreadable");
  must(again.drop(id));
  CHECK(must(again.counts()).rejected == 0);
  CHECK(must(examine_replica(w.file())).problems.empty());
}

TEST_CASE("repair: what is no replica is left alone") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  CHECK(code_of(Replica::repair(dir.file("none.db"), clock, random)) == "no_such_file");
}

TEST_CASE("a snapshot line longer than a request can be is read again as it was written") {
  Fixture f;
  std::string line = R"({"subject":"stock/1","fields":{"sold":{"counter":{"increments":[)";
  for (int i = 0; line.size() < 18 * 1024 * 1024; ++i) {
    line += fmt::format(R"({}{{"by":1,"stamp":"{:012x}-0000-00000000000000aa","id":"{:0>100}"}})",
                        i == 0 ? "" : ",", i + 1, i);
  }
  line += R"(],"source":"/h"}}}})";
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(R"({"cursor":"e1-5","entities":1,"conflicts":0})"
                                "\n" +
                                line + "\n"));
  must(f.replica.install_snapshot());
  int lines = 0;
  must(f.replica.for_each_base([&](std::string_view) { return ++lines > 0; }));
  CHECK(lines == 1);
}

TEST_CASE("repair: what lies on a damaged page is not believed") {
  World w;
  // Long enough that each line has pages of its own.
  const std::string text = GENERATE("own", "theirs", "milk");
  const std::string filler(9000, 'x');
  w.log.append(foreign("f9", "todo/9", R"({"set":{"title":")" + filler + "THEIRS\"}}"));
  w.pull();
  w.set("todo/7", "title", "\"" + filler + "OWN\"");
  w.set("todo/8", "title", "\"" + filler + "OTHER\"");
  const std::string word = text == "own" ? "OWN" : text == "theirs" ? "THEIRS" : "";
  { must(raw(w.file()).exec("PRAGMA wal_checkpoint(TRUNCATE)")); }
  std::string bytes;
  {
    std::ifstream in(w.file(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto queued = must(w.replica.counts()).queued;
  std::size_t changed = 0;
  for (auto at = bytes.find(word); !word.empty() && at != std::string::npos;
       at = bytes.find(word, at + 1)) {
    bytes[at] = 'x';
    ++changed;
  }
  {
    std::fstream out(w.file(), std::ios::binary | std::ios::in | std::ios::out);
    out << bytes;
  }
  const Replica::Repaired done = w.repair();
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  CHECK(done.mended.empty() == (changed == 0));
  CHECK(done.doubtful == (text == "own" ? 1 : 0));
  CHECK(must(again.counts()).queued == queued - done.doubtful);
  CHECK(must(again.counts()).rejected == done.doubtful);
  const std::string shown = states(again, Replica::View::visible)["todo/8"];
  CHECK(shown.find("OTHER") != std::string::npos);
  for (const auto& [subject, state] : states(again, Replica::View::visible)) {
    CHECK(state.find("xHEIRS") == std::string::npos);
    CHECK(state.find("xWN") == std::string::npos);
  }
  CHECK(must(examine_replica(w.file())).problems.size() == done.doubtful);
}

TEST_CASE("repair: whichever page has lost its head, or all, the rest is kept") {
  World world;
  for (int i = 0; i < 60; ++i)
    world.set("more/" + std::to_string(i), "t", '"' + std::string(900, 'x') + '"');
  must(raw(world.file()).checkpoint());
  const std::string sound = bytes_of(world.file()), copy = world.dir.file("copy.db");
  const std::size_t zeros = GENERATE(8, 4096);
  const std::uint64_t queued = must(world.replica.counts()).queued;
  for (std::size_t page = 1; page < sound.size() / 4096; page += 6) {
    INFO("page " << page + 1 << ", " << zeros << " bytes");
    std::filesystem::remove(copy + "-wal");
    std::filesystem::remove(copy + "-shm");
    std::string bytes = sound;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page * 4096), zeros, '\0');
    put_bytes(copy, bytes);
    const auto done = Replica::repair(copy, world.clock, world.random);
    INFO((done ? "" : done.error().message()));
    REQUIRE(done);
    // Whichever page it is, and be it the one from which all others of the queue are found: what is
    // on the others is there, and what is not is named.
    CHECK(done->queue + done->lost.size() == queued);
    CHECK(done->queue >= 40);
    CHECK(done->lost_more == 0);
    CHECK_FALSE(done->lost_unknown);
    CHECK(std::filesystem::exists(copy + ".damaged") == !done->lost.empty());
    std::filesystem::remove(copy + ".damaged");
    drop_unreadable(copy, world, done->lost);
    const auto found = examine_replica(copy);
    REQUIRE(found);
    INFO((found->problems.empty() ? "" : found->problems[0]));
    CHECK(found->problems.empty());
  }
}

TEST_CASE("repair: whatever eighth of the first page is lost, all is kept") {
  World world;
  must(raw(world.file()).checkpoint());
  const std::string sound = bytes_of(world.file()), copy = world.dir.file("copy.db");
  for (std::size_t part = 0; part < 8; ++part) {
    CAPTURE(part);
    for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(copy + end);
    std::string bytes = sound;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(part * 512), 512, '\0');
    put_bytes(copy, bytes);
    const Replica::Repaired done = must(Replica::repair(copy, world.clock, world.random));
    CHECK(done.queue == 2);
    CHECK(done.lost.empty());
    CHECK(must(examine_replica(copy)).problems.empty());
  }
}

TEST_CASE("repair: where the first page is lost, all is kept") {
  World w;
  for (int i = 0; i < 60; ++i)
    w.set("more/" + std::to_string(i), "t", '"' + std::string(900, 'x') + '"');
  const std::string also = GENERATE("", "VACUUM", "DELETE FROM pending; DELETE FROM entity");
  if (!also.empty()) w.harm(also);
  const bool empty = also.starts_with("DELETE");
  if (empty) CHECK(w.repair().whole);
  must(raw(w.file()).checkpoint());
  const auto counts = must(w.replica.counts());
  Replica reading = must(Replica::open(w.file(), w.clock, w.random));
  const Held before(reading);
  const std::string sound = bytes_of(w.file()), copy = w.dir.file("copy.db");
  std::string bytes = sound;
  std::fill_n(bytes.begin(), GENERATE(16, 100, 4096), GENERATE('\0', 'x'));
  put_bytes(copy, bytes);
  CHECK(code_of(Replica::open(copy, w.clock, w.random)) == "corrupt");
  CHECK(code_of(examine_replica(copy)) == "corrupt");
  const auto done = must(Replica::repair(copy, w.clock, w.random));
  CHECK(done.mended.size() >= 1);
  CHECK(done.doubtful == 0);
  CHECK(done.whole);
  CHECK(done.queue == counts.queued);
  CHECK(must(examine_replica(copy)).problems.empty());
  Replica again = must(Replica::open(copy, w.clock, w.random));
  CHECK(Held(again) == before);
  for (const char* left : {".like", ".look", ".repair"}) {
    CHECK_FALSE(std::filesystem::exists(copy + left));
  }
}

TEST_CASE("repair: where the first page tells of other tables than there are, nothing changes") {
  World w;
  // As an older format left them.
  w.harm(
      "CREATE TABLE other(x); ALTER TABLE pending RENAME TO old; CREATE TABLE pending AS SELECT"
      " * FROM old; DROP TABLE old; DROP TABLE other");
  must(raw(w.file()).checkpoint());
  std::string bytes = bytes_of(w.file());
  std::fill_n(bytes.begin(), 4096, '\0');
  const std::string copy = w.dir.file("copy.db");
  put_bytes(copy, bytes);
  const auto done = Replica::repair(copy, w.clock, w.random);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == "corrupt");
  CHECK(done.error().detail.find("first page is lost") != std::string::npos);
  CHECK(bytes_of(copy) == bytes);
}

TEST_CASE("repair: whatever byte is another one, nothing is believed that was not written") {
  World w;
  for (int i = 0; i < 30; ++i) w.set("todo/" + std::to_string(i), "n", std::to_string(i));
  must(raw(w.file()).exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  std::map<std::string, std::string> lines;
  must(w.replica.for_each_pending([&](const PendingEvent& event) {
    lines[event.id] = event.line;
    return true;
  }));
  { const Replica closed = std::move(w.replica); }
  int repaired = 0, doubtful = 0;
  flip_bytes(w.file(), 60, 3, [&](std::size_t place) {
    INFO("byte " << place);
    const auto done = Replica::repair(w.file(), w.clock, w.random);
    if (!done) {
      REQUIRE(done.error().kind != Errc::internal);
      return;
    }
    ++repaired;
    doubtful += done->doubtful > 0 ? 1 : 0;
    Replica again = must(Replica::open(w.file(), w.clock, w.random));
    std::size_t trusted = 0;
    must(again.for_each_pending([&](const PendingEvent& event) {
      if (event.state == PendingState::rejected) return true;
      ++trusted;
      REQUIRE(lines[event.id] == event.line);
      return true;
    }));
    REQUIRE(trusted + done->doubtful + done->unreadable + done->lost.size() == lines.size());
    const auto found = must(examine_replica(w.file()));
    for (const std::string& problem : found.problems) UNSCOPED_INFO(problem);
    REQUIRE(found.problems.size() == done->waiting);
  });
  CHECK(repaired > 30);
  CHECK(doubtful > 3);
}

}  // namespace offsync::test
