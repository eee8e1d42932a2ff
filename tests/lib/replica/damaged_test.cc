// Replicas that disks, copies and strangers have harmed: no crash, nothing without end, and an
// error that is not our own fault.
#include <set>

#include "lib/replica/fixture.h"
#include "support/damage.h"
#include "support/raw_sqlite.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// A replica with all that one can hold, as one file.
std::string sound_replica(const TempDir& dir) {
  const std::string file = dir.file("sound.db");
  ManualClock clock;
  SeededRandom random{5};
  {
    Replica replica = must(Replica::create(file, {"http://h/v1/spaces/s", ""}, clock, random));
    FakeLog log;
    for (int i = 0; i < 40; ++i) {
      log.append(foreign(fmt::format("s{}", i), fmt::format("todo/{}", i % 20),
                         R"({"set":{"title":"Buy milk"},"add":{"tags":["a","b"]},"base":{}})", i));
    }
    must(replica.begin_snapshot());
    must(replica.stage_snapshot(log.snapshot({conflict_line("c0", "todo/1", "title")})));
    must(replica.install_snapshot());
    const std::uint64_t base = log.head();
    for (int i = 0; i < 60; ++i) {
      log.append(foreign(fmt::format("l{}", i), fmt::format("todo/{}", i % 30),
                         R"({"inc":{"count":1},"set":{"note":"the same again"}})", 100 + i));
    }
    log.append(conflict_line("c1", "todo/2", "note"));
    must(replica.apply(log.epoch, log.after(base)));
    std::vector<Outcome> outcomes;
    for (int i = 0; i < 20; ++i) {
      EventDraft draft;
      draft.type = "todo.renamed";
      draft.subject = fmt::format("todo/{}", i % 7);
      draft.set["title"] = "\"Buy oat milk\"";
      const std::string id = must(replica.emit(draft)).id;
      const auto line = static_cast<std::uint64_t>(i + 1);
      if (i == 3) outcomes.push_back({id, OutcomeKind::rejected, 0, line, "code", "because", 0});
      if (i == 5) outcomes.push_back({id, OutcomeKind::accepted, 103, line, "", "", 0});
    }
    must(replica.settle(log.epoch, outcomes));
  }
  RawDb(file).run("PRAGMA wal_checkpoint(TRUNCATE)");
  return read_bytes(file);
}

class Attempt {
 public:
  explicit Attempt(const std::string& file) : file_(file) {}

  // All that one does with a replica, as long as it says nothing worse than that it is damaged.
  void run() {
    ManualClock clock;
    SeededRandom random{6};
    auto opened = Replica::open(file_, clock, random);
    note("open", opened);
    if (!opened) return;
    read_all(*opened);
    change(*opened);
    read_all(*opened);
  }

  std::string wrong;     // the first error that is none of a damaged file
  std::set<Errc> kinds;  // of all errors
  std::uint64_t lines = 0;

 private:
  template <class T>
  void note(std::string_view what, const T& result) {
    if (result) return;
    const Error& error = result.error();
    kinds.insert(error.kind);
    const bool fits = error.kind == Errc::io || error.kind == Errc::config ||
                      error.kind == Errc::bad_data || error.kind == Errc::no_input ||
                      error.kind == Errc::protocol || error.kind == Errc::partial;
    if (!fits && wrong.empty()) wrong = fmt::format("{}: {}: {}", what, error.code, error.detail);
  }

  void read_all(Replica& replica) {
    const auto count = [&](auto&&...) { return ++lines < 1'000'000; };
    note("info", replica.info());
    note("counts", replica.counts());
    for (const auto view : {Replica::View::visible, Replica::View::confirmed}) {
      note("entities", replica.for_each_entity("", view, count));
      note("entity", replica.entity("todo/2", view));
    }
    note("log", replica.for_each_log({}, count));
    note("base", replica.for_each_base(count));
    note("pending", replica.for_each_pending(count));
    note("find", replica.find_event("l7"));
    note("conflicts", replica.conflicts(true));
    note("conflict", replica.conflict("c1"));
    note("to_push", replica.to_push(0, 100, 1 << 20));
  }

  void change(Replica& replica) {
    EventDraft draft;
    draft.type = "t";
    draft.subject = "todo/2";
    draft.set["title"] = "1";
    note("emit", replica.emit(draft));
    const std::vector<std::string> page = {with_sequence(
        foreign("new", "todo/3", R"({"set":{"a":1}})", 500), 102, "2023-11-14T22:13:20.000Z")};
    note("apply", replica.apply("e1", page));
    FakeLog log("e2");
    log.append(foreign("n1", "todo/1", R"({"set":{"a":5},"base":{}})", 1));
    note("begin", replica.begin_snapshot());
    note("stage", replica.stage_snapshot(log.snapshot()));
    note("install", replica.install_snapshot());
  }

  const std::string file_;
};

}  // namespace

TEST_CASE("a damaged replica is an error at worst") {
  const TempDir sound_dir;
  const std::string sound = sound_replica(sound_dir);
  REQUIRE(sound.size() > 10 * 4096);
  {
    const TempDir dir;
    write_bytes(dir.file("replica.db"), sound);
    Attempt attempt(dir.file("replica.db"));
    attempt.run();
    CHECK(attempt.kinds == std::set{Errc::no_input});  // the conflict goes with its log
    CHECK(attempt.lines > 150);
  }
  int told = 0;
  for (std::uint64_t seed = 0; seed < 180; ++seed) {
    const TempDir dir;
    std::string bytes = sound;
    const std::string what = damage(bytes, seed);
    INFO("seed " << seed << ": " << what);
    write_bytes(dir.file("replica.db"), bytes);
    Attempt attempt(dir.file("replica.db"));
    attempt.run();
    CHECK(attempt.wrong == "");
    CHECK(attempt.lines < 1'000'000);
    if (attempt.kinds.contains(Errc::io) || attempt.kinds.contains(Errc::config)) ++told;
  }
  CHECK(told > 60);
}
