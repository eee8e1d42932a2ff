// Several ingests over one log, as several proxies have them: each publishes all of it, whoever
// appended, and its caches are right.
#include <atomic>
#include <thread>

#include "proxy/ingest/follower.h"
#include "proxy/ingest/world.h"
#include "support/log_questions.h"

using namespace offsync;
using namespace offsync::test;
using proxy::Commit;

namespace {

// A second proxy beside `world`.
struct Other {
  explicit Other(IngestWorld& world)
      : store(world.memory.log()), ingest(store, world.clock, [this](const proxy::LogNews& news) {
          for (const auto& entry : news.entries) published.push_back(entry.line);
          head = news.head;
        }) {}

  Outcome submit_one(const std::string& line, const std::string& space = "shop") {
    const auto answer = ingest.submit(space, {line});
    if (!answer) FAIL(answer.error().message());
    return answer->outcomes.at(0);
  }

  proxy::MemoryLogStore store;
  std::vector<std::string> published;
  std::uint64_t head = 0;
  proxy::Ingest ingest;
};

}  // namespace

TEST_CASE("what another proxy has appended is published by this one, once and in order",
          "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  CHECK(world.wakes == 0);
  for (int i = 0; i < 3; ++i) other.submit_one(bob.set("todo/2", "n", std::to_string(i)));
  CHECK(world.wakes > 0);
  CHECK(world.published["shop"].size() == 1);
  CHECK(world.ingest.catch_up());
  CHECK(world.published["shop"] == world.log());
  CHECK(world.ingest.catch_up());
  CHECK(world.published["shop"] == world.log());
  // Whoever appends next without having heard of it publishes first what came before.
  other.submit_one(bob.set("todo/3", "n", "1"));
  world.submit_one(ann.set("todo/1", "n", "2"));
  CHECK(world.published["shop"] == world.log());
  CHECK(world.ingest.catch_up());
  CHECK(other.ingest.catch_up());
  CHECK(world.published["shop"] == world.log());
  Words all = world.log();
  all.erase(all.begin());  // before the other one met it
  CHECK(other.published == all);
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("of a log that nobody has decided about here the head is told", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author bob("/bob", 2, world.clock);
  other.submit_one(bob.set("todo/1", "n", "1"));
  other.submit_one(bob.set("todo/1", "n", "2"));
  CHECK(world.ingest.catch_up());
  CHECK(world.heads["shop"] == 2);
  CHECK(world.published["shop"].empty());
  // Also where it is met before that was told.
  other.submit_one(bob.set("todo/1", "n", "3"));
  CHECK(word(world.submit_one(bob.set("todo/1", "n", "4"))) == "accepted");
  CHECK(world.heads["shop"] == 4);
  CHECK(world.published["shop"].size() == 1);
}

TEST_CASE("what another proxy appended just before a log is met here is told, too", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author bob("/bob", 2, world.clock);
  const std::string line = bob.set("todo/1", "n", "1");
  bool first = true;
  world.store.before_space = [&]() -> Status {
    if (std::exchange(first, false)) other.submit_one(line);
    return {};
  };
  CHECK(word(world.submit_one(line)) == "duplicate");  // so that nothing of its own tells it
  CHECK(world.heads["shop"] == 1);
}

TEST_CASE("a lost race costs the states that the winner changed, and no others", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  for (const char* subject : {"todo/1", "todo/2", "todo/3"}) {
    world.submit_one(ann.set(subject, "n", "1"));
  }
  std::vector<std::string> asked;
  world.store.before_look = [&](const proxy::Questions& questions) -> Status {
    asked.insert(asked.end(), questions.subjects.begin(), questions.subjects.end());
    return {};
  };
  const std::string theirs = bob.set("todo/2", "m", "7");
  world.store.before_append = [&](const Commit&) -> Status {
    world.store.before_append = nullptr;
    other.submit_one(theirs);
    return {};
  };
  world.submit_one(ann.set("todo/1", "n", "2"));
  CHECK(asked == std::vector<std::string>{"todo/1"});  // it was being changed
  asked.clear();
  world.submit(
      {ann.set("todo/1", "n", "3"), ann.set("todo/2", "n", "3"), ann.set("todo/3", "n", "3")});
  CHECK(asked.empty());
  CHECK(world.published["shop"] == world.log());
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("each commit that the store took or refused is said", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  const std::string line = ann.set("todo/1", "n", "1");
  world.submit_one(line);
  world.submit_one(line);  // a duplicate: nothing to commit
  CHECK(world.commits == std::vector<bool>{true});
  bool first = true;
  world.store.before_append = [&](const Commit&) -> Status {
    if (std::exchange(first, false)) other.submit_one(bob.set("todo/1", "m", "1"));
    return {};
  };
  world.submit_one(ann.set("todo/1", "n", "2"));
  CHECK(world.commits == std::vector<bool>{true, false, true});
}

TEST_CASE("two proxies that take turns have the states of one", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  for (int i = 0; i < 40; ++i) {
    world.clock.advance(1);
    const std::string subject = "todo/" + std::to_string(i % 3);
    EventDraft count = ann.draft(subject);
    count.inc["c"] = "1";
    EventDraft mine = bob.setting(subject, "n", std::to_string(i));
    mine.add["s"] = {std::to_string(i % 5)};
    if (i % 13 == 12) {
      mine = bob.draft(subject);
      mine.del = true;
    }
    world.submit_one(count.line());
    other.submit_one(mine.line());
    if (i % 4 == 0) CHECK(world.ingest.catch_up());
    if (i % 7 == 0) CHECK(other.ingest.catch_up());
  }
  CHECK(world.ingest.catch_up());
  CHECK(world.published["shop"] == world.log());
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("a proxy that knows a conflict's sides by another proxy decides as one that took them",
          "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock), cy("/cy", 3, world.clock);
  const auto over = [](Author& author, const EventDraft& seen, const char* value) {
    author.hlc().observe(seen.stamp, seen.stamp.ms());
    EventDraft event = author.setting("todo/1", "t", value);
    event.base["t"] = seen.stamp;
    return event;
  };
  world.submit_one(ann.set("todo/9", "n", "1"));  // it follows the log from here on
  const EventDraft first = ann.setting("todo/1", "t", "1");
  const EventDraft second = over(bob, first, "2"), third = over(bob, second, "3"),
                   fourth = over(cy, third, "4");
  // As a log that was lost is sent again, in another order.
  for (const EventDraft& event : {fourth, second, third}) {
    CHECK(other.submit_one(event.line()).conflicts == 0);
  }
  CHECK(world.submit_one(first.line()).conflicts == 0);
}

TEST_CASE("what was compacted before it could be read is passed over", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  for (int i = 0; i < 4; ++i) other.submit_one(bob.set("todo/1", "m", std::to_string(i)));
  const std::uint64_t upto = GENERATE(3, 5);
  REQUIRE(world.memory.compact("shop", upto));
  CHECK(world.ingest.catch_up());
  CHECK(world.heads["shop"] == 5);
  CHECK(world.published["shop"].size() == 1 + (5 - upto));
  world.submit_one(ann.set("todo/1", "n", "2"));
  CHECK(world.heads["shop"] == 6);
  const std::string record = entity_record(world.memory, "shop", "todo/1")->value();
  CHECK(record.find("\"m\"") != std::string::npos);
}

TEST_CASE("a store that fails while it is caught up with loses nothing", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  other.submit_one(bob.set("todo/1", "m", "1"));
  world.store.before_space = []() -> Status { return make_error(Errc::io, "io", "no"); };
  CHECK_FALSE(world.ingest.catch_up());
  CHECK_FALSE(world.ingest.catch_up());
  CHECK_FALSE(world.ingest.submit("shop", {ann.set("todo/1", "n", "2")}));
  world.store.before_space = nullptr;
  CHECK(world.ingest.catch_up());
  CHECK(world.published["shop"] == world.log());
  world.submit_one(ann.set("todo/1", "n", "3"));
  CHECK(world.published["shop"] == world.log());
  CHECK(audit(world.memory, "shop").empty());
}

// The states of a log that is not kept in mind any more are brought up by nobody.
TEST_CASE("a log that was put out of mind is begun anew", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  world.submit_one(ann.set("todo/1", "n", "1"));
  for (int i = 0; i < 4200; ++i) {
    world.submit({ann.set("todo/1", "n", "1")}, "space-" + std::to_string(i));
  }
  other.submit_one(bob.set("todo/1", "m", "1"));
  CHECK(world.ingest.catch_up());
  world.submit_one(ann.set("todo/1", "k", "1"));
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("two proxies with many threads lose nothing and publish everything", "[ingest]") {
  IngestWorld world;
  Other other(world);
  Author begin("/begin", 99, world.clock);
  world.submit_one(begin.set("todo/0", "n", "1"));
  other.submit_one(begin.set("todo/0", "n", "2"));
  std::atomic<int> wrong = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      Author author("/a" + std::to_string(t), static_cast<std::uint64_t>(t) + 1, world.clock);
      proxy::Ingest& mine = t % 2 == 0 ? world.ingest : other.ingest;
      for (int i = 0; i < 40; ++i) {
        const std::string line = author.set("todo/" + std::to_string(i % 3), "n", "1");
        for (bool done = false; !done;) {
          const auto answer = mine.submit("shop", {line});
          done = answer.ok();
          if (!done && answer.error().code != "busy") ++wrong;
        }
      }
    });
  }
  std::thread catching([&] {
    while (!over) {
      world.ingest.catch_up();
      other.ingest.catch_up();
    }
  });
  for (std::thread& thread : threads) thread.join();
  over = true;
  catching.join();
  CHECK(wrong == 0);
  CHECK(world.ingest.catch_up());
  CHECK(other.ingest.catch_up());
  CHECK(world.published["shop"] == world.log());
  CHECK(other.published.back() == world.log().back());
  CHECK(audit(world.memory, "shop").empty());
}

TEST_CASE("a follower catches up again and again until there is nothing left", "[ingest]") {
  std::atomic<int> calls = 0;
  proxy::Follower follower([&] { return ++calls >= 4; });
  follower.wake();  // before it starts
  follower.start();
  for (int i = 0; i < 6000 && calls < 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(calls == 4);
  follower.wake();
  for (int i = 0; i < 6000 && calls < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(calls == 5);
  follower.stop();
  follower.stop();
  follower.wake();
  CHECK(calls == 5);
}
