#include "replica/damage.h"

#include <algorithm>
#include <functional>

#include "replica/base_pieces.h"
#include "replica/states.h"

namespace offsync {
namespace {

constexpr const char* kEvents = "SELECT sequence FROM log ORDER BY sequence";

Result<std::vector<std::uint64_t>> numbers(ReplicaStore& store, const char* sql) {
  std::vector<std::uint64_t> all;
  OFFSYNC_ASSIGN(sqlite::Statement next, store.prepare(sql));
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, next.step());
    if (!found) return all;
    all.push_back(next.uinteger(0));
  }
}

class Damage {
 public:
  Damage(ReplicaStore& store, const std::function<void(std::string)>& mended)
      : store_(store), mended_(mended) {}

  Result<Soundness> run() {
    OFFSYNC_TRY(read_numbers());
    OFFSYNC_ASSIGN(sound_, look_for_damage(store_.file(), rows_));
    if (sound_.problems.empty()) return sound_;
    // Whether there were others there nobody sees here.
    if (!sound_.rows) return store_.damaged("rows that only it has lie on damaged pages");
    for (const std::string& problem : sound_.problems) mended_("the file: " + problem);
    OFFSYNC_TRY(drop_parts());
    if (!sound_.log) OFFSYNC_TRY(drop_events());
    // An index that is wrong finds other rows, or none.
    OFFSYNC_TRY(run_all("REINDEX"));
    return sound_;
  }

 private:
  Status read_numbers() {
    OFFSYNC_ASSIGN(rows_.queue, numbers(store_, "SELECT n FROM pending ORDER BY n"));
    OFFSYNC_ASSIGN(rows_.former, numbers(store_, "SELECT n FROM former ORDER BY n"));
    OFFSYNC_ASSIGN(rows_.events, numbers(store_, kEvents));
    return {};
  }

  // The others are what the log that comes is asked about, should it have lost them.
  Status drop_events() {
    mended_(std::to_string(sound_.events.size()) + " of " + std::to_string(rows_.events.size()) +
            " events of the received log, on a damaged page");
    OFFSYNC_ASSIGN(sqlite::Statement gone, store_.prepare("DELETE FROM log WHERE sequence = ?"));
    for (const std::uint64_t sequence : sound_.events) {
      gone.bind(1, sequence);
      OFFSYNC_TRY(gone.run());
    }
    // On such a page there may be rows that are seen, but not found by their number.
    OFFSYNC_ASSIGN(const auto left, numbers(store_, kEvents));
    const bool in_order =
        std::adjacent_find(left.begin(), left.end(), std::greater_equal<>()) == left.end();
    if (in_order && left.size() + sound_.events.size() == rows_.events.size()) return {};
    return store_.damaged("the received log has rows that cannot be found");
  }

  Status drop_parts() {
    if (!sound_.base) OFFSYNC_TRY(drop("the snapshot", "DELETE FROM base"));
    if (!sound_.state) {
      OFFSYNC_TRY(drop("the state", "DELETE FROM entity"));
      OFFSYNC_TRY(run_all("DELETE FROM conflict"));
    }
    return sound_.consumers ? Status() : drop("the places of consumers", "DELETE FROM consumer");
  }

  Status drop(const char* what, const char* sql) {
    mended_(std::string(what) + ", on a damaged page");
    return run_all(sql);
  }

  Status run_all(const char* sql) { return offsync::run(store_, sql); }

  ReplicaStore& store_;
  const std::function<void(std::string)>& mended_;
  RowNumbers rows_;
  Soundness sound_;
};

}  // namespace

namespace {

// What their lines say counts.
Status name_events(ReplicaStore& store, const std::function<void(std::string what)>& mended) {
  OFFSYNC_ASSIGN(const auto misnamed,
                 numbers(store,
                         "SELECT sequence FROM log WHERE source <> line ->> '$.source'"
                         " OR id <> line ->> '$.id'"));
  OFFSYNC_ASSIGN(sqlite::Statement name,
                 store.prepare("UPDATE log SET source = line ->> '$.source', id = line ->> '$.id'"
                               " WHERE sequence = ?"));
  for (const std::uint64_t sequence : misnamed) {
    mended("the name of event " + std::to_string(sequence) + " of the log");
    name.bind(1, sequence);
    OFFSYNC_TRY(name.run());
  }
  return {};
}

}  // namespace

Status mend_marks(ReplicaStore& store, const std::function<void(std::string what)>& mended) {
  OFFSYNC_TRY(name_events(store, mended));
  std::vector<std::string> lost;
  {
    OFFSYNC_ASSIGN(sqlite::Statement next,
                   store.prepare("SELECT name, epoch, sequence FROM consumer"));
    for (;;) {
      OFFSYNC_ASSIGN(const bool found, next.step());
      if (!found) break;
      if (!is_place(next, 1)) lost.emplace_back(next.text(0));
    }
  }
  OFFSYNC_ASSIGN(sqlite::Statement * nowhere,
                 store.use("UPDATE consumer SET epoch = 'unknown', sequence = 0 WHERE name = ?"));
  for (const std::string& name : lost) {
    mended(wrong_consumer(name) + ": where it goes on must be said anew");
    nowhere->bind(1, name);
    OFFSYNC_TRY(nowhere->run());
  }
  // What became of it the log is asked again.
  return run(store,
             "UPDATE former SET state = " OFFSYNC_DOUBTFUL " WHERE state NOT IN (" OFFSYNC_DOUBTFUL
             ", " OFFSYNC_LOST ", " OFFSYNC_THERE ", " OFFSYNC_PARKED ")");
}

Result<Soundness> drop_damaged(ReplicaStore& store,
                               const std::function<void(std::string what)>& mended) {
  return Damage(store, mended).run();
}

}  // namespace offsync
