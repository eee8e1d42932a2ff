// The store's promises to many threads.
#include <atomic>
#include <mutex>
#include <thread>

#include "contract/store_under_test.h"
#include "support/catch.h"
#include "support/log_questions.h"

using namespace offsync;
using namespace offsync::proxy;
using offsync::test::append_next;
using offsync::test::append_one;
using offsync::test::client_mark;
using offsync::test::commit_of;
using offsync::test::entity_record;
using offsync::test::known_event;
using offsync::test::take_snapshot;

namespace {

// Every commit writes its own last sequence into each of these.
const std::vector<std::string> kSubjects = {"a/1", "b/1", "c/1", "d/1"};

Commit commit_with_states(const std::string& space, std::uint64_t first, std::size_t count) {
  Commit commit = commit_of(space, first, count);
  const std::string at = std::to_string(first + count - 1);
  for (const std::string& subject : kSubjects) commit.entities.push_back({subject, at});
  commit.marks = {{"/a", first + count - 1}};
  return commit;
}

// The first thing that was wrong in any thread, for the test's own thread to report.
class Complaint {
 public:
  void make(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (text_.empty()) text_ = text;
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

void check_snapshot(LogStore& store, const std::string& space, Complaint& complaint) {
  const auto snapshot = take_snapshot(store, space);
  if (!snapshot) return complaint.make(snapshot.error().message());
  if (snapshot->entities.size() != snapshot->entities_announced) {
    return complaint.make("not as many entities as announced");
  }
  for (const std::string& record : snapshot->entities) {
    if (record != std::to_string(snapshot->at.head)) {
      complaint.make("a snapshot at " + std::to_string(snapshot->at.head) + " has a state of " +
                     record);
    }
  }
}

// All that a look answers is of the moment that it names.
void check_look(LogStore& store, const std::string& space, Complaint& complaint) {
  const Questions questions = {.subjects = {kSubjects[3], kSubjects[0], kSubjects[1]},
                               .sources = {"/a"}};
  const auto facts = store.look(space, questions);
  if (!facts) return complaint.make(facts.error().message());
  const std::string head = std::to_string(facts->at.head);
  for (const auto& record : facts->entities) {
    if (record != head) complaint.make("a look at " + head + " has a state of " + *record);
  }
  if (facts->marks[0] != facts->at.head) complaint.make("a look has the mark of another moment");
}

void check_reads(LogStore& store, const std::string& space, Complaint& complaint) {
  const auto before = store.space(space);
  std::uint64_t after = 0;
  for (;;) {
    const auto page = store.read(space, after, 7, 1'000'000);
    if (!page) return complaint.make(page.error().message());
    if (page->empty()) break;
    for (const LogEntry& entry : *page) {
      if (entry.sequence != ++after) return complaint.make("a gap in the log");
    }
  }
  if (!before || after < before->head) return complaint.make("an event that was there is not");
  if (after == 0) return;
  check_look(store, space, complaint);
  const auto found = known_event(store, space, "/e", "e-" + std::to_string(after));
  if (!found || !*found || (*found)->sequence != after) complaint.make("an event is not found");
  const auto mark = client_mark(store, space, "/a");
  if (!mark || *mark < after) complaint.make("a mark that is behind its events");
  const auto state = entity_record(store, space, kSubjects[0]);
  if (!state || !*state || std::stoull(**state) < after) {
    complaint.make("a state that is behind its events");
  }
}

}  // namespace

TEST_CASE("readers and snapshots see whole commits while others append") {
  OFFSYNC_STORE(store);
  LogStore& log = store.store();
  constexpr int kCommits = 60;
  constexpr std::size_t kEvents = 3;
  Complaint complaint;
  std::atomic<int> writers = 2;
  std::vector<std::thread> threads;
  for (const std::string space : {"one", "two"}) {
    threads.emplace_back([&, space] {
      for (int i = 0; i < kCommits; ++i) {
        const Status status = append_next(
            log, commit_with_states(space, 1 + kEvents * static_cast<std::uint64_t>(i), kEvents));
        if (!status) complaint.make(status.error().message());
      }
      --writers;
    });
    threads.emplace_back([&, space] {
      do check_snapshot(log, space, complaint);
      while (writers > 0);
    });
    threads.emplace_back([&, space] {
      do check_reads(log, space, complaint);
      while (writers > 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  INFO(complaint.text());
  CHECK(complaint.text().empty());
  CHECK(log.space("one")->head == kCommits * kEvents);
  CHECK(log.space("two")->head == kCommits * kEvents);
}

TEST_CASE("a slow receiver of a snapshot keeps nobody from appending, and gets its own sequence") {
  OFFSYNC_STORE(store);
  LogStore& log = store.store();
  REQUIRE(append_next(log, commit_with_states("shop", 1, 3)));
  std::uint64_t at = 0;
  std::vector<std::string> records;
  SnapshotSink sink;
  sink.begin = [&](const SpaceState& state, std::uint64_t, std::uint64_t) {
    at = state.head;
    return true;
  };
  sink.entity = [&](std::string_view record) {
    records.emplace_back(record);
    const std::uint64_t next = log.space("shop")->head + 1;
    CHECK(append_next(log, commit_with_states("shop", next, 1)));
    return true;
  };
  sink.conflict = [](std::string_view) { return true; };
  REQUIRE(log.snapshot("shop", sink));
  CHECK(at == 3);
  CHECK(records == std::vector<std::string>(kSubjects.size(), "3"));
  CHECK(log.space("shop")->head == 3 + kSubjects.size());
}

TEST_CASE("of two who append at the same place one is behind") {
  OFFSYNC_STORE(store);
  LogStore& log = store.store();
  std::atomic<int> kept = 0;
  std::atomic<int> behind = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (std::uint64_t first = 1; first <= 20; ++first) {
        Commit commit = commit_of("shop", first, 1, "t" + std::to_string(i));
        commit.number = first;
        const Status status = append_one(log, commit);
        if (status)
          ++kept;
        else if (status.error().code == "behind")
          ++behind;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(kept == static_cast<int>(log.space("shop")->head));
  CHECK(kept + behind == 80);
  CHECK(log.read("shop", 0, 1000, 1'000'000)->size() == log.space("shop")->head);
}

TEST_CASE("compaction and appends go side by side") {
  OFFSYNC_STORE(store);
  LogStore& log = store.store();
  REQUIRE(append_next(log, commit_of("shop", 1, 200)));
  Complaint complaint;
  std::thread compactor([&] {
    for (std::uint64_t upto = 10; upto <= 200; upto += 10) {
      const Status status = log.compact("shop", upto);
      if (!status) complaint.make(status.error().message());
    }
  });
  for (std::uint64_t next = 201; next <= 300; ++next) {
    REQUIRE(append_next(log, commit_of("shop", next, 1)));
  }
  compactor.join();
  INFO(complaint.text());
  CHECK(complaint.text().empty());
  CHECK(log.space("shop")->oldest == 201);
  CHECK(log.space("shop")->head == 300);
  CHECK(log.read("shop", 0, 1000, 1'000'000)->size() == 100);
}
