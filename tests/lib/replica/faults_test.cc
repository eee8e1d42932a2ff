// Whatever fails within SQLite, and wherever: the operation says so, and nothing of it is kept.
#include <functional>

#include "lib/replica/fixture.h"
#include "support/failing_sql.h"
#include "support/sim_disk.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// A replica on a disk in memory, with something in every table and state.
class World {
 public:
  World() : disk_(dir_.path(), 1), file_(dir_.file("replica.db")) {
    Replica replica = must(Replica::create(file_, {"http://h/v1/spaces/s", ""}, clock, random));
    fill(replica);
  }

  // What it holds after a fresh start, as text.
  std::string dump() {
    Replica replica = open();
    return dump_of(replica);
  }
  Replica open() { return must(Replica::open(file_, clock, random)); }
  SimDisk::Image save() const { return disk_.save(); }
  void load(const SimDisk::Image& image) { disk_.load(image); }
  const std::string& file() const { return file_; }

  static std::string dump_of(Replica& replica) {
    const ReplicaInfo info = must(replica.info());
    std::string text =
        fmt::format("{} {} {} {} {} {}\n", info.remote, info.cursor ? info.cursor->text() : "none",
                    info.head, info.log_after, info.clock_offset_ms, info.last_sync_ms);
    must(replica.for_each_pending([&](const PendingEvent& event) {
      text +=
          fmt::format("{} {} {} {}\n", event.n, name_of(event.state), event.sequence, event.line);
      return true;
    }));
    for (const auto view : {Replica::View::visible, Replica::View::confirmed}) {
      for (const auto& [subject, line] : states(replica, view)) text += line + "\n";
    }
    must(replica.for_each_log({}, [&](std::uint64_t, std::string_view line) {
      text.append(line).append("\n");
      return true;
    }));
    must(replica.for_each_base([&](std::string_view line) {
      text.append(line).append("\n");
      return true;
    }));
    for (const auto& record : must(replica.conflicts(true))) {
      text += record.conflict.id + " " + record.resolved_by + "\n";
    }
    return text;
  }

  ManualClock clock;
  SeededRandom random{3};
  std::string rejected, queued;  // ids

 private:
  void fill(Replica& replica) {
    FakeLog log;
    log.append(foreign("s1", "todo/1", R"({"set":{"a":1},"base":{}})", 1));
    must(replica.begin_snapshot());
    must(replica.stage_snapshot(log.snapshot({conflict_line("c0", "todo/1", "a")})));
    must(replica.install_snapshot());
    log.append(foreign("l2", "todo/2", R"({"add":{"t":["x"]},"base":{}})", 2));
    log.append(conflict_line("c1", "todo/2", "b"));
    must(replica.apply(log.epoch, log.after(1)));
    const auto emit = [&](const std::string& subject, const std::string& field) {
      EventDraft draft;
      draft.type = "t";
      draft.subject = subject;
      draft.set[field] = "7";
      return must(replica.emit(draft)).id;
    };
    rejected = emit("todo/1", "a");
    emit("todo/1", "b");
    const std::string accepted = emit("todo/3", "a");
    queued = emit("todo/4", "a");
    const std::vector<Outcome> outcomes = {
        {rejected, OutcomeKind::rejected, 0, 1, "kind_mismatch", "because", 0},
        {accepted, OutcomeKind::accepted, 9, 2, "", "", 0}};
    must(replica.settle(log.epoch, outcomes));
  }

  TempDir dir_;  // of the lock file, which is a real one
  SimDisk disk_;
  std::string file_;
};

template <class T>
Status status_of(Result<T> result) {
  if (result) return {};
  return result.error();
}

using Operation = std::function<Status(Replica&)>;

// Runs `operation` with its 1st, 2nd, … request failing, until none is left to fail. Returns what
// the replica holds when nothing fails.
std::string sweep(World& world, const Operation& operation, bool writes = true) {
  const std::string before = world.dump();
  const SimDisk::Image image = world.save();
  for (std::uint64_t n = 1;; ++n) {
    INFO("request " << n);
    world.load(image);
    FailingSql failing;
    {
      Replica replica = world.open();
      FailingSql::fail_at(n);
      const Status done = operation(replica);
      const bool failed = FailingSql::failed();
      FailingSql::fail_at(0);
      if (!failed) {
        must(done);
        REQUIRE(n > 3);  // the sweep has swept something
        break;
      }
      if (done) continue;  // it came through, or what failed did not matter
      REQUIRE_FALSE(done.error().code.empty());
      REQUIRE(done.error().detail.find(world.file()) != std::string::npos);
      REQUIRE(World::dump_of(replica) == before);
      must(operation(replica));  // and it works on the same replica when it is tried again
    }
  }
  const std::string after = world.dump();
  CHECK((after != before) == writes);
  return after;
}

}  // namespace

TEST_CASE("an emit that fails anywhere leaves nothing") {
  World world;
  sweep(world, [](Replica& replica) -> Status {
    auto batch = replica.begin_batch();
    if (!batch) return Status(batch.error());
    OFFSYNC_TRY(status_of(batch->add_line(
        R"({"type":"t","subject":"todo/2","data":{"add":{"t":["y"]},"inc":{"n":1}}})")));
    OFFSYNC_TRY(
        status_of(batch->add_line(foreign("x1", "todo/9", R"({"set":{"a":1},"base":{}})", 5))));
    OFFSYNC_TRY(status_of(batch->add_line(
        R"({"type":"conflict.resolved","subject":"todo/2","causationid":"c1","data":{}})")));
    return batch->commit();
  });
}

TEST_CASE("outcomes that cannot be kept change nothing") {
  World world;
  const Outcome no{world.queued, OutcomeKind::rejected, 0, 1, "kind_mismatch", "because", 0, ""};
  const Outcome late{world.rejected, OutcomeKind::duplicate, 9, 2, "", "", 0, ""};
  sweep(world, [&](Replica& replica) {
    return status_of(replica.settle("e1", std::vector{no, late}));
  });
}

TEST_CASE("a page that cannot be applied changes nothing") {
  World world;
  FakeLog log;
  log.lines.resize(3);
  log.append(foreign("l4", "todo/1", R"({"set":{"a":2},"base":{}})", 3));
  log.append(foreign("l5", "todo/7", R"({"delete":true,"base":{}})", 4));
  log.append(conflict_line("c2", "todo/1", "a"));
  log.append(foreign("l7", "todo/1", R"({"set":{"a":3},"base":{}})", 6, R"(,"causationid":"c1")"));
  sweep(world, [&](Replica& replica) { return status_of(replica.apply("e1", log.after(3))); });
}

TEST_CASE("a snapshot that cannot be installed changes nothing") {
  World world;
  FakeLog log("e2");
  log.append(foreign("n1", "todo/1", R"({"set":{"a":5},"base":{}})", 1));
  log.append(foreign("n2", "todo/8", R"({"inc":{"n":5}})", 2));
  const std::string text = log.snapshot({conflict_line("c9", "todo/8", "n")});
  sweep(world, [&](Replica& replica) -> Status {
    OFFSYNC_TRY(replica.begin_snapshot());
    OFFSYNC_TRY(replica.stage_snapshot(text));
    return status_of(replica.install_snapshot());
  });
}

TEST_CASE("a retry or drop that fails anywhere leaves the queue as it was") {
  World world;
  SECTION("retry") {
    sweep(world, [&](Replica& replica) { return status_of(replica.retry(world.rejected)); });
  }
  SECTION("drop") {
    sweep(world, [&](Replica& replica) { return replica.drop(world.rejected); });
  }
  SECTION("drop of what is queued") {
    sweep(world, [&](Replica& replica) { return replica.drop(world.queued); });
  }
}

TEST_CASE("a resolution that fails anywhere leaves the conflict open") {
  World world;
  sweep(world, [](Replica& replica) -> Status {
    OFFSYNC_ASSIGN(const auto record, replica.conflict("c1"));
    return status_of(replica.resolve(record, "8"));
  });
}

TEST_CASE("notes that cannot be kept are as they were") {
  World world;
  sweep(world, [](Replica& replica) { return replica.set_remote("http://h/v1/spaces/other"); });
  sweep(world, [](Replica& replica) { return replica.note_head(99); });
  sweep(world, [](Replica& replica) { return replica.note_clock_offset(-1234); });
  sweep(world, [](Replica& replica) { return replica.note_synced(); });
}

TEST_CASE("a read that fails anywhere says so, and gives no half answer for a whole one") {
  World world;
  const auto all = [](auto&&...) { return true; };
  const Operation reads[] = {
      [](Replica& r) { return status_of(r.info()); },
      [](Replica& r) { return status_of(r.counts()); },
      [](Replica& r) { return status_of(r.entity("todo/1")); },
      [](Replica& r) { return status_of(r.entity("todo/1", Replica::View::confirmed)); },
      [&](Replica& r) { return r.for_each_entity("", Replica::View::visible, all); },
      [&](Replica& r) { return r.for_each_entity("todo/", Replica::View::confirmed, all); },
      [&](Replica& r) { return r.for_each_log({}, all); },
      [&](Replica& r) { return r.for_each_base(all); },
      [&](Replica& r) { return r.for_each_pending(all); },
      [&](Replica& r) { return status_of(r.pending(world.queued)); },
      [&](Replica& r) { return status_of(r.find_event("l2")); },
      [](Replica& r) { return status_of(r.conflicts(true)); },
      [](Replica& r) { return status_of(r.conflict("c1")); },
      [](Replica& r) { return status_of(r.to_push(0, 10, 1000)); },
  };
  for (const Operation& read : reads) {
    const SimDisk::Image image = world.save();
    std::uint64_t n = 0;
    for (bool failed = true; failed;) {
      world.load(image);
      FailingSql failing;
      Replica replica = world.open();
      FailingSql::fail_at(++n);
      const Status done = read(replica);
      failed = FailingSql::failed();
      FailingSql::fail_at(0);
      INFO("request " << n);
      CHECK(done.ok() != failed);
    }
    CHECK(n > 2);
  }
}

TEST_CASE("a replica that cannot be opened says so, and opens the next time") {
  World world;
  const std::string before = world.dump();
  int failures = 0;
  bool failed = true;
  for (std::uint64_t n = 1; failed; ++n) {
    INFO("request " << n);
    const FailingSql failing;
    FailingSql::fail_at(n);
    const auto opened = Replica::open(world.file(), world.clock, world.random);
    failed = FailingSql::failed();
    FailingSql::fail_at(0);
    if (!opened) {
      ++failures;
      CHECK(opened.error().detail.find(world.file()) != std::string::npos);
    }
    REQUIRE(world.dump() == before);
  }
  CHECK(failures > 5);
}

TEST_CASE("an init that fails anywhere is done by the next one") {
  int failures = 0;
  bool failed = true;
  for (std::uint64_t n = 1; failed; ++n) {
    INFO("request " << n);
    const TempDir dir;
    const SimDisk disk(dir.path(), n);
    const FailingSql failing;
    ManualClock clock;
    SeededRandom random{n};
    const std::string file = dir.file("replica.db");
    const auto create = [&] {
      return Replica::create(file, {"http://h/v1/spaces/s", "/me"}, clock, random);
    };
    FailingSql::fail_at(n);
    auto created = create();
    failed = FailingSql::failed();
    FailingSql::fail_at(0);
    if (!created) {
      ++failures;
      CHECK(created.error().detail.find(file) != std::string::npos);
      created = create();
    }
    Replica replica = must(std::move(created));
    CHECK(must(replica.info()).source == "/me");
    EventDraft draft;
    draft.type = "t";
    draft.subject = "todo/1";
    must(replica.emit(draft));
  }
  CHECK(failures > 10);
}
