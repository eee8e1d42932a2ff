// Group commit: many submitters, one commit.
#include <atomic>
#include <mutex>
#include <thread>

#include "proxy/ingest/world.h"
#include "proxy/store/sqlite/log_store.h"
#include "support/log_questions.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::test;
using proxy::LogEntry;

namespace {

constexpr int kThreads = 8;
constexpr int kRequests = 25;

struct Published {
  std::mutex mutex;
  std::map<std::string, std::vector<std::uint64_t>> sequences;
  proxy::PublishFn fn() {
    return [this](const proxy::LogNews& news) {
      const std::lock_guard lock(mutex);
      for (const LogEntry& entry : news.entries) sequences[news.space].push_back(entry.sequence);
    };
  }
};

bool gap_free(const std::vector<std::uint64_t>& sequences) {
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    if (sequences[i] != i + 1) return false;
  }
  return true;
}

// Each thread is an author who sends requests of two events, and each third request twice.
void run_authors(proxy::LogStore& store) {
  SystemClock clock;
  Published published;
  proxy::Ingest ingest(store, clock, published.fn());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string space = t % 2 == 0 ? "even" : "odd";
      Author author("/a" + std::to_string(t), static_cast<std::uint64_t>(t) + 1, clock);
      for (int i = 0; i < kRequests; ++i) {
        const std::vector<std::string> lines{
            author.set("todo/" + std::to_string(i % 3), "n", std::to_string(t * 1000 + i)),
            author.set("own/" + std::to_string(t), "n", std::to_string(i))};
        for (int again = 0; again < (i % 3 == 0 ? 2 : 1); ++again) {
          const auto answer = ingest.submit(space, lines);
          const auto expected = again == 0 ? OutcomeKind::accepted : OutcomeKind::duplicate;
          if (!answer || answer->outcomes.size() != 2) {
            ++wrong;
            continue;
          }
          for (const Outcome& outcome : answer->outcomes) {
            if (outcome.kind != expected) ++wrong;
            // Durable and readable before its answer.
            const auto found = known_event(store, space, "/a" + std::to_string(t), outcome.id);
            if (!found || !*found || (*found)->sequence != outcome.sequence) ++wrong;
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  for (const std::string space : {"even", "odd"}) {
    CHECK(gap_free(published.sequences[space]));
    CHECK(published.sequences[space].size() == store.space(space)->head);
    CHECK(audit(store, space) == "");
  }
}

}  // namespace

TEST_CASE("many threads submit to a store in memory", "[ingest]") {
  proxy::MemoryLogStore store("epoch1");
  run_authors(store);
}

TEST_CASE("many threads submit to a SQLite store", "[ingest]") {
  const TempDir dir;
  proxy::SqliteLogStore::Options options;
  options.file = dir.file("log.db");
  SeededRandom random(1);
  auto store = proxy::SqliteLogStore::open(options, random);
  REQUIRE(store);
  run_authors(**store);
}

TEST_CASE("those who wait share one commit, and see their own errors", "[ingest]") {
  proxy::MemoryLogStore memory("epoch1");
  FaultyStore store(memory);
  SystemClock clock;
  Published published;
  proxy::Ingest ingest(store, clock, published.fn());
  std::atomic<int> submitted = 0;
  std::atomic<bool> first = true;
  bool fail = false;
  store.before_append = [&](const proxy::Commit&) -> Status {
    if (first.exchange(false)) {
      // The first commit takes until all others wait.
      while (submitted < kThreads) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    } else if (fail) {
      return make_error(Errc::io, "io", "the disk is gone");
    }
    return {};
  };
  SECTION("of a commit that succeeds") {
    fail = false;
  }
  SECTION("of a commit that fails") {
    fail = true;
  }
  std::atomic<int> accepted = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Author author("/a" + std::to_string(t), static_cast<std::uint64_t>(t) + 1, clock);
      const std::string line = author.set("own/" + std::to_string(t), "n", "1");
      ++submitted;
      const auto answer = ingest.submit("shop", {line});
      if (answer && answer->outcomes.at(0).kind == OutcomeKind::accepted) ++accepted;
      if (!answer && answer.error().code == "io") ++failed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(store.appends < kThreads);
  CHECK(accepted + failed == kThreads);
  CHECK((failed > 0) == fail);
  CHECK(memory.space("shop")->head == static_cast<std::uint64_t>(accepted));
  CHECK(published.sequences["shop"].size() == static_cast<std::size_t>(accepted));
  CHECK(audit(memory, "shop").empty());
}

TEST_CASE("one large request does not keep a small one out for ever", "[ingest]") {
  proxy::MemoryLogStore store("epoch1");
  SystemClock clock;
  proxy::IngestOptions options;
  options.commit_events = 10;
  proxy::Ingest ingest(store, clock, {}, options);
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Author author("/a" + std::to_string(t), static_cast<std::uint64_t>(t) + 1, clock);
      std::vector<std::string> lines;
      for (int i = 0; i < (t == 0 ? 500 : 3); ++i) {
        lines.push_back(author.set("own/" + std::to_string(t), "n", std::to_string(i)));
      }
      const auto answer = ingest.submit("shop", lines);
      if (answer && answer->outcomes.size() == lines.size()) ++done;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(done == 4);
  CHECK(store.space("shop")->head == 509);
  CHECK(audit(store, "shop").empty());
}
