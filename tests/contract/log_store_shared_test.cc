// Several stores of the same logs, as several proxies on one database have them.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
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
using offsync::test::known_rejection;

namespace {

constexpr std::size_t kAll = 1'000'000;

// What a follower was told, by whatever thread.
class Told {
 public:
  MovedFn fn() {
    return [this](const std::string& space) {
      const std::lock_guard lock(mutex_);
      ++times_[space];
    };
  }
  int times(const std::string& space) {
    const std::lock_guard lock(mutex_);
    return times_[space];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> times_;
};

// A store may tell later, and by a thread of its own.
template <class Holds>
bool soon(Holds holds) {
  for (int i = 0; i < 6000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("each of two stores sees what the other has taken") {
  OFFSYNC_SHARED_STORE(one);
  const auto other = one.another();
  CHECK(other->space("shop")->epoch == one->space("shop")->epoch);
  CHECK(other->space("shop")->log == one->space("shop")->log);
  Commit commit = commit_of("shop", 1, 2);
  commit.entities = {{"todo/1", "state"}};
  commit.marks = {{"/e", 7}};
  commit.rejections = {{"/e", 7, "x", "code", "detail"}};
  commit.opened = {{"e-2", 2, "line"}};
  commit.clock = 9;
  REQUIRE(append_one(one, commit));
  CHECK(other->space("shop")->number == 1);
  CHECK(other->space("shop")->head == 2);
  CHECK(other->space("shop")->clock == 9);
  CHECK(other->spaces()->size() == 1);
  CHECK(other->read("shop", 0, kAll, kAll)->size() == 2);
  CHECK(*entity_record(*other, "shop", "todo/1") == "state");
  CHECK(*client_mark(*other, "shop", "/e") == 7);
  CHECK(*known_rejection(*other, "shop", "/e", 7));
  CHECK((*known_event(*other, "shop", "/e", "e-2"))->sequence == 2);
  CHECK(other->open_conflicts("shop")->size() == 1);
  REQUIRE(append_next(*other, commit_of("shop", 3, 1)));
  CHECK(one->space("shop")->head == 3);
  REQUIRE(other->set_applied("shop", 2));
  CHECK(one->space("shop")->applied == 2);
  REQUIRE(other->compact("shop", 1));
  CHECK(one->space("shop")->oldest == 2);
}

TEST_CASE("of two stores one takes a number, and the other is `behind`") {
  OFFSYNC_SHARED_STORE(one);
  const auto other = one.another();
  REQUIRE(append_one(one, commit_of("shop", 1, 1, "one")));
  const Status late = append_one(*other, commit_of("shop", 1, 1, "other"));
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == Errc::protocol);
  CHECK(late.error().code == "behind");
  CHECK(one->read("shop", 0, kAll, kAll)->size() == 1);
  // Also where neither has an event.
  Commit rejected;
  rejected.space = "shop";
  rejected.number = 2;
  rejected.first = 2;
  rejected.marks = {{"/a", 9}};
  rejected.rejections = {{"/a", 9, "x", "first", "detail"}};
  REQUIRE(append_one(*other, rejected));
  rejected.rejections[0].code = "second";
  CHECK(append_one(one, rejected).error().code == "behind");
  CHECK((*known_rejection(one, "shop", "/a", 9))->code == "first");
}

TEST_CASE("of all stores that race for a number exactly one wins it") {
  OFFSYNC_SHARED_STORE(store);
  constexpr std::uint64_t kCommits = 40;
  std::vector<std::unique_ptr<LogStore>> stores;
  for (int i = 0; i < 4; ++i) stores.push_back(store.another());
  std::atomic<int> wrong = 0;
  std::atomic<std::uint64_t> won = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    threads.emplace_back([&, i] {
      for (std::uint64_t number = 1; number <= kCommits; ++number) {
        Commit commit = commit_of("shop", number, 1, "t" + std::to_string(i));
        commit.number = number;
        const Status status = append_one(*stores[i], commit);
        if (status) ++won;
        if (!status && status.error().code != "behind") ++wrong;
        // Whoever has lost can read who won.
        if (stores[i]->read("shop", number - 1, 1, kAll)->empty()) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(won == kCommits);
  CHECK(store->space("shop")->number == kCommits);
  CHECK(store->read("shop", 0, kAll, kAll)->size() == kCommits);
}

TEST_CASE("who follows is told of what another has appended, and then can read it") {
  OFFSYNC_SHARED_STORE(one);
  const auto other = one.another();
  Told told;
  one->follow(told.fn());
  REQUIRE(append_next(*other, commit_of("shop", 1, 1)));
  CHECK(soon([&] { return told.times("shop") > 0; }));
  CHECK(one->read("shop", 0, kAll, kAll)->size() == 1);
  // Of a commit without an event, too: it has taken a number.
  const int before = told.times("shop");
  Commit rejected;
  rejected.space = "shop";
  rejected.number = 2;
  rejected.first = 2;
  rejected.marks = {{"/a", 9}};
  REQUIRE(append_one(*other, rejected));
  CHECK(soon([&] { return told.times("shop") > before; }));
  CHECK(one->space("shop")->number == 2);
  // Of each space of an append, but those that were behind.
  const std::vector<Commit> commits = {commit_of("a", 1, 1), rejected, commit_of("b", 1, 1)};
  REQUIRE(other->append(commits)[1].error().code == "behind");
  CHECK(soon([&] { return told.times("a") > 0 && told.times("b") > 0; }));
  CHECK(one->read("b", 0, kAll, kAll)->size() == 1);
  one->follow({});
}

TEST_CASE("who does not follow any more is told nothing") {
  OFFSYNC_SHARED_STORE(one);
  const auto other = one.another();
  Told first, second;
  one->follow(first.fn());
  one->follow(second.fn());
  REQUIRE(append_next(*other, commit_of("shop", 1, 1)));
  CHECK(soon([&] { return second.times("shop") > 0; }));
  CHECK(first.times("shop") == 0);
  one->follow({});
  const int before = second.times("shop");
  REQUIRE(append_next(*other, commit_of("shop", 2, 1)));
  Told last;
  auto third = one.another();
  third->follow(last.fn());
  REQUIRE(append_next(*other, commit_of("shop", 3, 1)));
  CHECK(soon([&] { return last.times("shop") > 0; }));
  CHECK(second.times("shop") == before);
  third.reset();  // and so does one that is no more
  CHECK(append_next(*other, commit_of("shop", 4, 1)));
}

TEST_CASE("followers come and go while others append") {
  OFFSYNC_SHARED_STORE(store);
  std::atomic<bool> over = false;
  std::thread appending([&] {
    const auto mine = store.another();
    for (std::uint64_t next = 1; next <= 200; ++next) {
      if (!append_next(*mine, commit_of("shop", next, 1))) break;
    }
    over = true;
  });
  while (!over) {
    const auto mine = store.another();
    auto told = std::make_unique<Told>();
    mine->follow(told->fn());
    mine->follow({});
    told.reset();  // nobody calls it any more
  }
  appending.join();
  CHECK(store->space("shop")->head == 200);
}
