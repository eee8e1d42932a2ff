// What is made of an edit and a delete that met.
#include "replica/resolution.h"

#include "lib/replica/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

const std::string kOne = "11111111-1111-8111-8111-111111111111";
const std::string kTwo = "12222222-2222-8222-8222-222222222222";

// An edit of t, and a delete that it met; the entity had more.
struct Met : Fixture {
  Met() {
    log.append(foreign(
        "made", "todo/1",
        R"({"create":true,"set":{"t":1,"u":"x"},"inc":{"n":5},"add":{"s":["a","b"]}})", -3000));
    log.append(foreign("of-another", "todo/10", R"({"set":{"t":7,"w":7}})", -3000));
  }
  void edit(const std::string& data = R"({"set":{"t":2}})", std::int64_t ms = -1000) {
    log.append(foreign("edit", "todo/1", data, ms));
  }
  void gone(const std::string& id = "gone", std::int64_t ms = -2000) {
    log.append(foreign(id, "todo/1", R"({"delete":true})", ms));
  }
  static Replica::ConflictRecord record(const std::string& id = kOne,
                                        const std::string& field = "t",
                                        const std::string& value = "2") {
    Replica::ConflictRecord made;
    made.subject = "todo/1";
    made.conflict.id = id;
    made.conflict.field = field;
    made.conflict.current.id = "gone";
    made.conflict.current.source = "/other";
    made.conflict.current.deleted = true;
    made.conflict.incoming.id = "edit";
    made.conflict.incoming.source = "/other";
    made.conflict.incoming.value = value;
    made.conflict.rule = "delete-wins";
    return made;
  }
  void note(const Replica::ConflictRecord& record) {
    log.append(fmt::format(R"({{"specversion":"1.0","id":"{}","source":"/proxy",)"
                           R"("type":"offsync.conflict","subject":"todo/1",)"
                           R"("time":"2023-11-14T22:13:20.000Z","data":{}}})",
                           record.conflict.id, conflict_data(record.conflict)));
  }
};

Resolution decided(Replica& replica, const Replica::ConflictRecord& record, const Side& side) {
  Resolver resolver = must(Resolver::begin(replica));
  return must(must(resolver.decisions(record.subject))->decide(record.conflict, Choice::of(side)));
}

}  // namespace

TEST_CASE("an edit that is taken over a delete brings the entity back as it was") {
  Met f;
  f.gone();
  f.edit();
  const auto from_snapshot = GENERATE(0, 2, 3);  // how much of the log the replica does not have
  const std::vector<std::string> all = f.log.lines;
  if (from_snapshot > 0) {
    f.log.lines.resize(static_cast<std::size_t>(from_snapshot));
    must(f.replica.begin_snapshot());
    must(f.replica.stage_snapshot(f.log.snapshot()));
    must(f.replica.install_snapshot());
    f.log.lines = all;
  }
  f.pull();
  REQUIRE(f.shown() == "deleted");
  const auto made = decided(f.replica, f.record(), f.record().conflict.incoming);
  const bool known = from_snapshot < 3;
  CHECK(made.rest_known == known);
  CHECK(made.back.size() == (known ? 3 : 0));
  must(f.replica.resolve(f.record(), Choice::of(f.record().conflict.incoming)));
  CHECK(f.shown() == (known ? R"(n=5 s=["a","b"] t=2 u="x")" : "t=2"));
}

TEST_CASE("what others wrote unseen shows once, also where it is later than the delete") {
  Met f;
  f.gone();
  f.edit();
  f.log.append(foreign("more", "todo/1", R"({"inc":{"n":1},"add":{"s":["c"]}})", -500));
  f.pull();
  must(f.replica.resolve(f.record(), Choice::of(f.record().conflict.incoming)));
  CHECK(f.shown() == R"(n=6 s=["a","b","c"] t=2 u="x")");
}

TEST_CASE("what is decided with it is left to its own event") {
  Met f;
  f.gone();
  f.edit(R"({"set":{"t":2},"unset":["u"]})");
  f.note(f.record());
  f.note(f.record(kTwo, "u", ""));
  f.pull();
  const auto t = must(f.replica.conflict(kOne)), u = must(f.replica.conflict(kTwo));
  CHECK(decided(f.replica, t, t.conflict.incoming).back.size() == 2);
  must(f.replica.resolve(t, Choice::of(t.conflict.incoming)));
  must(f.replica.resolve(u, Choice::of(u.conflict.incoming)));
  CHECK(f.shown() == R"(n=5 s=["a","b"] t=2)");
  const auto again = decided(f.replica, u, u.conflict.incoming);
  CHECK(again.back.empty());
  CHECK_FALSE(again.draft.create);
}

TEST_CASE("where it lives again only the edit comes back, where it was deleted again, all") {
  Met f;
  f.gone();
  f.edit();
  SECTION("it was created afresh") {
    f.log.append(foreign("anew", "todo/1", R"({"create":true,"set":{"u":"new"}})", -900));
    f.pull();
    must(f.replica.resolve(f.record(), Choice::of(f.record().conflict.incoming)));
    CHECK(f.shown() == R"(t=2 u="new")");
  }
  SECTION("it was deleted again") {
    f.gone("again", -100);
    f.pull();
    must(f.replica.resolve(f.record(), Choice::of(f.record().conflict.incoming)));
    CHECK(f.shown() == R"(n=5 s=["a","b"] t=2 u="x")");
  }
}

TEST_CASE("what has no room in an event stays gone, and that is said") {
  Met f;
  f.log.append(foreign("big", "todo/1",
                       fmt::format(R"({{"set":{{"v":"{}"}}}})", std::string(40'000, 'v')), -2900));
  f.gone();
  f.edit();
  f.pull();
  const auto made = decided(f.replica, f.record(), f.record().conflict.incoming);
  CHECK_FALSE(made.rest_known);
  CHECK(made.back.empty());
  must(f.replica.resolve(f.record(), Choice::of(f.record().conflict.incoming)));
  CHECK(f.shown() == "t=2");
}

TEST_CASE("decided for the delete it is deleted once more") {
  Met f;
  f.gone();
  f.edit();
  f.pull();
  const Emitted emitted =
      must(f.replica.resolve(f.record(), Choice::of(f.record().conflict.current)));
  CHECK(emitted.line.find(R"("delete":true)") != std::string::npos);
  CHECK(f.shown() == "deleted");
}

TEST_CASE("what is created afresh names the delete that it saw") {
  Met f;
  f.gone();
  f.pull();
  const Stamp delete_stamp = Stamp::make(f.clock.wall_ms() - 2000, 0, 99);
  const Emitted emitted =
      must(f.add(R"({"create":true,"set":{"t":3},"inc":{"n":1},"add":{"s":["z"]}})"));
  const Seen event = seen(emitted.line);
  CHECK(event.base.at("t") == delete_stamp);
  CHECK(event.base.at("n") == delete_stamp);
  const std::string element = fmt::format(R"("s":{{"{}":["z"]}})", delete_stamp.text());
  CHECK(emitted.line.find(element) != std::string::npos);
  const Emitted counted = must(f.add(R"({"create":true,"inc":{"n":1}})", "todo/2"));
  CHECK_FALSE(seen(counted.line).base_given);
}
