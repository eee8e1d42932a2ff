// LogTail: each event of the space once, in the order of the log, however it came into the replica:
// by our own stream, by another process's sync, or (below what the replica has kept) as a page
// asked of the proxy. It follows the replica, not the connection, so a reconnect neither repeats
// nor skips anything.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/ports.h"
#include "base/result.h"
#include "cli/remote/remote.h"
#include "cli/remote/shown_events.h"
#include "event/decoder.h"
#include "replica/replica.h"
#include "wire/cursor.h"

namespace offsync::cli {

struct TailStart {
  enum class From {
    stored,     // what the replica has not received yet when it begins
    now,        // behind the proxy's head; where it cannot be reached, behind what the replica has
                // (with an empty replica: behind what the log had when begin() was called, by the
                // proxy's clock)
    beginning,  // behind sequence 0
    after,      // behind `cursor`; its epoch may be empty, or kDoubtfulEpoch
  };
  From from = From::stored;
  Cursor cursor;
};

class LogTail {
 public:
  enum class Next {
    more,   // the next event may follow at once
    pause,  // first let pump() return: this one took its time
    end,    // that was the last one
  };
  // Gets an event, and says how to go on.
  using EventFn = std::function<Next(std::string_view line, const EventView& event)>;
  // Gets a sentence about events that cannot be shown any more.
  using NoticeFn = std::function<void(const std::string& text)>;
  // Makes the connection for pages, when one is needed.
  using RemoteFn = std::function<Result<Remote>()>;

  // All must outlive it.
  LogTail(Replica& replica, Clock& clock, Random& random, TailStart start, RemoteFn remote,
          EventFn event, NoticeFn notice, Backoff backoff = Backoff());

  // What is to be done where the log is replaced meanwhile. Without this call: a notice, and on
  // behind the last event that both have (which is known of a log that was put back in its epoch),
  // or behind what the new one begins with; what was shown is not shown again. With it nothing is
  // passed over in silence: on from where `from` says in the new log, or, where it says nothing,
  // the error protocol `cursor_expired`. What a compaction has taken nobody can have: a notice, and
  // on with what is left.
  void pass_nothing(std::optional<TailStart::From> from) {
    pass_nothing_ = true;
    new_log_from_ = from;
  }
  // Takes note of where the replica is now; call once, before anything is pulled.
  Status begin();
  // Shows some of what is new. True: call again at once, there may be more. Errors are for good:
  // `cursor_expired` (start.cursor is of a log that is no more), `gap`, auth, protocol, io.
  Result<bool> pump();
  // False once the EventFn has had enough.
  bool wants_more() const { return wants_more_; }
  // Whether the log that it followed is no more, and nobody said where to begin in the new one.
  bool lost() const { return lost_; }
  // The last event shown (or passed over); nothing where it is not known which log that is of.
  std::optional<Cursor> position() const;

 private:
  Result<bool> find_place(const ReplicaInfo& info);
  Result<bool> place_now(const ReplicaInfo& info);
  Result<std::uint64_t> head_at_begin(Remote& remote, const SpaceInfo& space);
  Result<bool> place_after(const ReplicaInfo& info);
  void note(const ReplicaInfo& info);
  bool replaced(const ReplicaInfo& info);
  Status recall();
  Result<bool> find_fork(const ReplicaInfo& info);
  Result<bool> cannot_tell(const ReplicaInfo& info);
  Result<bool> go_on_behind(std::uint64_t sequence);
  Status follow_new_log(const ReplicaInfo& info);
  Result<bool> follow_unless_compacted(const ReplicaInfo& info);
  void forget_shown();
  Result<bool> pump_replica();
  Result<bool> pump_pages(std::uint64_t upto);
  Result<bool> skip_forgotten();
  void skip_to(std::uint64_t oldest);
  Result<bool> show(std::vector<std::string> lines);
  Result<bool> show_ahead();
  Result<Remote*> remote();
  // Nothing is shown before the proxy answers: when it is unreachable, later; else for good.
  Result<bool> later(const Error& error);
  bool too_early() const { return clock_.steady_ms() < next_try_ms_; }
  void wait_a_little() { next_try_ms_ = clock_.steady_ms() + backoff_.next(random_); }

  Replica& replica_;
  Clock& clock_;
  Random& random_;
  TailStart start_;
  RemoteFn connect_;
  EventFn event_;
  NoticeFn notice_;
  std::optional<Remote> remote_;
  Decoder decoder_;
  Backoff backoff_;
  std::int64_t next_try_ms_ = 0;
  std::int64_t begun_ms_ = 0;  // steady
  bool away_ = false;          // the proxy could not be reached when it began
  bool placed_ = false;        // epoch_ and sequence_ are those of the replica's log
  bool wants_more_ = true;
  std::optional<Cursor> had_;  // the replica's cursor when it began
  std::string epoch_;
  std::uint64_t sequence_ = 0;
  // What the replica's received log begins behind: another state was fetched where that changes.
  std::optional<std::uint64_t> log_after_;
  std::uint64_t replica_at_ = 0;  // its cursor, when last looked at
  ShownEvents shown_;             // up to sequence_, or none
  std::string last_line_;         // the event at sequence_; empty: unknown
  bool doubt_ = false;            // whether the log still has what was shown
  // Whether the state was fetched because a log came in the place of this one, or because what
  // follows was compacted.
  bool fetched_ = false;
  bool pass_nothing_ = false;
  bool lost_ = false;
  std::optional<TailStart::From> new_log_from_;
  std::deque<std::string> ahead_;  // what follows sequence_, read before a pause
};

}  // namespace offsync::cli
