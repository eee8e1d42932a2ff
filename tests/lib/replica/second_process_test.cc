// Another process changes the replica between any two statements of a reader: what the reader gives
// is what was there before, or what is there after, as a whole.
#include <functional>

#include "lib/replica/fixture.h"
#include "state/entity_codec.h"
#include "support/failing_sql.h"
#include "support/sim_disk.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// A replica with something in every table, on a disk in memory, so that it can be put back.
class World {
 public:
  World() : disk_(dir_.path(), 1), file_(dir_.file("replica.db")) {
    Replica replica = must(Replica::create(file_, {"http://h/v1/spaces/s", ""}, clock_, random_));
    FakeLog log;
    log.append(foreign("s1", "todo/1", R"({"set":{"a":1},"base":{}})", 1));
    install(replica, log, {conflict_line("c0", "todo/1", "a")});
    log.append(foreign("l2", "todo/2", R"({"add":{"t":["x"]},"base":{}})", 2));
    log.append(conflict_line("c1", "todo/2", "b"));
    log.append(foreign("l4", "todo/4", R"({"inc":{"n":4}})", 4));
    must(replica.apply(log.epoch, log.after(1)));
    for (const char* subject : {"todo/1", "todo/2", "todo/3"}) {
      EventDraft draft;
      draft.type = "t";
      draft.subject = subject;
      draft.set["mine"] = "7";
      const Emitted emitted = must(replica.emit(draft));
      if (id.empty()) id = emitted.id;
    }
    image_ = disk_.save();
  }

  Replica open() { return must(Replica::open(file_, clock_, random_)); }
  void put_back() { disk_.load(image_); }

  std::string id;  // of an event in the queue

  static void install(Replica& replica, const FakeLog& log,
                      const std::vector<std::string>& conflicts) {
    must(replica.begin_snapshot());
    must(replica.stage_snapshot(log.snapshot(conflicts)));
    must(replica.install_snapshot());
  }

 private:
  TempDir dir_;  // of the lock file, which is a real one
  SimDisk disk_;
  std::string file_;
  ManualClock clock_;
  SeededRandom random_{3};
  SimDisk::Image image_;
};

// The proxy's log was replaced: nothing that was received is as before.
void take_new_log(Replica& replica) {
  FakeLog log("e2");
  log.append(foreign("n1", "todo/1", R"({"set":{"a":5},"base":{}})", 1));
  log.append(foreign("n2", "todo/8", R"({"inc":{"n":5}})", 2));
  World::install(replica, log, {conflict_line("c9", "todo/8", "n")});
  log.append(foreign("n3", "todo/9", R"({"set":{"a":9},"base":{}})", 3));
  must(replica.apply(log.epoch, log.after(2)));
}

// One of one's own events goes, and with it what it did to the states.
void drop_one(Replica& replica) {
  std::string id;
  must(replica.for_each_pending([&](const PendingEvent& event) {
    id = event.id;
    return false;
  }));
  must(replica.drop(id));
}

using Read = std::function<Result<std::string>(Replica&)>;

Result<std::string> states_of(Replica& replica, Replica::View view) {
  std::string text;
  OFFSYNC_TRY(replica.for_each_entity("", view, [&](std::string_view s, const Entity& entity) {
    text += encode_entity(s, entity) + "\n";
    return true;
  }));
  return text;
}

Result<std::string> entity_of(Replica& replica, const std::string& subject) {
  OFFSYNC_ASSIGN(const auto entity, replica.entity(subject));
  return entity ? encode_entity(subject, *entity) : std::string("none");
}

std::vector<Read> reads(const std::string& id) {
  return {
      [](Replica& r) -> Result<std::string> {
        OFFSYNC_ASSIGN(const ReplicaInfo info, r.info());
        return fmt::format("{} {} {}", info.cursor->text(), info.log_after, info.head);
      },
      [](Replica& r) -> Result<std::string> {
        OFFSYNC_ASSIGN(const QueueCounts counts, r.counts());
        return fmt::format("{}", counts.queued);
      },
      [](Replica& r) { return states_of(r, Replica::View::visible); },
      [](Replica& r) { return states_of(r, Replica::View::confirmed); },
      [](Replica& r) { return entity_of(r, "todo/1"); },
      [](Replica& r) { return entity_of(r, "todo/9"); },
      [](Replica& r) -> Result<std::string> {
        std::string text;
        OFFSYNC_TRY(r.for_each_log({}, [&](std::uint64_t sequence, std::string_view line) {
          text += fmt::format("{} {}\n", sequence, line);
          return true;
        }));
        return text;
      },
      [](Replica& r) -> Result<std::string> {
        std::string text;
        OFFSYNC_TRY(r.for_each_base([&](std::string_view line) {
          text.append(line).append("\n");
          return true;
        }));
        return text;
      },
      [](Replica& r) -> Result<std::string> {
        std::string text;
        OFFSYNC_TRY(r.for_each_pending([&](const PendingEvent& event) {
          text += fmt::format("{} {}\n", event.n, event.line);
          return true;
        }));
        return text;
      },
      [](Replica& r) -> Result<std::string> {
        OFFSYNC_ASSIGN(const auto line, r.find_event("l2"));
        return line.value_or("none");
      },
      [id](Replica& r) -> Result<std::string> {
        OFFSYNC_ASSIGN(const auto event, r.pending(id));
        return event ? event->line : std::string("none");
      },
      [](Replica& r) -> Result<std::string> {
        OFFSYNC_ASSIGN(const auto records, r.conflicts(true));
        std::string text;
        for (const auto& record : records) text += record.line + record.resolved_by + "\n";
        return text;
      },
      [](Replica& r) -> Result<std::string> {
        const auto record = r.conflict("c1");
        return record ? record->line : record.error().code;
      },
      [](Replica& r) -> Result<std::string> {
        OFFSYNC_ASSIGN(const auto events, r.to_push(0, 10, 100'000));
        std::string text;
        for (const PendingEvent& event : events) text += event.line + "\n";
        return text;
      },
  };
}

void in_between(void (*change)(Replica&)) {
  World world;
  std::size_t number = 0;
  int changed = 0;
  for (const Read& read : reads(world.id)) {
    INFO("read " << number++);
    world.put_back();
    std::string before;
    std::string after;
    {
      Replica replica = world.open();
      before = must(read(replica));
      Replica second = world.open();
      change(second);
      after = must(read(replica));
    }
    if (before != after) ++changed;
    std::uint64_t n = 0;
    for (bool acted = true; acted;) {
      INFO("statement " << ++n);
      world.put_back();
      const FailingSql watched;
      Replica replica = world.open();
      Replica second = world.open();
      FailingSql::act_at(n, [&] { change(second); });
      const auto got = read(replica);
      acted = FailingSql::failed();
      FailingSql::fail_at(0);
      // A long read may find that it was begun in vain.
      if (!got) REQUIRE(got.error().code == "log_replaced");
      if (got) REQUIRE((*got == before || *got == after));
      REQUIRE(must(read(replica)) == (acted ? after : before));
    }
    REQUIRE(n > 2);
  }
  REQUIRE(changed > 4);  // the change is one that is seen
}

}  // namespace

TEST_CASE("a snapshot that another process installs is seen as a whole or not at all") {
  in_between(take_new_log);
}

TEST_CASE("an event that another process drops is gone as a whole or not at all") {
  in_between(drop_one);
}
