// Replica: one client's database, one SQLite file. Confirmed state, the queue of pending events,
// the clock, the cursor and the received log; all that belongs together changes in one transaction.
//
// Several processes may use the same file at once: every write transaction (and checkpoint) takes
// the file lock "<file>.lock" first. A Replica object belongs to one thread.
//
// Visible state = confirmed state joined with the pending events. Both are kept per entity, so a
// read is a look-up; a pending event leaves the visible state in the same transaction in which its
// confirmed copy or its rejection arrives.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "event/draft.h"
#include "state/decision.h"
#include "state/entity.h"
#include "wire/cursor.h"
#include "wire/outcome.h"

namespace offsync {

enum class PendingState { queued, accepted, rejected, held };
std::string_view name_of(PendingState state);

struct PendingEvent {
  std::uint64_t n = 0;  // local order; the clientseq of our own events
  std::string id, subject, type;
  std::string line;  // content, as it is pushed
  PendingState state = PendingState::queued;
  std::uint64_t sequence = 0;  // accepted
  std::string code, detail;    // rejected, held
};

struct ReplicaInfo {
  std::string remote;  // ".../v1/spaces/NAME"; may be empty (no proxy yet)
  std::string source;  // CloudEvents source of our own events
  std::uint64_t node = 0;
  std::optional<Cursor> cursor;      // nothing: never pulled
  std::uint64_t log_after = 0;       // the received log holds the sequences log_after+1 .. cursor
  std::uint64_t head = 0;            // the proxy's head when we last heard of it
  std::int64_t clock_offset_ms = 0;  // the proxy's clock minus ours, as last measured
  std::int64_t last_sync_ms = 0;     // our wall clock at the last completed pull; 0: never
};

struct QueueCounts {
  std::uint64_t queued = 0, accepted = 0, rejected = 0, held = 0;
};

struct Emitted {
  std::string line;  // the event's content as queued
  std::string id;
  bool duplicate = false;  // the same event was there already; nothing changed
  std::string behind;      // the rejected event that this one is held behind; empty: it is queued
};

struct LogFilter {
  std::uint64_t after = 0;
  std::uint64_t until = UINT64_MAX;
};

class Replica {
 public:
  struct CreateOptions {
    std::string remote;
    std::string source;  // empty: "/clients/<node>"
  };
  // What an earlier create() left that was cut is made whole.
  // Errors: io, config (`exists`, `not_a_replica`, `newer_format`), `busy` after 30 s.
  static Result<Replica> create(const std::string& file, const CreateOptions& options, Clock& clock,
                                Random& random);
  // Where the file or its folder cannot be written to, what only reads works all the same, if it
  // can be done without writing (`read_only`); what writes fails with `read_only`. Once open, an
  // error io `replaced` tells that the name leads to another file by now.
  static Result<Replica> open(const std::string& file, Clock& clock, Random& random);
  Replica(Replica&&) noexcept;
  Replica& operator=(Replica&&) noexcept;
  ~Replica();

  Result<ReplicaInfo> info();
  // Before anything that stands here is told to others: makes durable what a process that died in a
  // commit, or whose disk failed, may have left in the kernel's memory only.
  Status secure();
  Status set_remote(const std::string& remote);

  // --- emit -------------------------------------------------------------------------------------
  // A transaction of one or many events. Own events (no source, or ours) get id, source, time,
  // stamp, clientseq and base; an event from elsewhere (another source, with an id) is taken as it
  // is. Refused events leave no trace; their codes are those of Decoder, check_fit, check_alive
  // and `id_conflict`. Nothing is durable before commit() returns; destruction rolls back.
  class Batch {
   public:
    Batch(Batch&&) noexcept;
    ~Batch();
    Result<Emitted> add(const EventDraft& draft);
    // A full CloudEvent, or {"type","subject","data"} without id and source for an own event.
    Result<Emitted> add_line(std::string_view line);
    Status commit();

   private:
    friend class Replica;
    struct Impl;
    explicit Batch(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
  };
  Result<Batch> begin_batch();
  Result<Emitted> emit(const EventDraft& draft);  // a batch of one

  // --- push -------------------------------------------------------------------------------------
  // Queued events with n > after, in order, up to the limits (at least one if there is any).
  // They are durable.
  Result<std::vector<PendingEvent>> to_push(std::uint64_t after, std::size_t max_events,
                                            std::size_t max_bytes);
  struct Settled {
    std::uint64_t accepted = 0, duplicate = 0, rejected = 0, held = 0;
  };
  // The outcomes of one push, in one transaction. `epoch` is the one that the proxy answered with;
  // one that is not our cursor's changes nothing and is an error (`epoch_changed`).
  // A rejection parks its event, rolls it back and holds later queued events of its entity.
  Result<Settled> settle(std::string_view epoch, std::span<const Outcome> outcomes);

  // --- pull -------------------------------------------------------------------------------------
  struct Applied {
    std::uint64_t events = 0;     // new to this replica
    std::uint64_t conflicts = 0;  // conflict records among them
  };
  // Log lines in order, in one transaction with the cursor. Lines at or below the cursor are
  // skipped; a gap is an error (`gap`) and nothing is changed.
  Result<Applied> apply(std::string_view epoch, std::span<const std::string> lines);

  // A snapshot is first staged in pieces (short transactions, no lock held in between), then
  // installed in one. Pending events stay on top: those that the snapshot covers (accepted at or
  // before its sequence, same epoch) leave; other accepted ones are queued again, as the log may
  // have lost them (it began anew, or was put back to an earlier place). If it has not, it knows
  // them.
  Status begin_snapshot();
  Status stage_snapshot(std::string_view ndjson);  // whole lines
  // Checks the header line {"cursor":…,"entities":N,"conflicts":M} against what was staged. Error
  // partial `superseded`: another process has begun a snapshot since; nothing was changed.
  Result<Cursor> install_snapshot();

  Status note_clock_offset(std::int64_t offset_ms);
  Status note_head(std::uint64_t head);
  Status note_synced();

  // --- read -------------------------------------------------------------------------------------
  enum class View { visible, confirmed };
  Result<std::optional<Entity>> entity(std::string_view subject, View view = View::visible);
  // All that is for_each_… is read page by page, so that nothing is held open while `fn` takes its
  // time: another process may write meanwhile, and later pages show that. Where it took a new log,
  // the error is partial `log_replaced`.
  //
  // All entities (living or not) in byte order of subject; stops when `fn` returns false. `prefix`
  // narrows the range.
  using EntityFn = std::function<bool(std::string_view subject, const Entity& entity)>;
  Status for_each_entity(std::string_view prefix, View view, const EntityFn& fn);

  // Lines (with sequence) in order. The pending queue is not part of it.
  using LineFn = std::function<bool(std::uint64_t sequence, std::string_view line)>;
  Status for_each_log(const LogFilter& filter, const LineFn& fn);
  // The snapshot below the received log, line by line (encode_entity form); nothing if there is
  // none. fold(snapshot, received log) == confirmed state.
  Status for_each_base(const std::function<bool(std::string_view line)>& fn);
  // An event's line by id, wherever it is (queue or received log).
  Result<std::optional<std::string>> find_event(std::string_view id);

  // --- queue ------------------------------------------------------------------------------------
  Result<QueueCounts> counts();
  using PendingFn = std::function<bool(const PendingEvent& event)>;
  Status for_each_pending(const PendingFn& fn);
  Result<std::optional<PendingEvent>> pending(std::string_view id);
  // A rejected event is queued again as a new event (new id, stamp, clientseq), and with it what
  // was held behind it. Where our clock is beyond the guard it starts afresh under a new node.
  Result<std::vector<Emitted>> retry(std::string_view id);
  // A rejected or queued event is thrown away; what was held behind it is queued again. An accepted
  // event cannot be dropped (`accepted`).
  Status drop(std::string_view id);

  // --- conflicts --------------------------------------------------------------------------------
  struct ConflictRecord {
    Conflict conflict;
    std::string subject;
    std::uint64_t sequence = 0;
    std::string recorded;     // RFC 3339
    std::string resolved_by;  // event id; empty: open
    std::string line;
  };
  Result<std::vector<ConflictRecord>> conflicts(bool include_resolved);
  // By id or an unambiguous prefix of it.
  Result<ConflictRecord> conflict(std::string_view id);
  // Emits conflict.resolved that sets (or removes) the field and cites the record. Empty `value`:
  // unset.
  Result<Emitted> resolve(const ConflictRecord& record, std::string_view value);

  // --- consumers --------------------------------------------------------------------------------
  // Somebody who acts on the events of the log and goes on where it was: a durable place by name.
  struct Consumer {
    std::string name;
    Cursor cursor;  // the last event that it is done with
  };
  Result<std::vector<Consumer>> consumers();  // by name
  Result<std::optional<Cursor>> consumer(std::string_view name);
  // Makes the consumer where there is none of that name.
  Status move_consumer(std::string_view name, const Cursor& to);

 private:
  struct Impl;
  explicit Replica(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync
