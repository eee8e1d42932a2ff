// Bytes of a store that changed on the disk: the right answer or an error, never another answer.
#include <fmt/format.h>

#include "contract/store_under_test.h"
#include "event/decoder.h"
#include "proxy/ingest/ingest.h"
#include "proxy/store/sqlite/check.h"
#include "proxy/store/sqlite/log_store.h"
#include "sqlite/db.h"
#include "support/catch.h"
#include "support/flip.h"
#include "support/formats.h"
#include "support/log_questions.h"
#include "support/ports.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::proxy;
using namespace offsync::test;

namespace {

Result<std::unique_ptr<SqliteLogStore>> open(const std::string& file) {
  SeededRandom random(1);
  SqliteLogStore::Options options;
  options.file = file;
  options.cache_kib = 2000;
  return SqliteLogStore::open(options, random);
}

std::string sale(int i) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/till/{}","type":"sale",)"
      R"("subject":"k/{}","time":"2023-11-14T22:13:{:02}Z","data":{{"set":{{"a":{}}},)"
      R"("inc":{{"n":1}},"note":"{}"}}}})",
      i / 3, i % 3, i % 40, i % 60, i, std::string(i % 17 == 0 ? 6000 : 10, 'x'));
}

// Everything that a store can be asked.
Result<std::string> answers(const std::string& file) {
  OFFSYNC_ASSIGN(const auto store, open(file));
  std::string text;
  OFFSYNC_ASSIGN(const auto spaces, store->spaces());
  for (const std::string& space : spaces) {
    OFFSYNC_ASSIGN(const SpaceState state, store->space(space));
    text +=
        fmt::format("{} {} {} {} {}\n", space, state.epoch, state.head, state.oldest, state.clock);
    OFFSYNC_ASSIGN(const auto entries, store->read(space, 0, SIZE_MAX, SIZE_MAX));
    for (const LogEntry& entry : entries) {
      text += fmt::format("{} {} {} {}\n", entry.sequence, entry.source, entry.id, entry.line);
    }
    OFFSYNC_ASSIGN(const Snapshot snapshot, take_snapshot(*store, space));
    for (const auto* lines : {&snapshot.entities, &snapshot.conflicts}) {
      for (const std::string& line : *lines) text += line + "\n";
    }
  }
  for (int i = 0; i < 200; ++i) {
    OFFSYNC_ASSIGN(const auto known, known_event(*store, "shop", fmt::format("/till/{}", i % 3),
                                                 std::to_string(i / 3)));
    text += known ? fmt::format("{} {} {}\n", known->sequence, known->line, known->residue.size())
                  : std::string("-\n");
    OFFSYNC_ASSIGN(const auto entity, entity_record(*store, "shop", fmt::format("k/{}", i)));
    text += entity.value_or("-") + "\n";
    OFFSYNC_ASSIGN(const auto mark, client_mark(*store, "shop", fmt::format("/m/{}", i)));
    text += std::to_string(mark) + "\n";
  }
  return text;
}

void make(const std::string& file) {
  const auto store = open(file);
  REQUIRE(store);
  ManualClock clock;
  Ingest ingest(**store, clock, {});
  for (int i = 0; i < 150; ++i) REQUIRE(ingest.submit(i % 5 == 4 ? "lab" : "shop", {sale(i)}));
  Commit marks;
  marks.space = "shop";
  marks.first = (*store)->space("shop")->head + 1;
  for (int i = 0; i < 50; ++i) {
    marks.marks.push_back({fmt::format("/m/{}", i), static_cast<std::uint64_t>(i) + 1});
    marks.rejections.push_back({fmt::format("/m/{}", i), 1, "x", "code", "detail"});
  }
  REQUIRE(append_next(*(*store), marks));
  REQUIRE((*store)->compact("lab", 5));
}

std::string problems(const std::string& file) {
  const auto report = check_store(file);
  if (!report) return report.error().code;
  std::string text;
  for (const std::string& problem : report->problems) text += problem + "\n";
  return text;
}

}  // namespace

TEST_CASE("a flipped byte of a store never gives another answer") {
  TempDir dir;
  const std::string file = dir.file("log.db");
  make(file);
  CHECK(problems(file) == "");
  const auto right = answers(file);
  REQUIRE(right);
  int found = 0;
  const int refused = refused_flips(
      file, 300, 7, *right, [&] { return answers(file); },
      [&](std::size_t) { found += problems(file).empty() ? 0 : 1; });
  CHECK(refused > 200);
  // Who reads all finds each, but for fields of the header that SQLite's own backups write.
  CHECK(found >= 400 - 20);
}

TEST_CASE("a store is checked: what it holds, and what does not fit") {
  TempDir dir;
  const std::string file = dir.file("log.db");
  make(file);
  const auto report = check_store(file);
  REQUIRE(report);
  REQUIRE(report->spaces.size() == 2);
  CHECK(report->spaces[0].name == "lab");
  CHECK(report->spaces[0].forgotten == 5);
  CHECK(report->spaces[0].events == (*open(file))->space("lab")->head - 5);
  CHECK(report->spaces[1].events == (*open(file))->space("shop")->head);
  CHECK(report->spaces[1].entities == 40 * 4 / 5);
  const auto problem_after = [&](const std::string& sql) {
    {
      auto db = sqlite::Db::open(file, {});
      REQUIRE(db);
      REQUIRE(db->exec(sql));
    }
    std::string found = problems(file);
    UNSCOPED_INFO(found);
    return found;
  };
  SECTION("a line") {
    CHECK(
        problem_after("UPDATE event SET line = replace(line, '\"n\":1', '\"n\":2') WHERE key ="
                      " (SELECT max(key) FROM event WHERE key < 2 << 40 AND line LIKE '%\"n\":1%')")
            .find("is not what the log says") != std::string::npos);
  }
  SECTION("a gap") {
    CHECK(problem_after("DELETE FROM event WHERE key & 0xff = 77")
              .find("event 78 in the place of event 77") != std::string::npos);
  }
  SECTION("a name") {
    CHECK(problem_after("UPDATE event SET source_id = 99 WHERE key & 0xff = 77")
              .find("sequence 77") != std::string::npos);
  }
  SECTION("a count") {
    CHECK(problem_after("UPDATE space SET entities = 7").find("should have 7") !=
          std::string::npos);
  }
  SECTION("a clock") {
    CHECK(problem_after("UPDATE space SET clock = 7").find("clock") != std::string::npos);
  }
}

TEST_CASE(
    "a store is checked while it is in use, and one of format 1 when it was brought up to date") {
  TempDir dir;
  make(dir.file("log.db"));
  const auto store = open(dir.file("log.db"));
  REQUIRE(store);
  CHECK(problems(dir.file("log.db")) == "");
  make_old_file(dir.file("old.db"), "store_1");
  CHECK(problems(dir.file("old.db")) == "old_format");
  REQUIRE(open(dir.file("old.db")));
  CHECK(problems(dir.file("old.db")) == "");
  CHECK(check_store(dir.file("nothing")).error().kind == Errc::no_input);
}
