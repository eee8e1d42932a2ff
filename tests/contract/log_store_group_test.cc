// One append of commits to several spaces, of every store.
#include <algorithm>
#include <atomic>
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

namespace {

// With all that a commit can have.
Commit full_commit(const std::string& space, std::uint64_t number, std::uint64_t first) {
  Commit commit = commit_of(space, first, 2, space);
  commit.number = number;
  commit.entities = {{"todo/1", "state of " + space}};
  commit.marks = {{"/a", number}};
  commit.rejections = {{"/a", number, "x", "code", "detail"}};
  commit.opened = {{commit.entries[1].id, first + 1, "{}"}};
  return commit;
}

std::vector<std::string> codes(const std::vector<Status>& statuses) {
  std::vector<std::string> out;
  for (const Status& status : statuses) out.push_back(status ? "kept" : status.error().code);
  return out;
}

using Codes = std::vector<std::string>;

void check_untouched(LogStore& store, const std::string& space) {
  INFO(space);
  CHECK(store.space(space)->number == 0);
  CHECK(store.space(space)->head == 0);
  CHECK_FALSE(*entity_record(store, space, "todo/1"));
  CHECK(*client_mark(store, space, "/a") == 0);
  CHECK(store.open_conflicts(space)->empty());
  const auto spaces = store.spaces();
  CHECK(std::find(spaces->begin(), spaces->end(), space) == spaces->end());
}

void check_kept(LogStore& store, const std::string& space, std::uint64_t number) {
  INFO(space);
  CHECK(store.space(space)->number == number);
  CHECK(store.space(space)->head == 2 * number);
  CHECK(**entity_record(store, space, "todo/1") == "state of " + space);
  CHECK(*client_mark(store, space, "/a") == number);
  CHECK(store.open_conflicts(space)->size() == number);
}

}  // namespace

TEST_CASE("commits of several spaces are kept by one append") {
  OFFSYNC_STORE(store);
  const std::vector<Commit> first = {full_commit("a", 1, 1), full_commit("b", 1, 1),
                                     full_commit("c", 1, 1)};
  CHECK(codes(store->append(first)) == Codes{"kept", "kept", "kept"});
  const std::vector<Commit> second = {full_commit("c", 2, 3), full_commit("d", 1, 1)};
  CHECK(codes(store->append(second)) == Codes{"kept", "kept"});
  const auto check = [&] {
    check_kept(store, "a", 1);
    check_kept(store, "b", 1);
    check_kept(store, "c", 2);
    check_kept(store, "d", 1);
    CHECK(store->spaces()->size() == 4);
  };
  check();
  if (store.reopen()) check();
}

TEST_CASE("an append of nothing has no statuses, and changes nothing") {
  OFFSYNC_STORE(store);
  CHECK(store->append({}).empty());
  CHECK(store->spaces()->empty());
}

TEST_CASE("of one append that is behind which is so, and the others are kept") {
  OFFSYNC_STORE(store);
  REQUIRE(append_one(store, full_commit("b", 1, 1)));
  const std::size_t at = GENERATE(0, 1, 2);  // the place of the one that is late
  std::vector<Commit> commits = {full_commit("a", 1, 1), full_commit("c", 1, 1)};
  commits.insert(commits.begin() + static_cast<std::ptrdiff_t>(at), full_commit("b", 1, 1));
  Codes expected(3, "kept");
  expected[at] = "behind";
  const auto statuses = store->append(commits);
  CHECK(codes(statuses) == expected);
  CHECK(statuses[at].error().kind == Errc::protocol);
  check_kept(store, "a", 1);
  check_kept(store, "b", 1);
  check_kept(store, "c", 1);
}

TEST_CASE("where all of an append are behind nothing is kept") {
  OFFSYNC_STORE(store);
  const std::vector<Commit> late = {full_commit("a", 2, 3), full_commit("b", 7, 1)};
  CHECK(codes(store->append(late)) == Codes{"behind", "behind"});
  check_untouched(store, "a");
  check_untouched(store, "b");
  CHECK(store->append(std::vector<Commit>{full_commit("a", 1, 1)})[0]);
}

// They are bugs of who decided; whoever waits in another space is not to suffer.
TEST_CASE("what is wrong with one commit of an append is no other's concern") {
  OFFSYNC_STORE(store);
  REQUIRE(append_one(store, full_commit("b", 1, 1)));
  Commit wrong = full_commit("b", 2, 3);
  std::string code;
  SECTION("its entries leave a gap") {
    wrong.entries[1].sequence = 5;
    code = "bad_commit";
  }
  SECTION("the log has an event of it") {
    wrong.entries[1].id = "b-1";
    code = "constraint";
  }
  const std::vector<Commit> commits = {full_commit("a", 1, 1), wrong, full_commit("c", 1, 1),
                                       full_commit("d", 9, 1)};
  CHECK(codes(store->append(commits)) == Codes{"kept", code, "kept", "behind"});
  check_kept(store, "a", 1);
  check_kept(store, "b", 1);
  check_kept(store, "c", 1);
  check_untouched(store, "d");
  if (store.reopen()) check_kept(store, "b", 1);
}

TEST_CASE("two who append to the same spaces at once win each of them once") {
  OFFSYNC_STORE(store);
  auto another = store.another();  // a second way to the logs, where there can be one
  LogStore* stores[] = {&store.store(), another ? another.get() : &store.store()};
  constexpr std::uint64_t kCommits = 30;
  std::atomic<std::uint64_t> won = 0, wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t who = 0; who < 2; ++who) {
    threads.emplace_back([&, who] {
      for (std::uint64_t number = 1; number <= kCommits; ++number) {
        std::vector<Commit> commits;
        for (const char* space : {"a", "b", "c"}) {
          commits.push_back(commit_of(space, number, 1, "t" + std::to_string(who)));
          commits.back().number = number;
        }
        if (who == 1) std::reverse(commits.begin(), commits.end());
        for (const Status& status : stores[who]->append(commits)) {
          if (status) ++won;
          if (!status && status.error().code != "behind") ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(won == 3 * kCommits);
  for (const char* space : {"a", "b", "c"}) {
    CHECK(store->space(space)->number == kCommits);
    CHECK(store->read(space, 0, 1000, 1'000'000)->size() == kCommits);
  }
}
