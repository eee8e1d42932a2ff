// The engine's state, which its files share: engine.cc begins what is due, end.cc follows the end
// of each session, blocked.cc a push that something in between refuses. Internal to lib/sync.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/backoff.h"
#include "sync/engine.h"
#include "sync/pull_session.h"
#include "sync/push_session.h"
#include "sync/session.h"
#include "sync/stream_session.h"

namespace offsync {

// How often the replica or the log may turn out to be elsewhere, with no progress in between,
// before it is a failure, and each further time has its wait.
inline constexpr int kSurprises = 3;
// once: how often what a reset queued again is pushed.
inline constexpr int kRounds = 3;
// Questions what the log lacks, each about a part of what is doubtful, behind one snapshot.
inline constexpr int kQuestions = 10'000;

// One direction: at most one session, and when the next one may begin.
struct Channel {
  std::unique_ptr<Session> session;
  Backoff backoff;
  std::int64_t due_ms = 0;  // steady
  bool failing = false;     // its last session failed

  void succeeded() {
    backoff.reset();
    failing = false;
  }
};

struct SyncEngine::Impl {
  Impl(Replica& replica, Transport& transport, Clock& clock, Random& random_port,
       SyncObserver& observer, SyncOptions options)
      : context{replica, transport, clock, observer, std::move(options), {}, {}, {}},
        random(random_port),
        push{nullptr, new_backoff()},
        pull{nullptr, new_backoff()},
        anew(new_backoff()),
        push_events(std::max<std::size_t>(1, context.options.push_events)),
        page_events(std::max<std::size_t>(1, context.options.page_events)) {}

  void tick();
  std::int64_t wait_time() const;

  void start();
  void launch();
  void launch_once();
  void launch_watch();
  bool launch_push();
  bool launch_question();
  bool left_log();
  void launch_pull();
  void end_push_channel();
  void end_push();
  void end_look();
  void end_probe();
  void park(const Error& error, const PendingEvent& event, int status);
  bool pulls_after(const Error& error, const Session* session);
  void end_question();
  void lost_log(const Session& session);
  void end_pull();
  void end_page(const Session& session);
  void end_pull_once();
  void lost_place(const Session& session);
  void note_progress(std::uint64_t reached, bool held = false);
  void lost_stream(const StreamSession& session);
  bool shorten(const PageSession& session);
  bool shorten(const PushSession& session);
  void fail(Channel& channel, const Error& error, bool worth_retrying,
            const Session* session = nullptr);
  void fail(Channel& channel, Backoff& backoff, const Error& error, const Session* session);
  void launch_look();
  bool may_retry_once(const Session* session) const;
  Status look_at_replica();
  Status note_head(std::uint64_t head);
  void finish(std::optional<Error> error = std::nullopt);
  bool may_push() const;
  Result<bool> is_left() const;
  // Its first wait is that of the settings, or `asked_ms` by the proxy where that is more.
  Backoff new_backoff(std::int64_t asked_ms = 0) const {
    const std::int64_t cap = std::max<std::int64_t>(1, context.options.backoff_cap_ms);
    return Backoff(std::min(std::max(asked_ms, limits::kBackoffBaseMs), cap), cap);
  }
  bool once() const { return context.options.mode == SyncOptions::Mode::once; }
  std::int64_t now() const { return context.clock.steady_ms(); }

  SyncContext context;
  Random& random;
  Channel push, pull;
  // For beginning anew from a snapshot, or from where another process has got. What follows may
  // look like a success each time, so only progress ends it: an event beyond all places where we
  // were before, or a stream that held for as long as a heartbeat takes.
  Backoff anew;
  int surprises = 0;  // sessions that ended stale or expired since
  std::uint64_t farthest = 0;
  bool started = false;
  bool done = false;
  enum class Pushing { events, question, look, probe } pushing = Pushing::events;
  // A push that something in between refused, until it is known whether others come through.
  struct Blocked {
    Error error;
    int status;
    std::size_t events;
    PendingEvent first;
  };
  std::optional<Blocked> blocked;

  std::size_t push_events;        // in one request; fewer where somebody finds that too large
  int cut_pushes = 0;             // in a row
  std::size_t page_events;        // in one page; fewer where the connection does not last
  int cut_pages = 0;              // in a row
  std::uint64_t pushed_upto = 0;  // once: what was sent is not sent again in this round
  std::optional<Cursor> cursor;   // as of the last look at the replica
  enum class Pulling { snapshot, page, stream } pulling = Pulling::snapshot;
  bool page_next = false;  // watch: a stream brought nothing, and what there is may come by a page
  bool streamed_before = false;  // watch: what report.streamed was when the stream was asked for
  bool broken = false;  // watch: the latest stream brought nothing, and did not wait for it
  std::optional<Cursor> expired;  // a cursor that the proxy cannot continue from
  std::uint64_t noted_head = 0;

  // once. Without a cursor, `place` gets one first: what is pushed before the first snapshot could
  // not be told from what the snapshot holds, and would be missing in the received log.
  enum class Phase { place, push, pull } phase = Phase::push;
  std::optional<std::uint64_t> target;  // once: the head when the pull began
  bool push_again = false;              // once: an answer came from a log that began anew
  std::optional<Error> push_error;      // once: why the push ended; the pull goes on
  bool reset_seen = false;              // once: a snapshot may have queued events again
  bool met = false;                     // once: the proxy has answered for the push
  int rounds = 0;
  int retries = 0;
  std::int64_t refused_since_ms = 0;  // the first of these retries
  int questions = 0;                  // since the last snapshot
};

}  // namespace offsync
