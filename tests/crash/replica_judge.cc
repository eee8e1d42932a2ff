// What must hold of a replica after a cut: P1, P2 and P9 of ARCHITECTURE.md.
#include <fmt/format.h>

#include <map>

#include "crash/replica_world.h"
#include "event/decoder.h"
#include "state/entity_codec.h"
#include "state/state.h"
#include "support/temp_dir.h"

namespace offsync::test {

const std::vector<std::string>& replica_queries() {
  static const std::vector<std::string> queries = {
      "SELECT * FROM replica",
      "SELECT * FROM pending ORDER BY n",
      "SELECT * FROM log ORDER BY sequence",
      "SELECT subject, pending, held, confirmed, visible FROM entity ORDER BY subject",
      "SELECT * FROM conflict ORDER BY id",
      "SELECT * FROM base ORDER BY chunk"};
  return queries;
}

namespace {

using Entities = std::map<std::string, std::string>;

Problem told(const char* doing, const Error& error) {
  return fmt::format("cannot {}: {}: {}", doing, error.code, error.message());
}

// Confirmed state, visible state, queue, log, cursor and clock, each against the others.
class Agreement {
 public:
  explicit Agreement(Replica& replica) : replica_(replica) {}

  Problem check() {
    const auto info = replica_.info();
    if (!info) return told("read the settings", info.error());
    State state;
    if (const Status read = fold_log(*info, state); !read) return told("fold", read.error());
    if (!problem_.empty()) return problem_;
    if (entities(Replica::View::confirmed) != encoded(state)) {
      return "the confirmed state is not the fold of snapshot and log";
    }
    if (const Status read = fold_pending(*info, state); !read) return told("fold", read.error());
    if (!problem_.empty()) return problem_;
    if (entities(Replica::View::visible) != encoded(state)) {
      return "the visible state is not the confirmed one with the queue on top";
    }
    return problem_;
  }

 private:
  Status fold_log(const ReplicaInfo& info, State& state) {
    OFFSYNC_TRY(replica_.for_each_base([&](std::string_view line) {
      const auto record = records_.decode(line);
      if (record) state.put(record->subject, record->entity);
      if (!record) problem_ = "the snapshot cannot be read";
      return true;
    }));
    std::uint64_t last = info.log_after;
    OFFSYNC_TRY(replica_.for_each_log({}, [&](std::uint64_t sequence, std::string_view line) {
      if (sequence != last + 1) problem_ = fmt::format("a gap in the log behind {}", last);
      last = sequence;
      const auto event = decoder_.decode(line);
      if (event) state.fold(**event);
      if (!event) problem_ = "a line of the log cannot be read";
      return true;
    }));
    const std::uint64_t cursor = info.cursor ? info.cursor->sequence : 0;
    if (last != cursor)
      problem_ = fmt::format("the cursor is {}, the log ends at {}", cursor, last);
    return {};
  }

  Status fold_pending(const ReplicaInfo& info, State& state) {
    QueueCounts seen;
    OFFSYNC_TRY(replica_.for_each_pending([&](const PendingEvent& pending) {
      const auto event = decoder_.decode(pending.line);
      if (!event) {
        problem_ = "an event of the queue cannot be read";
        return false;
      }
      if ((*event)->source == info.source && (*event)->clientseq != pending.n) {
        problem_ = "an own event's clientseq is not its place in the queue";
      }
      if (pending.state != PendingState::rejected) state.fold(**event);
      ++count(seen, pending.state);
      return true;
    }));
    OFFSYNC_ASSIGN(const QueueCounts told, replica_.counts());
    if (told.queued != seen.queued || told.accepted != seen.accepted ||
        told.rejected != seen.rejected || told.held != seen.held) {
      problem_ = "the counts of the queue are not what is in it";
    }
    return {};
  }

  static std::uint64_t& count(QueueCounts& counts, PendingState state) {
    switch (state) {
      case PendingState::queued:
        return counts.queued;
      case PendingState::accepted:
        return counts.accepted;
      case PendingState::rejected:
        return counts.rejected;
      case PendingState::held:
        break;
    }
    return counts.held;
  }

  Entities entities(Replica::View view) {
    Entities all;
    const Status read =
        replica_.for_each_entity("", view, [&](std::string_view subject, const Entity& entity) {
          all.emplace(subject, encode_entity(subject, entity));
          return true;
        });
    if (!read) problem_ = told("read the entities", read.error());
    return all;
  }

  static Entities encoded(const State& state) {
    Entities all;
    for (const auto& [subject, entity] : state.sorted()) {
      if (!entity->empty()) all.emplace(subject, encode_entity(subject, *entity));
    }
    return all;
  }

  Replica& replica_;
  Decoder decoder_;
  EntityDecoder records_;
  Problem problem_;
};

class ReplicaWorld final : public World {
 public:
  std::string name() const override { return "replica"; }
  const std::string& folder() const override { return dir_.path(); }

  Recording record(std::uint64_t seed, std::size_t steps, const std::string& lie) override {
    SimDisk disk(folder(), seed);
    disk.lie_about_syncs(lie);
    return ReplicaWorkload(disk, file_, seed).run(steps);
  }

  Problem judge(SimDisk& disk, const Step& step, SimRandom& random) override {
    ManualClock clock;  // which has gone back, for all that the replica knows
    SeededRandom ids(random.next());
    auto replica = Replica::open(file_, clock, ids);
    if (!replica) return step.before->empty() ? create(clock, ids) : told("open", replica.error());
    const Dump found = dump(file_, replica_queries(), true);
    if (found.integrity != "ok|\n") return "integrity_check: " + found.integrity;
    const bool seen = found.text == seen_;
    if (!seen) seen_ = found.text;
    if (found.text != *step.after && (step.before->empty() || found.text != *step.before)) {
      return "it is neither as it was before nor as it was after";
    }
    // It is slow, and the next cut most often finds the same.
    if (!seen || random.chance(8)) {
      if (Problem problem = Agreement(*replica).check(); !problem.empty()) return problem;
    }
    if (random.chance(2)) return {};
    if (random.chance(2)) {
      // What nobody had been told of may still go.
      const bool acknowledged = found.text == *step.before;
      return go_on(disk, *std::move(replica), step, acknowledged ? found.text : "", random);
    }
    const auto emitted = emit(*replica);
    if (!emitted) return told("emit", emitted.error());
    return stamped_later(*emitted, step);
  }

 private:
  // What init left when it was cut short is no obstacle.
  Problem create(Clock& clock, Random& ids) {
    auto replica = Replica::create(file_, {}, clock, ids);
    if (!replica) return told("create", replica.error());
    const auto emitted = emit(*replica);
    return emitted ? Agreement(*replica).check() : told("emit", emitted.error());
  }

  static Result<Emitted> emit(Replica& replica) {
    EventDraft draft;
    draft.type = "t";
    draft.subject = "after/1";
    draft.set["x"] = "1";
    return replica.emit(draft);
  }

  static Problem stamped_later(const Emitted& emitted, const Step& step) {
    Decoder decoder;
    const auto event = decoder.decode(emitted.line);
    if (!event) return "what it emitted cannot be read";
    if ((*event)->stamp.time > step.last_stamp) return {};
    return "it used a stamp again";
  }

  // Another cut, in the first write after the first one. `before`: what was acknowledged, if known.
  Problem go_on(SimDisk& disk, Replica replica, const Step& step, const std::string& before,
                SimRandom& random) {
    disk.crash_at(1 + random.below(40));
    std::string id;
    if (const auto emitted = emit(replica)) {
      if (Problem problem = stamped_later(*emitted, step); !problem.empty()) return problem;
      id = emitted->id;
    } else if (!disk.dead()) {
      return told("emit", emitted.error());
    }
    disk.kill();
    { const Replica closed = std::move(replica); }
    disk.restart(SimDisk::Loss::power);
    ManualClock clock;
    SeededRandom ids(random.next());
    auto again = Replica::open(file_, clock, ids);
    if (!again && id.empty() && step.before->empty()) return create(clock, ids);
    if (!again) return told("open again", again.error());
    const Dump found = dump(file_, replica_queries(), true);
    if (found.integrity != "ok|\n") return "integrity_check, then: " + found.integrity;
    if (!id.empty()) {
      const auto event = again->find_event(id);
      if (!event || !*event) return "an event emitted after the first cut is gone";
    } else if (found.text != before && found.text.size() <= before.size()) {
      return "after the second cut something is gone";
    }
    return Agreement(*again).check();
  }

  TempDir dir_{"/dev/shm"};
  const std::string file_ = dir_.file("replica.db");
  std::string seen_;  // what the last cut left
};

}  // namespace

std::unique_ptr<World> make_replica_world() {
  return std::make_unique<ReplicaWorld>();
}

}  // namespace offsync::test
