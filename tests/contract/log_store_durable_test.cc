// What outlives the process.
#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/rfc3339.h"
#include "contract/store_under_test.h"
#include "event/decoder.h"
#include "proxy/ingest/ingest.h"
#include "proxy/store/sqlite/log_store.h"
#include "proxy/store/sqlite/schema.h"
#include "support/catch.h"
#include "support/formats.h"
#include "support/log_questions.h"
#include "support/ports.h"
#include "support/temp_dir.h"
#include "wire/line_mark.h"

using namespace offsync;
using namespace offsync::proxy;
using offsync::test::append_next;
using offsync::test::append_one;
using offsync::test::client_mark;
using offsync::test::commit_of;
using offsync::test::entity_record;
using offsync::test::known_event;
using offsync::test::known_rejection;
using offsync::test::ManualClock;
using offsync::test::SeededRandom;
using offsync::test::take_snapshot;
using offsync::test::TempDir;

TEST_CASE("everything is there again after a restart") {
  OFFSYNC_STORE(store);
  const std::string epoch = store->space("shop")->epoch;
  Commit commit = commit_of("shop", 1, 5);
  commit.entities = {{"todo/1", "one"}};
  commit.marks = {{"/a", 4}};
  commit.rejections = {{"/a", 3, "x", "code", "detail"}};
  commit.opened = {{"e-2", 2, "second"}};
  REQUIRE(append_next(store, commit));
  REQUIRE(store->set_applied("shop", 2));
  REQUIRE(store->compact("shop", 1));
  if (!store.reopen()) return;

  const auto state = store->space("shop");
  REQUIRE(state);
  CHECK(state->epoch == epoch);
  CHECK(state->head == 5);
  CHECK(state->oldest == 2);
  CHECK(state->applied == 2);
  CHECK(store->read("shop", 0, 100, 1'000'000)->size() == 4);
  CHECK((*known_event(store, "shop", "/e", "e-3"))->sequence == 3);
  CHECK(**entity_record(store, "shop", "todo/1") == "one");
  CHECK(*client_mark(store, "shop", "/a") == 4);
  CHECK((*known_rejection(store, "shop", "/a", 3))->code == "code");
  CHECK(store->open_conflicts("shop")->at(0).line == "second");
  CHECK(take_snapshot(store.store(), "shop")->entities_announced == 1);
  CHECK(append_next(store, commit_of("shop", 6, 1)));
  Commit late = commit_of("shop", 6, 1, "late");
  late.number = state->number + 1;
  CHECK(append_one(store, late).error().code == "behind");
}

TEST_CASE("a store of format 1 goes on, its events known by source and id") {
  TempDir dir;
  offsync::test::make_old_file(dir.file("log.db"), "store_1");
  SeededRandom random(1);
  const auto store = SqliteLogStore::open({.file = dir.file("log.db")}, random);
  REQUIRE(store);
  LogStore& log = **store;
  const auto entries = log.read("shop", 0, 100, 1'000'000);
  REQUIRE(entries->size() == 6);
  Decoder decoder;
  for (const LogEntry& entry : *entries) {
    const auto event = decoder.decode(entry.line);
    REQUIRE(event);
    CHECK(entry.source == (*event)->source);
    CHECK(entry.id == (*event)->id);
    CHECK((*known_event(log, "shop", entry.source, entry.id))->line == entry.line);
    CHECK_FALSE(*known_event(log, "shop", "/another", entry.id));
  }
  const EventView& last = **decoder.decode(entries->back().line);
  CHECK(format_rfc3339(Stamp{log.space("shop")->clock, 0}.ms()) == last.recordedtime);
  // Nobody knows any more whose the first two were.
  for (const char* source : {"/till/1", "/till/7"}) {
    CHECK((*known_event(log, "shop", source, "1"))->sequence == 2);
  }
  CHECK(log.open_conflicts("shop")->at(0).id == "87330d8f-5c58-8954-a388-def9f1e1cb63");

  ManualClock clock;
  Ingest ingest(log, clock, {});
  const auto sale = [](const char* id, const char* source, const char* time, const char* data) {
    return fmt::format(R"({{"specversion":"1.0","id":"{}","source":"{}","type":"sale",)"
                       R"("subject":"till/1"{},"data":{}}})",
                       id, source, time, data);
  };
  const char* const first = R"({"set":{"total":5},"inc":{"sales":1}})";
  const char* const time = R"(,"time":"2026-11-27T10:00:00Z")";
  const auto answer = ingest.submit(
      "shop",
      {sale("1", "/till/1", time, first), sale("2", "/till/1", "", R"({"inc":{"sales":1}})"),
       sale("2", "/till/2", "", R"({"inc":{"sales":1}})"), sale("1", "/till/7", "", first)});
  REQUIRE(answer);
  std::vector<std::string> words;
  for (const Outcome& outcome : answer->outcomes) {
    words.push_back(std::string(name_of(outcome.kind)) + " " + outcome.code);
  }
  CHECK(words ==
        std::vector<std::string>{"duplicate ", "duplicate ", "accepted ", "rejected id_conflict"});
  CHECK((*entity_record(log, "shop", "till/1"))->find(R"("source":"/till/2")") !=
        std::string::npos);
}

namespace {

Result<std::unique_ptr<SqliteLogStore>> open_file(const std::string& file, std::uint64_t seed = 1) {
  SqliteLogStore::Options options;
  options.file = file;
  options.cache_kib = 2000;
  SeededRandom random(seed);
  return SqliteLogStore::open(options, random);
}

}  // namespace

TEST_CASE("a second proxy on the same file is told so") {
  const TempDir dir;
  auto first = open_file(dir.file("log.db"));
  REQUIRE(first);
  const auto second = open_file(dir.file("log.db"));
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == Errc::config);
  CHECK(second.error().code == "store_locked");
  CHECK(second.error().detail.find(dir.file("log.db")) != std::string::npos);
  // And the first one does not mind.
  CHECK(append_next(**first, commit_of("shop", 1, 1)));
  first->reset();
  CHECK(open_file(dir.file("log.db")));
}

TEST_CASE("a store is one store under each of its names") {
  const TempDir dir;
  const auto first = open_file(dir.file("log.db"));
  REQUIRE(first);
  std::filesystem::create_symlink(dir.file("log.db"), dir.file("link.db"));
  const auto second = open_file(dir.file("link.db"));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == "store_locked");
}

TEST_CASE("a store that is a hard link is refused, and nothing comes to be beside it") {
  const TempDir dir;
  REQUIRE(open_file(dir.file("log.db")));
  std::filesystem::create_hard_link(dir.file("log.db"), dir.file("hard.db"));
  const auto store = open_file(dir.file("hard.db"));
  REQUIRE_FALSE(store);
  CHECK(store.error().kind == Errc::config);
  CHECK(store.error().code == "hard_link");
  CHECK_FALSE(std::filesystem::exists(dir.file("hard.db.lock")));
  std::filesystem::remove(dir.file("log.db"));
  CHECK(open_file(dir.file("hard.db")));
}

TEST_CASE("a store whose file is gone is not begun anew over its WAL") {
  const TempDir dir;
  const std::string wal = dir.file("log.db-wal");
  REQUIRE(open_file(dir.file("log.db")));
  std::ofstream(wal) << "commits that a killed proxy has left";
  const auto bytes = std::filesystem::file_size(wal);
  std::filesystem::remove(dir.file("log.db"));
  const auto store = open_file(dir.file("log.db"));
  REQUIRE_FALSE(store);
  CHECK(store.error().kind == Errc::io);
  CHECK(store.error().code == "wal_alone");
  CHECK(std::filesystem::file_size(wal) == bytes);
}

TEST_CASE("a folder is no store, and stays as it was") {
  const TempDir dir;
  std::filesystem::create_directory(dir.file("folder"));
  const auto store = open_file(dir.file("folder"));
  REQUIRE_FALSE(store);
  CHECK(store.error().code == "store_is_folder");
  CHECK(store.error().detail.find(dir.file("folder")) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(dir.file("folder.lock")));
}

TEST_CASE("a store may begin anew with what it holds") {
  TempDir dir;
  SeededRandom random(1);
  SqliteLogStore::Options options;
  options.file = dir.file("store.db");
  std::string epoch, name;
  {
    auto store = SqliteLogStore::open(options, random);
    REQUIRE(append_next(**store, commit_of("shop", 1, 5)));
    epoch = (*store)->space("shop")->epoch;
    name = (*store)->space("shop")->log;
    CHECK(name == epoch);
    CHECK((*store)->space("shpo")->log != name);
  }
  options.new_epoch = true;
  const std::string fresh = (*SqliteLogStore::open(options, random))->space("shop")->epoch;
  CHECK(fresh != epoch);
  options.new_epoch = false;
  auto store = SqliteLogStore::open(options, random);
  CHECK((*store)->space("shop")->epoch == fresh);
  CHECK((*store)->space("shop")->log == name);
  CHECK(take_snapshot(**store, "shop")->at.log == name);
  CHECK((*store)->space("shop")->head == 5);
  CHECK((*store)->read("shop", 0, 100, 1'000'000)->size() == 5);
}

TEST_CASE("a store of the first format gets its epoch as its name") {
  TempDir dir;
  SqliteLogStore::Options options;
  options.file = dir.file("store.db");
  {
    sqlite::OpenOptions create;
    create.create = true;
    auto db = sqlite::Db::open(options.file, create);
    REQUIRE(db);
    REQUIRE(sqlite::migrate(*db, kLogApplicationId, log_migrations().first(1)));
    REQUIRE(
        db->exec("INSERT INTO store VALUES (1, 'theepochofit');"
                 "INSERT INTO space VALUES (1, 'shop', 0, 1, 0, 0)"));
  }
  SeededRandom random(1);
  {
    const auto store = SqliteLogStore::open(options, random);
    REQUIRE(store);
    const auto state = (*store)->space("shop");
    CHECK(state->epoch.starts_with("theepochofit"));
    CHECK(state->log == state->epoch);
  }
  options.new_epoch = true;
  const auto store = SqliteLogStore::open(options, random);
  CHECK((*store)->space("shop")->log.starts_with("theepochofit"));
  CHECK_FALSE((*store)->space("shop")->epoch.starts_with("theepochofit"));
}

TEST_CASE("of what a store of format 3 has compacted nobody has the marks") {
  TempDir dir;
  const std::string file = dir.file("store.db");
  {
    sqlite::OpenOptions create;
    create.create = true;
    auto db = sqlite::Db::open(file, create);
    REQUIRE(db);
    REQUIRE(sqlite::migrate(*db, kLogApplicationId, log_migrations().first(3)));
    REQUIRE(
        db->exec("INSERT INTO store VALUES (1, 'theepochofit', 'theepochofit');"
                 "INSERT INTO space VALUES (1, 'shop', 3, 3, 2, 0, 77);"
                 "INSERT INTO source VALUES (1, '/e');"
                 "INSERT INTO event VALUES ((1 << 40) + 1, x'01652d31', x'00', 1);"
                 "INSERT INTO event VALUES ((1 << 40) + 2, x'01652d32', x'00', 1);"
                 "INSERT INTO event VALUES ((1 << 40) + 3, x'01652d33', '{\"id\":\"e-3\"}', 1);"));
  }
  const auto opened = open_file(file);
  REQUIRE(opened);
  LogStore& store = **opened;
  const auto before = store.space("shop");
  CHECK(before->oldest == 3);
  CHECK(before->head == 3);
  CHECK(before->applied == 2);
  CHECK(before->clock == 77);
  CHECK(before->gone_line.empty());
  CHECK(before->gone_event.empty());
  CHECK((*known_event(store, "shop", "/e", "e-2"))->sequence == 2);
  REQUIRE(append_next(store, commit_of("shop", 4, 1)));
  CHECK(store.space("shop")->gone_line.empty());
  REQUIRE(store.compact("shop", 3));
  CHECK(store.space("shop")->gone_line == line_mark(R"({"id":"e-3"})"));
  CHECK(store.space("shop")->gone_event == name_mark("/e", "e-3"));
}

TEST_CASE("two stores have two epochs") {
  const TempDir dir;
  const auto one = open_file(dir.file("one.db"), 1);
  const auto two = open_file(dir.file("two.db"), 2);
  REQUIRE(one);
  REQUIRE(two);
  CHECK((*one)->space("shop")->epoch != (*two)->space("shop")->epoch);
}

TEST_CASE("a file that is not ours is left alone") {
  const TempDir dir;
  const std::string file = dir.file("other.db");
  std::ofstream(file) << "this is no database, and someone may still need it";
  const auto opened = open_file(file);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == Errc::config);
  CHECK(opened.error().code == "not_ours");
  std::ifstream in(file);
  std::string text;
  std::getline(in, text);
  CHECK(text == "this is no database, and someone may still need it");
}

namespace {

// While it lives, no file of this process can grow: as on a full disk.
class FullDisk {
 public:
  FullDisk() {
    old_action_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit none = old_;
    none.rlim_cur = 4096;
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_action_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit old_{};
  void (*old_action_)(int) = nullptr;
};

}  // namespace

TEST_CASE("after a commit that failed in the file system the store opens its file anew") {
  const TempDir dir;
  auto store = open_file(dir.file("log.db"));
  REQUIRE(store);
  LogStore& log = **store;
  REQUIRE(append_next(log, commit_of("shop", 1, 3)));
  REQUIRE(log.read("shop", 0, 10, 1'000'000)->size() == 3);  // a reader is open, too
  {
    const FullDisk full;
    const Status status = append_next(log, commit_of("shop", 4, 200));
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == Errc::io);
    CHECK(status.error().code == "unknown");
    CHECK(status.error().detail.find(dir.file("log.db")) != std::string::npos);
    CHECK_FALSE(status.error().hint.empty());
  }
  CHECK(log.check());
  const std::uint64_t head = log.space("shop")->head;
  CHECK((head == 3 || head == 203));
  CHECK(log.read("shop", 0, 1000, 1'000'000)->size() == head);
  REQUIRE(append_next(log, commit_of("shop", head + 1, 2)));
  store->reset();
  store = open_file(dir.file("log.db"));
  REQUIRE(store);
  CHECK((*store)->read("shop", 0, 1000, 1'000'000)->size() == head + 2);
}

TEST_CASE("of an append for which the disk has no room all is kept, or nothing") {
  const TempDir dir;
  auto store = open_file(dir.file("log.db"));
  REQUIRE(store);
  LogStore& log = **store;
  REQUIRE(append_next(log, commit_of("shop", 1, 3)));
  std::vector<Commit> commits = {commit_of("bar", 1, 200), commit_of("lab", 1, 1),
                                 commit_of("shop", 4, 200)};
  commits[1].number = 9;
  commits[2].number = 2;
  {
    const FullDisk full;
    const auto statuses = log.append(commits);
    REQUIRE(statuses.size() == 3);
    for (const std::size_t at : {0, 2}) {
      REQUIRE_FALSE(statuses[at]);
      CHECK(statuses[at].error().kind == Errc::io);
      CHECK(statuses[at].error().code == "unknown");
    }
    CHECK(statuses[1].error().code == "behind");
  }
  const std::uint64_t bar = log.space("bar")->head, shop = log.space("shop")->head;
  CHECK((bar == 0 || bar == 200));
  CHECK(shop == 3 + bar);
  store->reset();
  store = open_file(dir.file("log.db"));
  REQUIRE(store);
  CHECK((*store)->space("bar")->head == bar);
  CHECK((*store)->space("shop")->head == shop);
  CHECK((*store)->space("lab")->head == 0);
}

TEST_CASE("a folder that does not exist is an error that names the file") {
  const TempDir dir;
  const auto opened = open_file(dir.file("no/such/log.db"));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().detail.find(dir.file("no/such/log.db")) != std::string::npos);
}
