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
#include "state/entity.h"
#include "state/resolution.h"
#include "wire/cursor.h"
#include "wire/outcome.h"

namespace offsync {

enum class PendingState { queued, accepted, rejected, held };
std::string_view name_of(PendingState state);

struct PendingEvent {
  std::uint64_t n = 0;  // local order; the clientseq of our own events
  std::string source, id, subject, type;
  std::string line;  // content, as it is pushed
  PendingState state = PendingState::queued;
  std::uint64_t sequence = 0;  // accepted; queued: in the log that had it and was replaced
  std::string code, detail;    // rejected, held

  // Queued, and the log has later ones of its author: one that was before it had it out of its
  // order, as somebody sent it again. So it is passed on, like another's.
  bool out_of_order() const { return state == PendingState::queued && code == kOutOfOrder; }
  static constexpr std::string_view kOutOfOrder = "out_of_order";
};

struct ReplicaInfo {
  std::string remote;                       // ".../v1/spaces/NAME"; may be empty (no proxy yet)
  std::string source;                       // CloudEvents source of our own events
  std::vector<std::string> former_sources;  // under which it wrote before, oldest first
  std::string epoch;  // of the log that it belongs to; empty: none was heard of yet
  std::string log;    // name of the log that the replica belongs to; empty: none was said
  std::string place;  // where it last met that log, as LogPlace::url; empty: unknown
  std::uint64_t node = 0;
  std::optional<Cursor> cursor;  // nothing: never pulled
  std::uint64_t log_after = 0;   // the received log holds the sequences log_after+1 .. cursor
  std::uint64_t head = 0;        // the proxy's head when we last heard of it
  // The proxy's clock minus ours, as it was measured last, and whether that holds: where our clock
  // was set since, or the machine started again, it is what stamps still heed of it (0 or less).
  std::int64_t clock_offset_ms = 0;
  bool clock_offset_holds = false;
  std::int64_t last_sync_ms = 0;  // our wall clock at the last completed pull; 0: never
};

// Where a log was met.
struct LogPlace {
  std::string log;  // the log's name, as the proxy says it; empty: it does not
  std::string url;  // ".../v1/spaces/NAME", without user and password
  // Whether that name was said twice. One header of one answer may be wrong: by such a name a log
  // is recognised, but it is not kept.
  bool sure = true;
};

// `remote` as LogPlace has it.
std::string place_of(std::string_view remote);

// A replica belongs to one log, from its first sync on. That is the log of the same name, or of the
// same epoch, wherever it is; and whatever log there is now in the place of ours (a proxy that lost
// its store begins a new one). Error: config `other_log`, with what is known of both.
Status check_same_log(const ReplicaInfo& replica, std::string_view epoch, const LogPlace& there);

// Whether the rejection (its code) of an event of `source` says that its number was given before,
// by an earlier life of the replica whose own source that is: it goes on under another name then.
bool is_namesakes(std::string_view code, std::string_view source, std::string_view own);

// An event that a log had which was replaced since.
struct FormerEvent {
  std::uint64_t n = 0;  // local order
  std::uint64_t sequence = 0;
  std::string source, id;
  std::string line;  // content
};

struct FormerCounts {
  std::uint64_t doubtful = 0;  // the log was not asked yet whether it has them
  std::uint64_t lost = 0;      // it lacks them
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

// The epoch of a consumer's place since the whole state was fetched under the epoch that it had:
// the log is another one, or what followed the place was compacted.
inline constexpr std::string_view kDoubtfulEpoch = "replaced";

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
  // What to do where an error is `corrupt`.
  static constexpr std::string_view kRepairHint =
      "run: offsync repair, which keeps what is queued and the received log";
  struct Repaired {
    std::vector<std::string> mended;  // what was wrong: "the place in the log"
    std::uint64_t queue = 0;          // events kept in the queue
    std::uint64_t unreadable = 0;     // of these; they are now rejected (`unreadable`)
    std::uint64_t doubtful = 0;       // of these, on damaged pages; rejected, too (`doubtful`)
    // Events of the queue that are lost, with their pages: their numbers, as far as any are known
    // (these are kept as rejected, `unreadable`, without a line), how many others, and whether it
    // is not known that these are all. `aside`: where the damaged file was copied to then.
    std::vector<std::uint64_t> lost;
    std::uint64_t lost_more = 0;
    bool lost_unknown = false;
    // Events of logs that were replaced that are lost, each as "ID of SOURCE", and whether there
    // may be others.
    std::vector<std::string> lost_former;
    bool lost_former_unknown = false;
    std::string aside;
    // Where the WAL is kept that was not of the file (`wal_other`), or is damaged; empty: it is
    // neither. With it the newest commits are lost.
    std::string wal_aside;
    bool wal_other = false;
    std::uint64_t waiting = 0;  // of the queue, `unreadable` or `doubtful`, also of earlier repairs
    std::uint64_t log = 0;      // events in the received log
    // The state was made anew from snapshot and log; if not, the next pull fetches the whole state.
    bool whole = false;
  };
  // For a file that open() calls damaged: keeps the queue and the received log, and makes the rest
  // anew from them. What lies on pages that are not as they were written is not believed: it comes
  // from the proxy again, and of the queue somebody must look at it. All or nothing. Errors as of
  // open().
  static Result<Repaired> repair(const std::string& file, Clock& clock, Random& random);
  Replica(Replica&&) noexcept;
  Replica& operator=(Replica&&) noexcept;
  ~Replica();

  Result<ReplicaInfo> info();
  // Its source until open() saw that its file is a copy, or was moved, and gave it another one;
  // empty: it goes on under its name. Told by who gave it alone; info() has it from then on.
  const std::string& renamed_from() const;
  // Before anything that stands here is told to others: makes durable what a process that died in a
  // commit, or whose disk failed, may have left in the kernel's memory only. Error `read_only`
  // where no answer could be noted.
  Status secure();
  Status set_remote(const std::string& remote);
  // Our log, that of this epoch, was met there; a name that is sure takes the place of the one that
  // was kept. Changes nothing where ours is another log.
  Status note_place(std::string_view epoch, const LogPlace& there);
  // A replica that knows no epoch belongs to the log of this one from now on, before it has told it
  // anything. Error: config `other_log`.
  Status bind_log(std::string_view epoch, const LogPlace& there);
  // Leaves the log for that of `epoch`, whatever was pending: the replica is as after create(), but
  // for its source, node, clock and numbers, which go on. What it was is kept in the new file
  // `keep`. Errors: config `exists`.
  // name_to_keep(): a name for that, of those of free_name(): one that nothing has, or that a
  // leave_log() which was killed before its end gave to what this replica still is.
  std::string name_to_keep(const std::string& stem, const std::string& end);
  Status leave_log(const std::string& keep, const std::string& remote, std::string_view epoch,
                   const LogPlace& there);

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
    // What the line of an event said of itself that an own event gets from this replica.
    struct Given {
      bool stamp = false, clientseq = false;
    };
    // Looks at each new event when all but its taking is decided, with the visible state before it;
    // `own` where we are its author. An error refuses the event.
    using Look = std::function<Status(const EventView& event, bool own, const Entity& before,
                                      const Given& given)>;
    void look_at_new(Look look);
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
    bool out_of_order = false;  // some are to be sent again so
  };
  // The outcomes of one push, in one transaction, each with the source of its event. `epoch` is the
  // one that the proxy answered with; one that is not our cursor's changes nothing and is an error
  // (`epoch_changed`). A rejection parks its event, rolls it back and holds later queued events of
  // its entity. Where a number was given before (is_namesakes()), what a log had under it is to be
  // sent out of its order, and all else under another name.
  Result<Settled> settle(std::string_view epoch, std::span<const Outcome> outcomes);

  // --- pull -------------------------------------------------------------------------------------
  struct Applied {
    std::uint64_t events = 0;     // new to this replica
    std::uint64_t conflicts = 0;  // conflict records among them
    std::uint64_t again = 0;      // accepted events that it does not have after all: queued again
  };
  // Log lines in order, in one transaction with the cursor. Lines at or below the cursor are
  // skipped; a gap is an error (`gap`) and nothing is changed, and so is a log that does not reach
  // to `reaches` thereby (`bad_answer`).
  Result<Applied> apply(std::string_view epoch, std::span<const std::string> lines,
                        std::uint64_t reaches = 0);

  // A snapshot is first staged in pieces (short transactions, no lock held in between), then
  // installed in one. Pending events stay on top: those that the snapshot covers (accepted at or
  // before its sequence, same epoch) leave; other accepted ones are queued again, as the log may
  // have lost them (it began anew, or was put back to an earlier place). If it has not, it knows
  // them.
  Status begin_snapshot();
  Status stage_snapshot(std::string_view ndjson);  // whole lines
  // Checks the header line {"cursor":…,"entities":N,"conflicts":M} against what was staged. Error
  // partial `superseded`: another process has begun a snapshot since; nothing was changed. `from`:
  // where it was fetched; error config `other_log` (no url: not checked).
  //
  // The received log, which is gone with it, becomes former events: the new log is to be asked
  // whether it has them, before anything is pushed to it.
  Result<Cursor> install_snapshot(const LogPlace& from = {});

  // --- what a log had that was replaced ---------------------------------------------------------
  // The accepted event of the greatest sequence, which is not yet in the received log.
  Result<std::optional<PendingEvent>> last_accepted();
  // The log of this epoch ends at `head`. Accepted events behind that, up to `upto` (the sequence
  // of the last one when the log was asked), are not in it any more: queued again as they were.
  // Returns how many. Error: `epoch_changed`.
  Result<std::uint64_t> give_up_accepted(std::string_view epoch, std::uint64_t head,
                                         std::uint64_t upto);
  // The first of those that the log was not asked about yet, in order.
  Result<std::vector<FormerEvent>> doubtful(std::size_t max_events);
  struct Found {
    std::uint64_t again = 0;  // own events that the log lacks: queued as they were
    std::uint64_t lost = 0;   // others' that it lacks: kept for somebody to send, or to drop
  };
  // Of `asked`, the log of this epoch lacks `missing` (of each its n). Error: `epoch_changed`.
  Result<Found> settle_doubtful(std::string_view epoch, std::span<const FormerEvent> asked,
                                std::span<const std::uint64_t> missing);
  Result<FormerCounts> former_counts();
  // Those that the log lacks, in order.
  Status for_each_lost(const std::function<bool(const FormerEvent& event)>& fn);
  // Queues a lost event as it is, to be sent as an event of its author. Errors: no_input
  // `no_event`; bad_data `id_conflict`.
  Status send_lost(std::uint64_t n);
  Status drop_lost(std::uint64_t n);

  // The proxy's clock minus ours, now. Beyond the clock guard it is believed only as far as the
  // log's own times confirm it: else one wrong answer would have all stamps to come refused. The
  // guard of stamps that are seen counts from the clock so corrected: the two add up.
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
  // The mark (wire/line_mark.h) of the line that it has at this place of its log, or that its
  // snapshot was told to stand behind; empty: it knows none.
  Result<std::string> mark_at(const Cursor& at);
  // An event's line by its identity, wherever it is (queue or received log). Here and below an
  // empty `source` will do where only one event has the id; else: usage `ambiguous`.
  Result<std::optional<std::string>> find_event(std::string_view id, std::string_view source = {});

  // --- queue ------------------------------------------------------------------------------------
  Result<QueueCounts> counts();
  using PendingFn = std::function<bool(const PendingEvent& event)>;
  Status for_each_pending(const PendingFn& fn);
  Result<std::optional<PendingEvent>> pending(std::string_view id, std::string_view source = {});
  // A rejected event is queued again as a new event (new id, stamp, clientseq), and with it what
  // was held behind it. Where our clock is beyond the guard it starts afresh under a new node. One
  // of another source is queued as it is: its id and stamp are not ours to change. Where its id is
  // the reason, that is refused (bad_data `id_taken`).
  Result<std::vector<Emitted>> retry(std::string_view id, std::string_view source = {});
  // A rejected or queued event is thrown away; what was held behind it is queued again. An accepted
  // event cannot be dropped (`accepted`).
  Status drop(std::string_view id, std::string_view source = {});

  // --- conflicts --------------------------------------------------------------------------------
  struct ConflictRecord {
    Conflict conflict;
    std::string subject;
    std::uint64_t sequence = 0;
    std::string recorded;     // RFC 3339
    std::string resolved_by;  // event id; empty: open
    std::string resolved_source;
    std::string line;
  };
  Result<std::vector<ConflictRecord>> conflicts(bool include_resolved);
  // By id or an unambiguous prefix of it.
  Result<ConflictRecord> conflict(std::string_view id);
  // Emits conflict.resolved that writes what the choice makes (state/resolution.h) and cites the
  // record. Errors: those of Decisions::decide().
  Result<Emitted> resolve(const ConflictRecord& record, const Choice& choice);
  // By a value of one's own. Empty: unset, or deleted where one side is a delete.
  Result<Emitted> resolve(const ConflictRecord& record, std::string_view value);

  // --- consumers --------------------------------------------------------------------------------
  // Somebody who acts on the events of the log and goes on where it was: a durable place by name.
  struct Consumer {
    std::string name;
    Cursor cursor;  // the last event that it is done with; perhaps of kDoubtfulEpoch
  };
  Result<std::vector<Consumer>> consumers();  // by name
  Result<std::optional<Cursor>> consumer(std::string_view name);
  // Makes the consumer where there is none of that name.
  Status move_consumer(std::string_view name, const Cursor& to);
  // Where it was; nothing where there is none of that name.
  Result<std::optional<Cursor>> forget_consumer(std::string_view name);

 private:
  struct Impl;
  explicit Replica(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync
