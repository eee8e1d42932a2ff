// Replica::repair of a replica whose log is not whole: what it keeps stays, whatever comes before
// the next sync, another repair for instance.
#include "lib/replica/fixture.h"
#include "replica/examine.h"
#include "replica/schema.h"
#include "sqlite/db.h"
#include "support/file_bytes.h"

namespace offsync::test {
namespace {

constexpr std::size_t kPage = 4096;

sqlite::Db raw(const std::string& file) {
  return must(sqlite::Db::open(file, sqlite::OpenOptions{}));
}

// A first sync of an empty log, and many events since, that go over several pages; one is queued.
struct World : Fixture {
  World() {
    must(replica.begin_snapshot());
    must(replica.stage_snapshot(log.snapshot()));
    must(replica.install_snapshot());
    for (int i = 0; i < kEvents; ++i) {
      const std::string name = std::to_string(i);
      log.append(foreign(
          "f" + name, "todo/" + std::to_string(i % 20),
          R"({"set":{"f)" + name + R"(":"LINE)" + name + "-" + std::string(300, 'x') + "\"}}"));
    }
    pull();
    set("own/1", "n", "1");
    must(raw(file()).checkpoint());
  }
  Replica::Repaired repair() { return must(Replica::repair(file(), clock, random)); }
  void harm(const std::string& sql) { must(raw(file()).exec(sql)); }
  std::map<std::string, std::string> visible() {
    Replica now = must(Replica::open(file(), clock, random));
    return states(now, Replica::View::visible);
  }
  void emit_one() {
    EventDraft draft;
    draft.type = "t";
    draft.subject = "own/2";
    draft.set["n"] = "2";
    Replica now = must(Replica::open(file(), clock, random));
    must(now.emit(draft));
  }
  // Writes over the `which`th page that holds lines of the log.
  void damage_log(std::size_t which, std::size_t bytes) {
    std::string all = bytes_of(file());
    std::size_t seen = 0;
    for (std::size_t page = 1; page < all.size() / kPage; ++page) {
      const std::string_view text = std::string_view(all).substr(page * kPage, kPage);
      // The state has such texts, too, but no ids.
      if (text[0] != '\x0d' || text.find("recordedtime") == std::string_view::npos) continue;
      if (seen++ != which) continue;
      std::fill_n(all.begin() + static_cast<std::ptrdiff_t>(page * kPage + (bytes < 8 ? 3000 : 0)),
                  bytes, 'x');
      put_bytes(file(), all);
      return;
    }
    FAIL("no such page");
  }
  static constexpr int kEvents = 60;
};

// Where the first frame of each commit begins.
std::vector<std::size_t> commits_of(const std::string& wal) {
  std::vector<std::size_t> begins;
  bool begins_here = true;
  for (std::size_t at = 32; at + 24 + kPage <= wal.size(); at += 24 + kPage) {
    if (begins_here) begins.push_back(at);
    begins_here = wal.compare(at + 4, 4, std::string(4, '\0')) != 0;
  }
  return begins;
}

}  // namespace

TEST_CASE("repair: a second one changes nothing, whatever the first one found") {
  World w;
  const auto before = w.visible();
  const int fault = GENERATE(0, 1, 2, 3, 4);
  CAPTURE(fault);
  if (fault == 0) w.damage_log(2, 7);
  if (fault == 1) w.damage_log(1, kPage);
  if (fault == 2) w.harm("DELETE FROM log");
  if (fault == 3) w.harm("DELETE FROM log WHERE sequence > 40");
  if (fault == 4) w.harm("DELETE FROM log WHERE sequence < 9");
  if (fault >= 2) CHECK(code_of(Replica::open(w.file(), w.clock, w.random)) == "corrupt");
  const Replica::Repaired first = w.repair();
  CHECK_FALSE(first.whole);
  CHECK_FALSE(first.mended.empty());
  CHECK(w.visible() == before);
  CHECK(must(examine_replica(w.file())).problems.empty());
  if (GENERATE(false, true)) w.emit_one();
  const auto now = w.visible();
  for (int again = 0; again < 2; ++again) {
    const Replica::Repaired next = w.repair();
    CHECK(next.mended == std::vector<std::string>{});
    CHECK_FALSE(next.whole);
    CHECK(next.log == first.log);
    CHECK(w.visible() == now);
    CHECK(must(examine_replica(w.file())).problems.empty());
  }
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  CHECK_FALSE(must(again.info()).cursor.has_value());
}

TEST_CASE("repair: of the received log goes only what lies on a damaged page") {
  World w;
  // Some bytes, the head of the page, all of it; in the middle, and at either end.
  const std::size_t bytes = GENERATE(7, 8, 4096);
  const std::size_t which = GENERATE(0, 3, 8);
  CAPTURE(bytes, which);
  std::map<std::uint64_t, std::string> before;
  const auto note = [](auto& lines) {
    return [&lines](std::uint64_t sequence, std::string_view line) {
      return lines.emplace(sequence, line).second;
    };
  };
  must(w.replica.for_each_log({}, note(before)));
  REQUIRE(before.size() == World::kEvents);
  w.damage_log(which, bytes);
  const Replica::Repaired done = w.repair();
  CHECK_FALSE(done.whole);
  CHECK(done.log < World::kEvents);
  CHECK(done.log >= World::kEvents - 12);
  Replica again = must(Replica::open(w.file(), w.clock, w.random));
  std::map<std::uint64_t, std::string> after;
  must(again.for_each_log({}, note(after)));
  CHECK(after.size() == done.log);
  for (const auto& [sequence, line] : after) CHECK(line == before[sequence]);
  CHECK(must(examine_replica(w.file())).problems.empty());
  // The log that is there by then is asked for them.
  must(again.begin_snapshot());
  must(again.stage_snapshot(FakeLog("e2").snapshot()));
  must(again.install_snapshot());
  CHECK(must(again.doubtful(1000)).size() == done.log);
}

TEST_CASE("repair: a replica that has never pulled stays as it is") {
  Fixture f;
  f.set("todo/1", "n", "1");
  for (int again = 0; again < 2; ++again) {
    const auto done = must(Replica::repair(f.file(), f.clock, f.random));
    CHECK(done.mended == std::vector<std::string>{});
    CHECK(done.queue == 1);
    CHECK_FALSE(done.whole);
  }
}

TEST_CASE(
    "repair: a WAL that is damaged within is cut there, and others may not mistake what comes") {
  World w;
  const std::string copy = w.dir.file("copy.db"), wal = copy + "-wal";
  put_bytes(copy, bytes_of(w.file()));
  std::string source;
  for (int i = 0; i < 6; ++i) {
    Replica one = must(Replica::open(copy, w.clock, w.random));
    EventDraft draft;
    draft.type = "t";
    draft.subject = "own/2";
    draft.set["n"] = std::to_string(i);
    must(one.emit(draft));
    source = must(one.info()).source;
  }
  const auto begins = commits_of(bytes_of(wal));
  REQUIRE(begins.size() > 5);
  const bool header = GENERATE(false, true);
  std::fstream(wal, std::ios::binary | std::ios::in | std::ios::out)
      .seekp(static_cast<std::streamoff>(header ? 16 : begins[4] + 8))
      .write("\0\0\0\0\0\0\0", 8);
  CHECK(code_of(Replica::open(copy, w.clock, w.random)) == "corrupt");
  const auto repaired = must(Replica::repair(copy, w.clock, w.random));
  REQUIRE_FALSE(repaired.mended.empty());
  CHECK(repaired.mended[0].find("-wal is damaged") != std::string::npos);
  CHECK(must(must(Replica::open(copy, w.clock, w.random)).info()).source != source);
  CHECK(must(examine_replica(copy)).problems.empty());
  CHECK(must(Replica::repair(copy, w.clock, w.random)).mended.empty());
}

TEST_CASE("repair: a table that is gone is named, and made anew") {
  for (const char* table : {"log", "base", "entity", "conflict", "former", "consumer", "replica"}) {
    INFO(table);
    Fixture f;
    f.set("todo/1", "title", "1");
    f.push();
    f.pull();
    f.set("todo/2", "title", "2");
    must(raw(f.file()).exec(std::string("DROP TABLE ") + table));
    const std::string said = std::string("the table ") + table + " is not there";
    CHECK(must(examine_replica(f.file())).problems == std::vector{said});
    const Replica::Repaired done = must(Replica::repair(f.file(), f.clock, f.random));
    CHECK(std::count(done.mended.begin(), done.mended.end(), "the file: " + said) == 1);
    CHECK(done.queue == 1);
    CHECK(must(examine_replica(f.file())).problems.empty());
    Replica again = must(Replica::open(f.file(), f.clock, f.random));
    CHECK(must(again.counts()).queued == 1);
    CHECK(must(Replica::repair(f.file(), f.clock, f.random)).mended.empty());
  }
  Fixture f;
  f.set("todo/1", "title", "1");
  must(raw(f.file()).exec("DROP TABLE pending"));
  CHECK(must(examine_replica(f.file())).problems ==
        std::vector<std::string>{"the table pending is not there"});
  const Replica::Repaired done = must(Replica::repair(f.file(), f.clock, f.random));
  CHECK(done.mended == std::vector<std::string>{"the file: the table pending is not there"});
  CHECK(done.queue == 0);
  CHECK(done.lost_more == 1);
  CHECK(must(examine_replica(f.file())).problems.empty());
}

TEST_CASE("the tables that are looked for are those of the newest format") {
  Fixture f;
  sqlite::Db db = raw(f.file());
  CHECK(must(schema::missing_tables(db)).empty());
  auto names = must(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'"));
  std::vector<std::string> tables;
  while (must(names.step())) tables.emplace_back(names.text(0));
  for (const std::string& table : tables) must(db.exec("DROP TABLE " + table));
  CHECK(must(schema::missing_tables(db)).size() == tables.size());
}

TEST_CASE("repair: a file that was put back beside a newer WAL is damaged") {
  World w;
  const std::string copy = w.dir.file("copy.db"), wal = copy + "-wal";
  put_bytes(copy, bytes_of(w.file()));
  const int rounds = GENERATE(1, 6);
  std::string backup;
  for (int round = 0; round <= rounds; ++round) {
    Replica one = must(Replica::open(copy, w.clock, w.random));
    const std::uint64_t from = w.log.head();
    for (int i = 0; i < 20; ++i) {
      const std::string name = std::to_string(from) + "-" + std::to_string(i);
      w.log.append(foreign("g" + name, "todo/" + name, R"({"set":{"f":"v"}})"));
    }
    must(one.apply(w.log.epoch, w.log.after(from)));
    if (round == rounds) break;
    must(raw(copy).checkpoint());
    if (round == 0) backup = bytes_of(copy);
  }
  const std::string newest = bytes_of(wal);
  std::ofstream(copy, std::ios::binary) << backup;
  CHECK(bytes_of(wal) == newest);
  const auto opened = Replica::open(copy, w.clock, w.random);
  if (opened && rounds == 1) return;  // all is in the WAL
  CHECK(code_of(opened) == "corrupt");
  CHECK_FALSE(must(Replica::repair(copy, w.clock, w.random)).mended.empty());
  CHECK(must(examine_replica(copy)).problems.empty());
}

namespace {

// What a replica shows, its queue and its log.
std::string all_of(const std::string& file, World& w) {
  Replica one = must(Replica::open(file, w.clock, w.random));
  std::string all;
  for (const auto& [subject, line] : states(one, Replica::View::visible)) all += line + "\n";
  must(one.for_each_log({}, [&](std::uint64_t, std::string_view line) {
    all.append(line).append("\n");
    return true;
  }));
  must(one.for_each_pending([&](const PendingEvent& event) {
    all.append(event.line).append("\n");
    return true;
  }));
  return all;
}

}  // namespace

TEST_CASE("repair: the WAL of another replica is set aside, and costs nothing of the file") {
  World a;
  must(raw(a.file()).checkpoint());
  const std::string file = a.dir.file("a.db"), other = a.dir.file("b.db"), wal = file + "-wal";
  put_bytes(file, bytes_of(a.file()));
  const std::string before = all_of(file, a);
  must(raw(file).checkpoint());
  {
    Replica b = must(Replica::create(other, {"", ""}, a.clock, a.random));
    EventDraft draft;
    draft.type = "t";
    draft.subject = "b/1";
    draft.set["n"] = "2";
    for (int i = 0; i < 3; ++i) must(b.emit(draft));
  }
  const std::string foreign_wal = bytes_of(other + "-wal");
  REQUIRE(foreign_wal.size() > 4096);
  for (int time = 1; time <= 2; ++time) {
    put_bytes(wal, foreign_wal);
    const auto opened = Replica::open(file, a.clock, a.random);
    REQUIRE(code_of(opened) == "corrupt");
    CHECK(opened.error().detail.find("not of this") != std::string::npos);
    CHECK(code_of(examine_replica(file)) == "corrupt");
    CHECK(bytes_of(wal) == foreign_wal);
    const Replica::Repaired done = must(Replica::repair(file, a.clock, a.random));
    CHECK(done.wal_other);
    CHECK(done.wal_aside == wal + (time == 1 ? ".aside" : ".aside-2"));
    CHECK(bytes_of(done.wal_aside) == foreign_wal);
    CHECK(done.lost.empty());
    CHECK(all_of(file, a) == before);
    CHECK(must(examine_replica(file)).problems.empty());
    must(raw(file).checkpoint());
  }
}

TEST_CASE("repair: what waits in the queue is told of each time until it is gone") {
  World w;
  must(raw(w.file()).exec("UPDATE pending SET line = 'no event'"));
  CHECK(w.repair().waiting == 1);
  CHECK(w.repair().waiting == 1);
  CHECK(must(examine_replica(w.file())).problems.size() == 1);
  must(raw(w.file()).exec("UPDATE pending SET code = 'doubtful'"));
  CHECK(w.repair().waiting == 1);
  Replica one = must(Replica::open(w.file(), w.clock, w.random));
  std::string id, source;
  must(one.for_each_pending([&](const PendingEvent& event) {
    id = event.id;
    source = event.source;
    return true;
  }));
  must(one.drop(id, source));
  CHECK(w.repair().waiting == 0);
  CHECK(must(examine_replica(w.file())).problems.empty());
}

}  // namespace offsync::test
