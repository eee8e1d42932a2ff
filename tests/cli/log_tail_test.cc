// LogTail: each event once, in order, wherever it has to be taken from.
#include "cli/log_tail_fixture.h"

using namespace offsync;
using namespace offsync::test::tail;

TEST_CASE_METHOD(Fixture, "stored: what the replica has not received when it begins") {
  log.head = 10;
  bootstrap(2);
  pull(4);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  REQUIRE(run(tail).empty());
  pull(7);
  REQUIRE(run(tail) == Sequences{5, 6, 7});
  REQUIRE(run(tail).empty());
  REQUIRE(tail.position()->text() == "one-7");
  REQUIRE(log.pages == 0);
}

TEST_CASE_METHOD(Fixture, "stored: for an empty replica all of the snapshot is old") {
  log.head = 5;
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  REQUIRE(run(tail).empty());
  bootstrap(5);
  pull(6);  // comes before anybody looked
  REQUIRE(run(tail) == Sequences{6});
}

TEST_CASE_METHOD(Fixture, "beginning: below the snapshot it asks the proxy, page by page") {
  log.head = 8;
  auto tail = this->tail({From::beginning, {}});
  REQUIRE(tail.begin().ok());
  bootstrap(8);
  pull(10);
  log.head = 10;
  REQUIRE(run(tail) == Sequences{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  REQUIRE(log.pages == 3);  // 9 came with the third page, 10 from the replica
}

TEST_CASE_METHOD(Fixture, "beginning: waits for the proxy rather than skip") {
  log.head = 4;
  auto tail = this->tail({From::beginning, {}});
  REQUIRE(tail.begin().ok());
  bootstrap(4);
  pull(5);
  log.reachable = false;
  REQUIRE(run(tail).empty());
  log.reachable = true;
  clock.advance(limits::kBackoffCapMs);
  log.head = 5;
  REQUIRE(run(tail) == Sequences{1, 2, 3, 4, 5});
}

TEST_CASE_METHOD(Fixture, "a snapshot in between leaves no gap") {
  log.head = 3;
  bootstrap(1);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  pull(2);
  REQUIRE(run(tail) == Sequences{2});
  log.head = 9;
  bootstrap(7);  // another process took a snapshot; 3 to 7 are not in the replica
  pull(9);
  REQUIRE(run(tail) == Sequences{3, 4, 5, 6, 7, 8, 9});
  REQUIRE(notices.empty());
}

TEST_CASE_METHOD(Fixture, "what the proxy has forgotten is said, and the rest shown") {
  log.head = 9;
  bootstrap(1);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  log.oldest = 6;
  bootstrap(8);
  pull(9);
  REQUIRE(run(tail) == Sequences{6, 7, 8, 9});
  REQUIRE(notices == std::vector<std::string>{
                         "the proxy no longer has the events 2 to 5; going on behind them"});
}

TEST_CASE_METHOD(Fixture, "a log that was replaced is followed, and said") {
  log.head = 5;
  bootstrap(3);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  pull(5);
  REQUIRE(run(tail) == Sequences{4, 5});
  log.epoch = "two";
  bootstrap(2);
  pull(3);
  REQUIRE(run(tail) == Sequences{3});
  REQUIRE(notices.size() == 1);
  REQUIRE(tail.position()->text() == "two-3");
}

TEST_CASE_METHOD(Fixture, "what comes again in a log of another epoch is not shown again") {
  log.head = 7;
  bootstrap(0);
  pull(5);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());  // 1 to 5 are taken as shown
  pull(7);
  REQUIRE(run(tail) == Sequences{6, 7});
  log.epoch = "two";
  log.put_back(3, 8);
  log.again = {{5, 4}, {6, 7}, {8, 5}};
  bootstrap(3);
  pull(8);
  REQUIRE(run(tail) == Sequences{4, 7});
  // And once more: what did not come again then may do so now.
  log.epoch = "three";
  log.put_back(3, 6);
  log.again = {{5, 6}, {6, 7}};
  bootstrap(3);
  pull(6);
  REQUIRE(run(tail) == Sequences{});
  REQUIRE(notices.size() == 2);
}

TEST_CASE_METHOD(Fixture, "a log that was replaced in its epoch: who may pass nothing over stops") {
  const auto from =
      GENERATE(std::optional<From>(), std::optional(From::beginning), std::optional(From::stored));
  log.head = 5;
  bootstrap(0);
  pull(5);
  auto tail = this->tail({From::after, {"one", 4}});
  tail.pass_nothing(from);
  REQUIRE(tail.begin().ok());
  REQUIRE(run(tail) == Sequences{5});
  log.head = 8;
  bootstrap(6);
  pull(8);
  if (!from) {
    const auto more = tail.pump();
    REQUIRE_FALSE(more.ok());
    REQUIRE(more.error().code == "cursor_expired");
    REQUIRE(tail.position()->text() == "one-5");
    return;
  }
  REQUIRE(run(tail) ==
          (*from == From::beginning ? Sequences{1, 2, 3, 4, 5, 6, 7, 8} : Sequences{7, 8}));
  REQUIRE(notices.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a log that was put back in its epoch is followed, and said") {
  log.head = 5;
  bootstrap(0);
  pull(5);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  log.put_back(2, 4);
  bootstrap(3);
  pull(4);
  REQUIRE(run(tail) == Sequences{3, 4});
  REQUIRE(notices ==
          std::vector<std::string>{"the proxy's log was replaced; going on behind event 2"});
}

TEST_CASE_METHOD(Fixture, "a log that was put back and has grown past the place is told apart") {
  const std::uint64_t snapshot = GENERATE(7, 8, 9, 10);
  INFO("snapshot at " << snapshot);
  log.head = 7;
  bootstrap(0);
  pull(5);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  pull(7);
  REQUIRE(run(tail) == Sequences{6, 7});
  log.put_back(3, 10);
  log.again = {{9, 6}};  // its author has sent it again
  bootstrap(snapshot);
  pull(10);
  log.reachable = false;
  REQUIRE(run(tail).empty());
  REQUIRE(notices.empty());
  log.reachable = true;
  clock.advance(limits::kBackoffCapMs);
  REQUIRE(run(tail) == Sequences{4, 5, 6, 7, 8, 10});
  REQUIRE(notices ==
          std::vector<std::string>{"the proxy's log was replaced; going on behind event 3"});
  pull(10);
  REQUIRE(run(tail).empty());
}

TEST_CASE_METHOD(Fixture, "a log that was put back between two pages is told apart") {
  log.head = 9;
  auto tail = this->tail({From::beginning, {}});
  REQUIRE(tail.begin().ok());
  bootstrap(9);
  REQUIRE(tail.pump().value());
  REQUIRE(seen == Sequences{1, 2, 3});
  log.put_back(1, 9);  // what the replica has are no events: nobody else notices
  REQUIRE(run(tail).empty());
  clock.advance(limits::kBackoffCapMs);
  REQUIRE(run(tail) == Sequences{2, 3, 4, 5, 6, 7, 8, 9});
  REQUIRE(notices.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a log that was put back to before all that is known of it") {
  log.head = 5;
  bootstrap(3);
  pull(5);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  log.put_back(1, 8);
  bootstrap(8);
  REQUIRE(run(tail) == Sequences{4, 5, 6, 7, 8});
  REQUIRE(notices.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a log that was put back and has forgotten since") {
  log.head = 5;
  bootstrap(0);
  pull(5);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  log.put_back(1, 4);
  log.oldest = 5;
  bootstrap(4);
  log.head = 5;
  pull(5);
  REQUIRE(run(tail) == Sequences{5});
  REQUIRE(notices ==
          std::vector<std::string>{"the proxy's log was replaced; going on behind event 4"});
}

TEST_CASE_METHOD(Fixture, "a proxy that never has what follows is asked ever more rarely") {
  log.head = 9;
  bootstrap(1);
  auto tail = this->tail({});
  REQUIRE(tail.begin().ok());
  bootstrap(9);
  log.epoch = "two";  // and the replica does not hear of that
  for (int i = 0; i < 6000; ++i) {
    REQUIRE(tail.pump().ok());
    clock.advance(10);
  }
  REQUIRE(log.pages < 60);
  REQUIRE(seen.empty());
}

TEST_CASE_METHOD(Fixture, "after a cursor, also one without epoch or beyond the end") {
  log.head = 6;
  bootstrap(6);
  pull(8);
  log.head = 8;
  for (const char* epoch : {"", "one"}) {
    auto tail = this->tail({From::after, {epoch, 4}});
    REQUIRE(tail.begin().ok());
    REQUIRE(run(tail) == Sequences{5, 6, 7, 8});
  }
  auto ahead = this->tail({From::after, {"one", 9}});
  REQUIRE(run(ahead).empty());
  pull(11);
  REQUIRE(run(ahead) == Sequences{10, 11});
}

TEST_CASE_METHOD(Fixture, "after a cursor of another log is refused, unless it is the proxy's") {
  log.head = 3;
  bootstrap(3);
  auto wrong = this->tail({From::after, {"other", 1}});
  const auto refused = wrong.pump();
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.error().code == "cursor_expired");
  REQUIRE(refused.error().kind == Errc::bad_data);
  REQUIRE_FALSE(refused.error().hint.empty());

  log.epoch = "two";
  auto newer = this->tail({From::after, {"two", 1}});
  REQUIRE(run(newer).empty());
  bootstrap(2);
  clock.advance(1000);
  pull(3);
  REQUIRE(run(newer) == Sequences{2, 3});
}

TEST_CASE_METHOD(Fixture, "it pauses behind each event where it is told to, and reads none twice") {
  log.head = 4;
  auto tail = this->tail({From::beginning, {}});
  REQUIRE(tail.begin().ok());
  bootstrap(4);
  pull(6);
  log.head = 6;
  pausing = true;
  for (std::uint64_t n = 1; n <= 6; ++n) {
    REQUIRE(tail.pump().value());
    REQUIRE(seen.size() == n);
    REQUIRE(tail.position()->sequence == n);
  }
  REQUIRE_FALSE(tail.pump().value());
  REQUIRE(seen == Sequences{1, 2, 3, 4, 5, 6});
  REQUIRE(log.pages == 2);
}

TEST_CASE_METHOD(Fixture, "what was read of a log that is replaced in a pause is not shown") {
  log.head = 5;
  bootstrap(0);
  pull(5);
  auto tail = this->tail({From::after, {"", 0}});
  pausing = true;
  REQUIRE(tail.pump().value());
  log.epoch = "two";
  bootstrap(2);
  pull(3);
  REQUIRE(run(tail) == Sequences{3});
  REQUIRE(notices.size() == 1);
}

TEST_CASE_METHOD(Fixture, "it stops where the reader has had enough") {
  log.head = 6;
  bootstrap(0);
  pull(6);
  auto tail = this->tail({From::after, {"", 0}});
  limit = 2;
  REQUIRE(run(tail) == Sequences{1, 2});
  REQUIRE_FALSE(tail.wants_more());
  REQUIRE(run(tail).empty());
  REQUIRE(tail.position()->sequence == 2);
}

TEST_CASE_METHOD(Fixture, "a log that is replaced between any two statements leaves no gap") {
  for (std::uint64_t n = 1, acted = 1; acted; ++n) {
    INFO("statement " << n);
    const test::FailingSql watched;
    log = {};
    notices.clear();
    const std::string file = folder.file(fmt::format("{}.db", n));
    replica.emplace(
        std::move(Replica::create(file, {"http://h/v1/spaces/s", ""}, clock, random)).value());
    bootstrap(0);
    pull(5);
    auto tail = this->tail({});
    REQUIRE(tail.begin().ok());
    pull(8);
    test::FailingSql::act_at(n, [&] {
      Replica ours = std::exchange(*replica, Replica::open(file, clock, random).value());
      log.epoch = "two";
      bootstrap(20);
      pull(22);
      *replica = std::move(ours);
    });
    Sequences shown = run(tail);
    acted = test::FailingSql::failed();
    test::FailingSql::fail_at(0);
    if (shown.empty() || shown.back() != 22) {
      // It had looked for the last time.
      const auto rest = run(tail);
      shown.insert(shown.end(), rest.begin(), rest.end());
    }
    // Of the first log so much as it had read, then the other one from its beginning.
    const std::size_t first = acted ? shown.size() - std::min<std::size_t>(2, shown.size()) : 3;
    REQUIRE(first <= 3);
    const Sequences one{6, 7, 8};
    Sequences expected(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(first));
    if (acted) expected.insert(expected.end(), {21, 22});
    REQUIRE(shown == expected);
    REQUIRE(notices.size() == (acted ? 1 : 0));
    REQUIRE((n > 5 || acted));
  }
}
