#include "lib/replica/fixture.h"
#include "wire/line_mark.h"

using namespace offsync;
using namespace offsync::test;

namespace {

Result<Cursor> bootstrap(Replica& replica, const std::string& snapshot, std::size_t piece = 1000) {
  must(replica.begin_snapshot());
  std::size_t at = 0;
  while (at < snapshot.size()) {
    std::size_t end = snapshot.find('\n', std::min(at + piece, snapshot.size() - 1)) + 1;
    must(replica.stage_snapshot(std::string_view(snapshot).substr(at, end - at)));
    at = end;
  }
  return replica.install_snapshot();
}

}  // namespace

TEST_CASE("a snapshot is the state at its sequence, and the log goes on from there") {
  Fixture f;
  for (int i = 1; i <= 50; ++i) {
    f.log.append(foreign(fmt::format("f{}", i), fmt::format("k/{}", i % 20),
                         R"({"inc":{"n":1},"set":{"a":"text"}})", i));
  }
  CHECK(must(bootstrap(f.replica, f.log.snapshot())) == Cursor{"e1", 50});
  const ReplicaInfo info = must(f.replica.info());
  CHECK(info.cursor == Cursor{"e1", 50});
  CHECK(info.log_after == 50);
  CHECK(info.head == 50);
  CHECK(f.shown("k/1") == R"(a="text" n=3)");
  f.log.append(foreign("g", "k/1", R"({"inc":{"n":1}})", 60));
  CHECK(f.pull().events == 1);
  CHECK(f.confirmed("k/1") == R"(a="text" n=4)");
  // fold(snapshot, received log) == confirmed state
  CHECK(states(f.replica, Replica::View::confirmed) == folded(f.replica));
  CHECK(folded(f.replica).size() == 20);
}

TEST_CASE("nothing is below the log of a replica that began at its beginning") {
  Fixture f;
  int lines = 0;
  must(f.replica.for_each_base([&](std::string_view) { return ++lines < 10; }));
  CHECK(lines == 0);
}

TEST_CASE("an empty space has an empty snapshot") {
  Fixture f;
  CHECK(must(bootstrap(f.replica, f.log.snapshot())) == Cursor{"e1", 0});
  CHECK(folded(f.replica).empty());
  f.log.append(foreign("g", "k/1", R"({"inc":{"n":1}})"));
  CHECK(f.pull().events == 1);
}

TEST_CASE("a snapshot larger than a piece of the table is kept line by line") {
  Fixture f;
  const std::string text(40'000, 'x');
  for (int i = 0; i < 60; ++i) {
    f.log.append(foreign(fmt::format("f{}", i), fmt::format("k/{}", i),
                         R"({"set":{"a":")" + text + R"("}})"));
  }
  const std::string snapshot = f.log.snapshot();
  REQUIRE(snapshot.size() > (2U << 20));
  must(bootstrap(f.replica, snapshot, snapshot.size() - 2));
  CHECK(states(f.replica, Replica::View::confirmed) == folded(f.replica));
  CHECK(folded(f.replica).size() == 60);
}

TEST_CASE("a snapshot that cannot be used changes nothing") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":1}})"));
  f.log.append(foreign("y", "todo/2", R"({"set":{"a":1}})"));
  f.pull();
  f.set("todo/1", "b", "2");
  const std::string good = f.log.snapshot();
  const auto refused = [&](const std::string& snapshot) {
    std::string code = code_of(bootstrap(f.replica, snapshot));
    CHECK(f.shown() == "a=1 b=2");
    CHECK(f.shown("todo/2") == "a=1");
    CHECK(must(f.replica.info()).log_after == 0);
    CHECK(states(f.replica, Replica::View::confirmed) == folded(f.replica));
    return code;
  };
  const std::size_t second = good.find('\n') + 1;
  const std::size_t third = good.find('\n', second) + 1;
  CHECK(refused("") == "bad_snapshot");
  CHECK(refused("{}\n") == "bad_snapshot");
  CHECK(refused(good.substr(second)) == "bad_snapshot");                         // no header
  CHECK(refused(good.substr(0, third)) == "bad_snapshot");                       // cut
  CHECK(refused(good + good.substr(third)) == "bad_snapshot");                   // too much
  CHECK(refused(good.substr(0, third) + good.substr(second, third - second)) ==  // twice
        "bad_snapshot");
  CHECK(refused(good.substr(0, good.size() - 5) + "\n") == "bad_snapshot");  // malformed
  CHECK(must(bootstrap(f.replica, good)) == Cursor{"e1", 2});
}

TEST_CASE("the pieces of two processes never mix") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":1}})"));
  Replica other = f.open_again();
  const std::string snapshot = f.log.snapshot();
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(snapshot.substr(0, snapshot.find('\n') + 1)));
  CHECK(must(bootstrap(other, snapshot)) == Cursor{"e1", 1});
  must(f.replica.stage_snapshot(snapshot.substr(snapshot.find('\n') + 1)));
  CHECK(code_of(f.replica.install_snapshot()) == "superseded");
  CHECK(f.shown() == "a=1");
  CHECK(states(f.replica, Replica::View::confirmed) == folded(f.replica));
  CHECK(must(bootstrap(f.replica, snapshot)) == Cursor{"e1", 1});
}

TEST_CASE("regression: bootstrap overwrote pending edits") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"a":"theirs","b":1}})", -1000));
  f.set("todo/1", "a", R"("ours")");
  f.set("todo/2", "new", "1");
  const Emitted bad = f.set("todo/3", "bad", "1");
  f.set("todo/3", "behind", "1");
  f.reject(bad.id);
  must(bootstrap(f.replica, f.log.snapshot()));
  CHECK(f.queue() == "a:queued new:queued bad:rejected behind:held");
  CHECK(f.shown("todo/1") == R"(a="ours" b=1)");
  CHECK(f.confirmed("todo/1") == R"(a="theirs" b=1)");
  CHECK(f.shown("todo/2") == "new=1");
  CHECK(f.shown("todo/3") == "behind=1");
  f.push();
  f.pull();
  CHECK(f.queue() == "bad:rejected behind:held");
  CHECK(f.confirmed("todo/1") == R"(a="ours" b=1)");
  f.set("todo/3", "last", "1");
  CHECK(f.queue() == "bad:rejected behind:held last:held");
  must(f.replica.drop(bad.id));
  f.push();
  f.pull();
  CHECK(f.queue().empty());
  CHECK(states(f.replica, Replica::View::visible) == folded(f.replica));
}

TEST_CASE("accepted events that the snapshot covers leave, later ones are queued again") {
  Fixture f;
  must(f.add(R"({"inc":{"n":1}})"));
  f.push();
  const std::string snapshot = f.log.snapshot();
  must(f.add(R"({"inc":{"n":10}})"));
  f.push();
  CHECK(f.queue() == "t:accepted t:accepted");
  must(bootstrap(f.replica, snapshot));
  CHECK(f.queue() == "t:queued");
  CHECK(f.confirmed() == "n=1");
  CHECK(f.shown() == "n=11");
  CHECK(f.pull().events == 1);
  CHECK(f.queue().empty());
  CHECK(f.confirmed() == "n=11");
}

TEST_CASE("regression: a late answer of a log that was put back hid what that had lost") {
  Fixture f;
  must(f.add(R"({"inc":{"n":1}})"));
  // The log takes it as its first event, is put back in its epoch, and grows. The state of that one
  // is here before the answer of the former.
  FakeLog grown = f.log;
  grown.append(foreign("x", "todo/1", R"({"inc":{"n":10}})"));
  must(bootstrap(f.replica, grown.snapshot()));
  f.push();
  CHECK(f.queue().empty());
  const auto asked = must(f.replica.doubtful(10));
  REQUIRE(asked.size() == 1);
  CHECK(must(f.replica.settle_doubtful("e1", asked, std::vector{asked[0].n})).again == 1);
  CHECK(f.queue() == "t:queued");
}

TEST_CASE("events accepted by another log are queued again") {
  Fixture f;
  must(f.add(R"({"inc":{"n":1}})"));
  f.push();
  f.pull();
  must(f.add(R"({"inc":{"n":10}})"));
  f.push();  // accepted, and never pulled: then the proxy lost its log
  FakeLog fresh("e2");
  fresh.append(foreign("x", "todo/1", R"({"inc":{"n":100}})"));
  must(bootstrap(f.replica, fresh.snapshot()));
  f.log = fresh;
  CHECK(f.queue() == "t:queued");
  CHECK(f.confirmed() == "n=100");
  CHECK(f.shown() == "n=110");
  CHECK(must(f.replica.info()).cursor == Cursor{"e2", 1});
  CHECK(must(f.replica.info()).head == 1);
  f.push();
  f.pull();
  CHECK(f.confirmed() == "n=110");
}

TEST_CASE("regression: duplicates after a reset") {
  // electric#3363: the log from the snapshot on is applied to it, and nothing that is in it.
  Fixture f;
  for (int i = 1; i <= 4; ++i) {
    f.log.append(foreign(fmt::format("f{}", i), "k/1", R"({"inc":{"n":1}})", i));
  }
  must(f.replica.apply("e1", f.log.after(0)));
  must(bootstrap(f.replica, f.log.snapshot()));
  CHECK(must(f.replica.apply("e1", f.log.after(0))).events == 0);
  CHECK(f.confirmed("k/1") == "n=4");
  CHECK(must(f.replica.info()).log_after == 4);
}

TEST_CASE("the clock follows a snapshot, within the guard") {
  Fixture f;
  f.log.append(foreign("x", "k/1", R"({"set":{"a":1}})", 30'000));
  f.log.append(foreign("y", "k/2", R"({"set":{"a":1}})", 86'400'000));
  must(bootstrap(f.replica, f.log.snapshot()));
  const Stamp stamp = seen(f.set("k/9", "a", "1").line).stamp;
  CHECK(stamp.ms() >= f.clock.wall_ms() + 30'000);
  CHECK(stamp.ms() <= f.clock.wall_ms() + limits::kClockGuardMs + 1);
}

TEST_CASE("a snapshot's mark is that of its place until there is a line") {
  Fixture f;
  f.log.append(foreign("x", "todo/1", R"({"set":{"n":1}})"));
  const auto install = [&](std::string text) {
    must(f.replica.begin_snapshot());
    must(f.replica.stage_snapshot(text));
    return must(f.replica.install_snapshot());
  };
  install(f.log.snapshot());
  CHECK(must(f.replica.mark_at({"e1", 1})).empty());  // a proxy of an earlier version
  const std::string mark = line_mark(f.log.lines[0]);
  std::string text = f.log.snapshot();
  const Cursor at = install(text.insert(text.find('}'), R"(,"line":")" + mark + "\""));
  CHECK(must(f.replica.mark_at(at)) == mark);
  CHECK(must(f.replica.mark_at({"e1", 0})).empty());
  CHECK(must(f.replica.mark_at({"e2", 1})).empty());
  f.log.append(foreign("y", "todo/1", R"({"set":{"n":2}})"));
  f.pull();
  CHECK(must(f.replica.mark_at({"e1", 2})) == line_mark(f.log.lines[1]));
  CHECK(must(f.replica.mark_at(at)) == mark);
}
