// Bytes of a replica that changed on the disk: the right answer or an error, never another answer.
#include "support/flip.h"

#include <filesystem>
#include <fstream>

#include "lib/replica/fixture.h"
#include "replica/examine.h"
#include "sqlite/db.h"
#include "state/entity_codec.h"
#include "support/formats.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// Everything that a replica can be asked.
Result<std::string> answers(const std::string& file, Clock& clock, Random& random) {
  OFFSYNC_ASSIGN(Replica replica, Replica::open(file, clock, random));
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
  OFFSYNC_ASSIGN(const QueueCounts counts, replica.counts());
  std::string text =
      fmt::format("{} {} {} {} {} {} {} {} {} {}\n", info.remote, info.source, info.node, info.head,
                  info.log_after, info.cursor ? info.cursor->text() : "-", counts.queued,
                  counts.accepted, counts.rejected, counts.held);
  std::vector<std::pair<std::string, std::string>> events;
  for (const auto view : {Replica::View::visible, Replica::View::confirmed}) {
    OFFSYNC_TRY(replica.for_each_entity("", view, [&](std::string_view subject, const Entity& e) {
      text += encode_entity(subject, e) + "\n";
      return true;
    }));
  }
  Decoder decoder;
  OFFSYNC_TRY(replica.for_each_log({}, [&](std::uint64_t sequence, std::string_view line) {
    text += fmt::format("{} {}\n", sequence, line);
    if (const auto event = decoder.decode(line)) {
      events.emplace_back((*event)->source, (*event)->id);
    }
    return true;
  }));
  OFFSYNC_TRY(replica.for_each_pending([&](const PendingEvent& event) {
    text += fmt::format("{} {} {} {} {} {}\n", event.n, name_of(event.state), event.source,
                        event.id, event.code, event.line);
    return true;
  }));
  OFFSYNC_TRY(replica.for_each_base([&](std::string_view line) {
    text += std::string(line) + "\n";
    return true;
  }));
  OFFSYNC_ASSIGN(const auto conflicts, replica.conflicts(true));
  for (const auto& record : conflicts) text += record.line + record.resolved_by + "\n";
  for (int i = 0; i < 60; ++i) {
    OFFSYNC_ASSIGN(const auto entity, replica.entity(fmt::format("k/{}", i * 7 % 60)));
    text += entity ? encode_entity("k/1", *entity) : std::string("-");
    OFFSYNC_ASSIGN(const auto found, replica.find_event(std::to_string(i), "/other"));
    text += found.value_or("-") + "\n";
  }
  return text;
}

void must_be_sound(const std::string& file) {
  const Examined found = must(examine_replica(file));
  INFO((found.problems.empty() ? "" : found.problems.front()));
  CHECK(found.problems.empty());
}

}  // namespace

TEST_CASE("a flipped byte of a replica never gives another answer") {
  Fixture f;
  for (int i = 0; i < 40; ++i) {
    f.log.append(foreign(std::to_string(i), fmt::format("k/{}", i % 20),
                         fmt::format(R"({{"set":{{"a":{}}},"inc":{{"n":1}}}})", i), i));
  }
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(f.log.snapshot({conflict_line("c1", "k/1", "a")})));
  must(f.replica.install_snapshot());
  for (int i = 40; i < 90; ++i) {
    f.log.append(foreign(std::to_string(i), fmt::format("k/{}", i % 30),
                         fmt::format(R"({{"set":{{"a":{}}},"add":{{"s":[{}]}}}})", i, i), i));
  }
  f.pull();
  for (int i = 0; i < 30; ++i) f.set(fmt::format("k/{}", i * 2), "own", std::to_string(i));
  f.reject(must(f.replica.to_push(0, 1, 1 << 20)).at(0).id);
  must(must(sqlite::Db::open(f.file(), {})).checkpoint());
  must_be_sound(f.file());
  const std::string right = must(answers(f.file(), f.clock, f.random));
  int found = 0;
  const int refused = refused_flips(
      f.file(), 300, 7, right, [&] { return answers(f.file(), f.clock, f.random); },
      [&](std::size_t) {
        const auto examined = examine_replica(f.file());
        found += !examined || !examined->problems.empty() ? 1 : 0;
      });
  CHECK(refused > 200);
  // Who reads all finds each, but for fields of the header that SQLite's own backups write.
  CHECK(found >= 400 - 20);
}

TEST_CASE("a replica is examined: what it holds, and what does not fit") {
  Fixture f;
  f.log.append(foreign("x", "k/1", R"({"inc":{"n":1}})"));
  f.pull();
  f.set("k/1", "a", "1");
  f.set("k/2", "a", "2");
  const Examined sound = must(examine_replica(f.file()));
  CHECK(sound.problems.empty());
  CHECK(sound.events == 1);
  CHECK(sound.pending == 2);
  CHECK(sound.entities == 2);
  const auto problem_after = [&](const std::string& sql) {
    must(must(sqlite::Db::open(f.file(), {})).exec(sql));
    const Examined found = must(examine_replica(f.file()));
    REQUIRE_FALSE(found.problems.empty());
    return found.problems.front();
  };
  SECTION("a state") {
    CHECK(
        problem_after("UPDATE entity SET visible = replace(visible, '\"value\":1', '\"value\":3')")
            .find("k/1") != std::string::npos);
  }
  SECTION("a line") {
    CHECK(problem_after("UPDATE log SET line = replace(line, '\"n\":1', '\"n\":2')").find("k/1") !=
          std::string::npos);
  }
  SECTION("a name") {
    CHECK(problem_after("UPDATE log SET source = '/nobody'").find("sequence 1") !=
          std::string::npos);
  }
  SECTION("a cursor") {
    CHECK(problem_after("UPDATE replica SET cursor = 9").find("the cursor is at 9") !=
          std::string::npos);
  }
  SECTION("an event of the queue") {
    CHECK(problem_after("DELETE FROM pending WHERE n = 2").find("k/2") != std::string::npos);
  }
}

TEST_CASE("a replica of format 1 is examined when it was brought up to date") {
  TempDir dir;
  ManualClock clock;
  SeededRandom random(1);
  make_old_file(dir.file("replica.db"), "replica_1");
  CHECK(code_of(examine_replica(dir.file("replica.db"))) == "old_format");
  must(Replica::open(dir.file("replica.db"), clock, random));
  must_be_sound(dir.file("replica.db"));
}

TEST_CASE("what is no replica is not examined, and not changed") {
  TempDir dir;
  std::ofstream(dir.file("text")) << std::string(9000, 'x');
  const auto found = examine_replica(dir.file("text"));
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == Errc::config);
  CHECK(examine_replica(dir.file("nothing")).error().kind == Errc::no_input);
  CHECK_FALSE(std::filesystem::exists(dir.file("nothing")));
}
