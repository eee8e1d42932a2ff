// Stores that disks, copies and strangers have harmed: no crash, nothing without end, and an error
// that is not our own fault.
#include <fmt/format.h>

#include <set>

#include "proxy/ingest/world.h"
#include "proxy/store/sqlite/check.h"
#include "proxy/store/sqlite/log_store.h"
#include "sqlite/db.h"
#include "support/damage.h"
#include "support/log_questions.h"
#include "support/raw_sqlite.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::proxy;
using namespace offsync::test;

namespace {

Result<std::unique_ptr<SqliteLogStore>> open_store(const std::string& file) {
  SqliteLogStore::Options options;
  options.file = file;
  options.cache_kib = 2000;
  options.compact_step = 5;
  SeededRandom random(1);
  return SqliteLogStore::open(options, random);
}

// A store with all that one can hold, as one file.
std::string sound_store(const TempDir& dir) {
  const std::string file = dir.file("sound.db");
  {
    auto store = open_store(file);
    REQUIRE(store);
    ManualClock clock;
    Ingest ingest(**store, clock, {});
    Author ann("/ann", 1, clock);
    Author bob("/bob", 2, clock);
    for (int i = 0; i < 60; ++i) {
      const std::string subject = fmt::format("todo/{}", i % 20);
      EventDraft unfit = bob.draft(subject);
      unfit.inc["title"] = "1";
      const std::vector<std::string> lines = {ann.set(subject, "title", "\"Buy milk\""),
                                              bob.set(subject, "title", "\"Buy rice milk\""),
                                              unfit.line()};
      REQUIRE(ingest.submit(i % 3 == 0 ? "back" : "shop", lines));
    }
    REQUIRE((*store)->compact("shop", 11));
  }
  RawDb(file).run("PRAGMA wal_checkpoint(TRUNCATE)");
  return read_bytes(file);
}

class Attempt {
 public:
  void run(const std::string& file) {
    auto opened = open_store(file);
    note("open", opened);
    if (!opened) return;
    LogStore& store = **opened;
    read_all(store);
    ManualClock clock;
    Author eve("/eve", 3, clock);
    {
      Ingest ingest(store, clock, {});
      note("submit", ingest.submit("shop", {eve.set("todo/1", "title", "5"),
                                            eve.set("todo/99", "title", "5")}));
    }
    note("compact", store.compact("shop", 40));
    note("applied", store.set_applied("shop", 3));
    read_all(store);
    note("check", store.check());
  }

  std::string wrong;     // the first error that is none of a damaged file
  std::set<Errc> kinds;  // of all errors
  std::uint64_t lines = 0;

 private:
  template <class T>
  void note(std::string_view what, const T& result) {
    if (result) return;
    const Error& error = result.error();
    kinds.insert(error.kind);
    const bool fits = error.kind == Errc::io || error.kind == Errc::config ||
                      error.kind == Errc::bad_data || error.kind == Errc::protocol ||
                      error.kind == Errc::partial;
    if (!fits && wrong.empty()) wrong = fmt::format("{}: {}: {}", what, error.code, error.detail);
  }

  void read_all(LogStore& store) {
    note("spaces", store.spaces());
    for (const char* space : {"shop", "back"}) {
      const auto state = store.space(space);
      note("space", state);
      for (std::uint64_t after = 0; after < 500;) {
        const auto page = store.read(space, after, 10, 100'000);
        note("read", page);
        if (!page || page->empty()) break;
        lines += page->size();
        if (page->back().sequence <= after) {
          wrong = "read: it goes back";
          break;
        }
        after = page->back().sequence;
      }
      note("find", known_event(store, space, "/ann", "ann-7"));
      note("entity", entity_record(store, space, "todo/2"));
      note("mark", client_mark(store, space, "/ann"));
      note("rejection", known_rejection(store, space, "/bob", 4));
      note("open_conflicts", store.open_conflicts(space));
      SnapshotSink sink;
      sink.begin = [](const SpaceState&, std::uint64_t, std::uint64_t) { return true; };
      sink.entity = sink.conflict = [&](std::string_view) { return ++lines < 100'000; };
      note("snapshot", store.snapshot(space, sink));
    }
  }
};

}  // namespace

TEST_CASE("a damaged store is an error at worst") {
  const TempDir sound_dir;
  const std::string sound = sound_store(sound_dir);
  REQUIRE(sound.size() > 10 * 4096);
  {
    const TempDir dir;
    write_bytes(dir.file("log.db"), sound);
    Attempt attempt;
    attempt.run(dir.file("log.db"));
    CHECK(attempt.kinds.empty());
    CHECK(attempt.lines > 300);
  }
  int told = 0;
  for (std::uint64_t seed = 0; seed < 108; ++seed) {
    const TempDir dir;
    std::string bytes = sound;
    const std::string what = damage(bytes, seed);
    INFO("seed " << seed << ": " << what);
    write_bytes(dir.file("log.db"), bytes);
    Attempt attempt;
    attempt.run(dir.file("log.db"));
    CHECK(attempt.wrong == "");
    CHECK(attempt.lines < 100'000);
    if (!attempt.kinds.empty()) ++told;
  }
  CHECK(told > 30);
}

TEST_CASE("check names what in a store's rows no proxy has written") {
  const auto* const sql = GENERATE(
      "UPDATE store SET epoch = 'X X'", "UPDATE store SET name = ''",
      "UPDATE space SET head = -5 WHERE name = 'shop'",
      "UPDATE space SET head = 'x' WHERE name = 'shop'",
      "UPDATE space SET oldest = 0 WHERE name = 'shop'",
      "UPDATE space SET applied = -1 WHERE name = 'shop'",
      "UPDATE space SET number = -1 WHERE name = 'shop'",
      "UPDATE space SET clock = 'x' WHERE name = 'shop'",
      "UPDATE space SET gone_line = '!' WHERE name = 'shop'", "UPDATE client SET mark = -1",
      "UPDATE client SET mark = 'x'", "UPDATE client SET space_id = 77 WHERE space_id = 1",
      "INSERT INTO rejection VALUES (77, '/s', 1, 'i', 'c', 'd')",
      "INSERT INTO entity VALUES (77, 'a/1', 'x')", "PRAGMA user_version = 0",
      "PRAGMA user_version = 4", "PRAGMA user_version = -1", "PRAGMA application_id = 7");
  INFO(sql);
  const TempDir sound_dir, dir;
  const std::string file = dir.file("log.db");
  write_bytes(file, sound_store(sound_dir));
  const auto sound = check_store(file);
  REQUIRE(sound);
  CHECK(sound->problems.empty());
  {
    // With seals, so that nothing but the rule tells.
    auto db = sqlite::Db::open(file, {});
    REQUIRE(db);
    REQUIRE(db->exec(sql));
    REQUIRE(db->checkpoint());
  }
  const auto report = check_store(file);
  INFO((report ? "" : report.error().message()));
  CHECK((report ? !report->problems.empty() : report.error().code == "corrupt"));
}

TEST_CASE("a store whose header says another format is damaged to the proxy, too") {
  const TempDir sound_dir, dir;
  const std::string file = dir.file("log.db");
  write_bytes(file, sound_store(sound_dir));
  RawDb(file).run("PRAGMA user_version = 0");
  const auto opened = open_store(file);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == "corrupt");
  CHECK(opened.error().detail.find("its tables are those of format") != std::string::npos);
}
