// What the parts of Replica share: the connection, its statements, the one row of settings, and
// the write transaction with its cache of entities. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "event/decoder.h"
#include "event/hybrid_clock.h"
#include "replica/replica.h"
#include "sqlite/db.h"
#include "state/entity_codec.h"

namespace offsync {

// The row of table replica.
struct ReplicaRow {
  std::string remote, source;
  std::string former_sources;  // each with a newline behind it
  std::uint64_t node = 0;
  std::uint64_t clock = 0;
  std::uint64_t next = 1;
  std::string epoch;  // empty: none heard of
  bool pulled = false;
  std::uint64_t cursor = 0, log_after = 0, head = 0;
  std::int64_t clock_offset = 0, last_sync = 0;
  std::uint64_t clock_boot = 0;    // Uptime::boot when the offset was measured
  std::int64_t clock_started = 0;  // the wall clock less the uptime, then
  std::string file;
  std::string log, place;

  std::vector<std::string> former() const;  // former_sources, oldest first
  bool own(std::string_view event_source) const;
};

// Its columns, in the order of read_settings().
#define OFFSYNC_SETTINGS                                                               \
  "remote, source, former_sources, node, clock, next, epoch, cursor, log_after, head," \
  " clock_offset, last_sync, file, log, place, clock_boot, clock_started"

// What in it no offsync writes, for people; empty: nothing.
std::string wrong_setting(const ReplicaRow& row);
// The row of OFFSYNC_SETTINGS. `wrong`: wrong_setting(), or what has not the type of its column.
ReplicaRow read_settings(const sqlite::Statement& get, std::string& wrong);

class ReplicaStore;

// Notices that another process has installed a snapshot between two pages of one reader, which
// would give a mixture of two states.
class ReplicaPlace {
 public:
  // `whole_state`: a later state of the same log will do for the pages that follow.
  explicit ReplicaPlace(bool whole_state) : whole_state_(whole_state) {}
  // In the page's transaction. Error partial `log_replaced`.
  Status check(ReplicaStore& store);

 private:
  const bool whole_state_;
  bool known_ = false;
  std::string epoch_;
  std::uint64_t log_after_ = 0;
};

class ReplicaStore {
 public:
  ReplicaStore(std::string file, Clock& wall, Random& generator)
      : clock(wall), random(generator), file_(std::move(file)) {}
  ~ReplicaStore();
  ReplicaStore(const ReplicaStore&) = delete;
  ReplicaStore& operator=(const ReplicaStore&) = delete;

  Status create(const Replica::CreateOptions& options);
  Status open();

  // Opens the connection again if an earlier write broke it. First thing in every operation. Error
  // `replaced` where the name leads to another file by now.
  Status ready();
  // Makes durable what a commit that did not end well may have left. Under the lock.
  Status secure();
  // Changes the file, with the note of that in the lock file until it is done. Under the lock, and
  // behind secure().
  template <class Change>
  Status doubted(Change&& change) {
    lock_->set_doubtful(true);
    Status done = change();
    if (done) lock_->set_doubtful(false);
    return done;
  }
  // The cached statement of `sql`, which must be a literal. One user at a time: not for loops that
  // call out.
  Result<sqlite::Statement*> use(const char* sql);
  Result<sqlite::Statement> prepare(const char* sql) { return db_->prepare(sql); }
  // Runs `read` in a read transaction of its own, in which `place` is checked first.
  template <class Read>
  Status read_page(ReplicaPlace& place, const Read& read) {
    OFFSYNC_TRY(ready());
    std::optional<sqlite::Transaction> transaction;
    if (!db_->in_transaction()) {
      OFFSYNC_ASSIGN(auto begun, sqlite::Transaction::begin(*db_, sqlite::Transaction::Kind::read));
      transaction.emplace(std::move(begun));
    }
    OFFSYNC_TRY(place.check(*this));
    return read();
  }
  Result<ReplicaRow> load_row();
  Status save_row(const ReplicaRow& row);

  // Gives the replica another identity, as whose it goes on; the former one's events stay its own.
  void renew(ReplicaRow& row);

  // From the second large transaction on: more cache, rarer checkpoints; undone on destruction.
  void bulk();

  // The proxy's clock minus ours, as far as that is known. `holds`: it was measured since the
  // machine was started, and nobody has set the wall clock since. Where somebody has, the offset is
  // another one by as much; over a restart nobody knows by how much. Such an offset only ever makes
  // stamps earlier: those in the past are always fine, and those ahead are refused.
  struct Offset {
    std::int64_t ms = 0;
    bool holds = false;
  };
  Offset offset(const ReplicaRow& row);
  std::int64_t corrected_wall(const ReplicaRow& row) { return clock.wall_ms() + offset(row).ms; }
  const std::string& file() const { return file_; }
  // That no table is missing. Error: damaged().
  Status all_tables();
  // The error for a file with what no offsync writes.
  Error damaged(const std::string& what) const;

  // Writes every page anew, with its seal, after the file was taken as it is.
  Status rewrite();

  bool lenient = false;  // takes settings that cannot be, and damaged pages, to mend them
  Clock& clock;
  Random& random;
  Decoder decoder;        // of what comes in
  Decoder other_decoder;  // of what is looked up meanwhile
  EntityDecoder entities;

 private:
  friend class ReplicaWrite;
  friend class Replica;
  Status connect(bool create);
  Status open_existing();
  Status open_to_read();
  Result<bool> half_made();
  Status adopt();
  Status check_place();
  Status insert_row(const Replica::CreateOptions& options);
  Status renew_if_copied();

  std::string file_;
  std::optional<sqlite::Db> db_;
  std::optional<sqlite::FileLock> lock_;  // there, unless read_only_
  std::optional<sqlite::FileId> id_;      // of the file that we have, or had, open
  std::optional<Error> read_only_;        // why nothing can be written here
  std::string renamed_from_;              // see Replica::renamed_from()
  std::unordered_map<const char*, sqlite::Statement> statements_;
  bool bulk_ = false;
};

// An entity within a write transaction, as it will be stored.
struct EntityRow {
  std::int64_t row = 0;  // its rowid; 0: it is not stored
  std::int64_t pending = 0, held = 0;
  std::string confirmed_text, visible_text;  // empty: NULL
  std::optional<Entity> confirmed, visible;  // decoded, when somebody asked
  bool confirmed_changed = false, visible_changed = false;
  bool changed = false;
};

// A write transaction: the lock between processes, SQLite's, the row, and the entities touched,
// each read and written once. Undone unless committed.
class ReplicaWrite {
 public:
  static Result<std::unique_ptr<ReplicaWrite>> begin(ReplicaStore& store);
  ~ReplicaWrite();
  ReplicaWrite(const ReplicaWrite&) = delete;
  ReplicaWrite& operator=(const ReplicaWrite&) = delete;
  Status commit();  // or undoes it; either way it is over, and the lock free
  bool open() const { return open_; }

  ReplicaRow row;
  bool row_changed = false;

  // Valid until the next call of trim() or commit().
  Result<EntityRow*> entity(std::string_view subject);
  Result<Entity*> confirmed(std::string_view subject, EntityRow& entity);
  // The visible entity to look at; it is the confirmed one where nothing is pending.
  Result<const Entity*> look(std::string_view subject, EntityRow& entity);
  // The visible entity to change.
  Result<Entity*> visible(std::string_view subject, EntityRow& entity);
  // Folds an event of the log into the confirmed state, and the visible one if there is one.
  Status confirm(const EventView& event);
  // Counts a pending event in or out; with the last one goes the visible state.
  void count(EntityRow& entity, int pending, int held);
  // Writes back what was touched, and forgets it, if that is much.
  Status trim(std::size_t keep = 20'000);

  ReplicaStore& store;

 private:
  explicit ReplicaWrite(ReplicaStore& owner) : store(owner) {}
  void close();
  Status flush();
  Status flush_one(const std::string& subject, EntityRow& entity);
  Result<Entity> decode(std::string_view subject, const std::string& text);

  std::optional<sqlite::Transaction> transaction_;
  std::unordered_map<std::string, EntityRow> entities_;
  std::string key_;
  std::size_t touched_ = 0;
  bool open_ = true;
};

// Makes the visible state of these entities anew: confirmed joined with what is pending and not
// rejected. One pass over the queue; `hold`: queued events behind a rejected one of their entity
// become held, and are counted.
Result<std::uint64_t> rebuild_visible(ReplicaWrite& write, const std::set<std::string>& subjects,
                                      bool hold);

// The held events of `subject` that nothing stands before any more once the event at `n` is gone.
Result<std::vector<PendingEvent>> released_by(ReplicaWrite& write, std::string_view subject,
                                              std::uint64_t n);
// Queues these, as the rejection of the event at `n` is void: the log has it after all. They were
// never decided, so they keep id and stamp; but the proxy may be beyond their clientseq, so they
// get new ones. Leaves store.decoder alone.
Status release_held(ReplicaWrite& write, const std::string& subject, std::uint64_t n);
// The same of one held event.
Status release_one(ReplicaWrite& write, const PendingEvent& held);

// A pending event as its row holds it.
struct PendingKey {
  std::uint64_t n = 0;
  PendingState state = PendingState::queued;
  std::uint64_t sequence = 0;
  std::string source, subject;
  bool out_of_order = false;
};
// The columns of PendingEvent, in the order that read_pending() takes.
#define OFFSYNC_PENDING_COLUMNS "n, state, sequence, source, id, subject, type, line, code, detail"
PendingEvent read_pending(const sqlite::Statement& statement);

// Whether an answer of the log of this epoch may change a replica. Error: protocol `epoch_changed`.
Status must_be_of(const ReplicaRow& row, std::string_view epoch);

namespace queue {
// What has a row in table pending. An empty `source` will do where only one event has the id.
Result<std::optional<PendingKey>> find(ReplicaStore& store, std::string_view source,
                                       std::string_view id);
// The id of the first rejected event of `subject`, behind which its later ones are held; empty:
// there is none.
Result<std::string> first_rejected(ReplicaStore& store, std::string_view subject);
Status insert(ReplicaWrite& write, std::uint64_t n, PendingState state, const EventView& event,
              std::string_view line);
Status remove(ReplicaWrite& write, std::uint64_t n);
Status set_state(ReplicaWrite& write, std::uint64_t n, PendingState state, std::uint64_t sequence,
                 std::string_view code, std::string_view detail);
Status hold(ReplicaWrite& write, std::uint64_t n);
}  // namespace queue

// What an event of the log, `line`, means for the records: it is one, or closes the one that it
// cites.
Status note_in_records(ReplicaStore& store, const EventView& event, std::string_view line);

// Notes for conflicts() that a pending event will close the record that it cites, and that it will
// not after all.
Status note_pending_resolve(ReplicaStore& store, std::string_view conflict, std::string_view source,
                            std::string_view id);
Status forget_pending_resolve(ReplicaStore& store, std::string_view source, std::string_view id);

// The source of the only event with this id that `sql` (SELECT source … WHERE id = ?1) finds;
// nothing where there is none. `source` itself, where that is given. Error: usage `ambiguous`.
Result<std::optional<std::string>> source_of(ReplicaStore& store, const char* sql,
                                             std::string_view id, std::string_view source);
inline constexpr char kPendingSources[] = "SELECT source FROM pending WHERE id = ?1";

// Stamps of a pending event: greater than what its author had seen, but never dragged beyond the
// guard by a bad clock.
Stamp next_stamp(ReplicaWrite& write, std::uint64_t seen);

// What others may know of the row.
ReplicaInfo info_of(ReplicaRow row);

namespace former {
// Takes over the received log, which is about to go: what it holds is to be looked for in the log
// that comes, and so is what was taken over before.
Status take_over(ReplicaWrite& write);
// Whether there is anything.
Result<bool> any(ReplicaStore& store);
// Keeps a pending event that the log has accepted, where no copy of it comes, as a snapshot reaches
// beyond it. `doubtful`: whether that holds it the log is to be asked, as it may have been put
// back. Leaves store.decoder alone.
Status keep(ReplicaWrite& write, std::uint64_t n, std::uint64_t sequence, bool doubtful);
// Queues again what the log had accepted up to the cursor and does not have there, and what it had
// accepted behind `head`, up to `upto`. As they were: they are pushed before all that is newer.
// Returns how many.
Result<std::uint64_t> give_up_accepted(ReplicaWrite& write, std::uint64_t head, std::uint64_t upto);
// The log has this event.
Status forget(ReplicaStore& store, const EventView& event);
}  // namespace former

struct Replica::Impl {
  Impl(std::string file, Clock& clock, Random& random) : store(std::move(file), clock, random) {}
  ReplicaStore store;
  std::int64_t staging = 0;      // marks the pieces of our snapshot
  std::int64_t pieces = 0;       // how many there are
  std::int64_t snapshot_ms = 0;  // the latest stamp of the snapshot that this object installed
};

}  // namespace offsync
