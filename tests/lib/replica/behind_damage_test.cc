// Replica::repair where the WAL is damaged within: what of the queue stands behind the damage.
#include <filesystem>
#include <set>

#include "lib/replica/fixture.h"
#include "replica/examine.h"
#include "support/file_bytes.h"

namespace offsync::test {
namespace {

constexpr std::size_t kHeader = 32, kFrameHeader = 24, kFrame = kFrameHeader + 4096;

struct Kept {
  std::set<std::uint64_t> queued, rejected;
};

Kept kept_in(Replica& replica) {
  Kept kept;
  must(replica.for_each_pending([&](const PendingEvent& event) {
    const bool rejected = event.state == PendingState::rejected;
    (rejected ? kept.rejected : kept.queued).insert(event.n);
    return true;
  }));
  return kept;
}

// A replica with six events of which only the WAL knows.
struct Written : Fixture {
  static constexpr std::uint64_t kEvents = 6;
  Written() {
    for (std::uint64_t i = 1; i <= kEvents; ++i) set(fmt::format("a/{}", i), "v", "1");
    database = bytes_of(file());
    wal = bytes_of(file() + "-wal");
  }
  // A copy with four other bytes at that place of the WAL.
  std::string harmed(std::size_t at) {
    const std::string copy = dir.file(fmt::format("copy-{}.db", at));
    std::string bytes = wal;
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(~bytes[at + i]);
    put_bytes(copy, database);
    put_bytes(copy + "-wal", bytes);
    return copy;
  }
  std::string database, wal;
};

}  // namespace

TEST_CASE("repair: what stands in a WAL behind its damage is not lost in silence") {
  Written w;
  const std::size_t frames = (w.wal.size() - kHeader) / kFrame;
  REQUIRE(frames > 12);
  std::size_t all_found = 0, told = 0;
  for (std::size_t frame = 0; frame < frames; ++frame) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{10}, std::size_t{18},
                                 kFrameHeader + 100, kFrameHeader + 4000}) {
      INFO("frame " << frame << ", byte " << at);
      const std::string file = w.harmed(kHeader + frame * kFrame + at);
      const auto before = examine_replica(file);
      if (before && before->problems.empty()) continue;  // as a loss of power leaves it
      const Replica::Repaired done = must(Replica::repair(file, w.clock, w.random));
      Replica replica = must(Replica::open(file, w.clock, w.random));
      const Kept kept = kept_in(replica);
      CHECK(kept.rejected.size() == done.doubtful);
      CHECK((kept.queued.size() + kept.rejected.size() == Written::kEvents || done.lost_unknown));
      all_found += kept.queued.size() == Written::kEvents ? 1 : 0;
      ++told;
      // What is emitted then has a number of its own.
      EventDraft draft;
      draft.type = "t";
      draft.subject = "b/1";
      draft.set["v"] = "2";
      CHECK(must(replica.emit(draft)).id.size() > 0);
      CHECK(kept_in(replica).queued.size() == kept.queued.size() + 1);
    }
  }
  CHECK(told > 40);
  CHECK(all_found * 10 > told * 7);
}

TEST_CASE("repair: of a WAL whose header is damaged all of the queue is found") {
  Written w;
  const std::size_t at = GENERATE(0, 4, 8, 16);
  const std::string file = w.harmed(at);
  const Replica::Repaired done = must(Replica::repair(file, w.clock, w.random));
  CHECK_FALSE(done.lost_unknown);
  Replica replica = must(Replica::open(file, w.clock, w.random));
  CHECK(kept_in(replica).queued.size() == Written::kEvents);
}

}  // namespace offsync::test
