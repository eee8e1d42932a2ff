#include "replica/sync_engine.h"

#include <algorithm>

#include "base/backoff.h"
#include "replica/pull_session.h"
#include "replica/push_session.h"
#include "replica/session.h"
#include "replica/stream_session.h"

namespace offsync {
namespace {

// How often in a row the replica or the log may turn out to be elsewhere before it is a failure.
constexpr int kSurprises = 3;
// once: how often what a reset queued again is pushed.
constexpr int kRounds = 3;

// One direction: at most one session, and when the next one may begin.
struct Channel {
  std::unique_ptr<Session> session;
  Backoff backoff;
  std::int64_t due_ms = 0;  // steady
  bool failing = false;     // its last session failed
  int surprises = 0;        // sessions in a row that ended stale or expired

  void succeeded() {
    backoff.reset();
    failing = false;
    surprises = 0;
  }
};

}  // namespace

struct SyncEngine::Impl {
  Impl(Replica& replica, Transport& transport, Clock& clock, Random& random_port,
       SyncObserver& observer, SyncOptions options)
      : context{replica, transport, clock, observer, std::move(options), {}, {}, 0},
        random(random_port),
        push{nullptr, new_backoff()},
        pull{nullptr, new_backoff()},
        push_events(std::max<std::size_t>(1, context.options.push_events)) {}

  void tick();
  std::int64_t wait_time() const;

  void start();
  void launch();
  void launch_once();
  void launch_watch();
  bool launch_push();
  void launch_pull();
  void end_push();
  void end_pull();
  void end_page(const Session& session);
  void end_pull_once();
  void lost_place(const Session& session);
  void lost_stream(const StreamSession& session);
  void fail(Channel& channel, const Error& error, bool worth_retrying,
            const Session* session = nullptr);
  bool may_retry_once(const Session* session) const;
  Status look_at_replica();
  Status note_head(std::uint64_t head);
  void finish(std::optional<Error> error = std::nullopt);
  bool may_push() const;
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
  bool started = false;
  bool done = false;

  std::size_t push_events;        // in one request; smaller where somebody finds that too large
  std::uint64_t pushed_upto = 0;  // once: what was sent is not sent again in this round
  std::optional<Cursor> cursor;   // as of the last look at the replica
  enum class Pulling { snapshot, page, stream } pulling = Pulling::snapshot;
  std::optional<Cursor> expired;  // a cursor that the proxy cannot continue from
  std::uint64_t noted_head = 0;

  // once. Without a cursor, `place` gets one first: what is pushed before the first snapshot could
  // not be told from what the snapshot holds, and would be missing in the received log.
  enum class Phase { place, push, pull } phase = Phase::push;
  std::optional<std::uint64_t> target;  // once: the head when the pull began
  bool push_again = false;              // once: an answer came from a log that began anew
  bool reset_seen = false;              // once: a snapshot may have queued events again
  int rounds = 0;
  int retries = 0;
};

void SyncEngine::Impl::start() {
  started = true;
  if (Status secured = context.replica.secure(); !secured) return finish(secured.error());
  auto info = context.replica.info();
  if (!info) return finish(std::move(info).error());
  const std::string& remote = context.options.remote;
  auto path = path_of(remote.empty() ? info->remote : remote);
  if (!path) return finish(std::move(path).error());
  context.base = std::move(path).value();
  context.noted_offset_ms = info->clock_offset_ms;
  cursor = info->cursor;
  noted_head = info->head;
  if (once() && context.options.push && context.options.pull && !cursor) phase = Phase::place;
}

void SyncEngine::Impl::tick() {
  if (done) return;
  const std::int64_t begun = now();
  if (!started) start();
  if (push.session && !done) {
    push.session->advance();
    if (push.session->end() != Session::End::running) end_push();
  }
  if (pull.session && !done) {
    pull.session->advance();
    if (pull.session->end() != Session::End::running) end_pull();
  }
  if (!done) launch();
  const std::int64_t spent = now() - begun;
  if (push.session) push.session->credit(spent);
  if (pull.session) pull.session->credit(spent);
}

void SyncEngine::Impl::launch() {
  if (once()) {
    launch_once();
  } else {
    launch_watch();
  }
}

void SyncEngine::Impl::launch_once() {
  if (push.session || pull.session) return;
  if (phase == Phase::place && cursor) phase = Phase::push;
  if (phase == Phase::push) {
    if (now() < push.due_ms) return;
    if (context.options.push && launch_push()) return;
    phase = Phase::pull;
  }
  if (done || now() < pull.due_ms) return;
  if (!context.options.pull) return finish();
  launch_pull();
}

void SyncEngine::Impl::launch_watch() {
  if (context.options.pull && !pull.session && now() >= pull.due_ms) launch_pull();
  if (done || push.session || now() < push.due_ms || !may_push()) return;
  if (!launch_push()) push.due_ms = now() + context.options.poll_queue_ms;
}

// watch: while nobody answers, one of the two directions is enough to find out when that changes.
// And what is pushed before the first snapshot could not be told from what the snapshot holds.
bool SyncEngine::Impl::may_push() const {
  if (!context.options.push) return false;
  if (!context.options.pull) return true;
  return cursor && (!pull.failing || (pull.session && pull.session->status() == 200));
}

// False where there is nothing to push. The cursor is read first: if another process puts in the
// snapshot of a new log after it, and events into the queue again, the proxy refuses the old
// cursor.
bool SyncEngine::Impl::launch_push() {
  const auto info = context.replica.info();
  if (!info) {
    fail(push, info.error(), info.error().code == "busy");
    return true;
  }
  auto events =
      context.replica.to_push(once() ? pushed_upto : 0, push_events, context.options.push_bytes);
  if (!events) {
    fail(push, events.error(), events.error().code == "busy");
    return true;
  }
  if (events->empty()) return false;
  push.session = std::make_unique<PushSession>(context, info->cursor, std::move(events).value());
  return true;
}

// Another process may have moved the replica's cursor, or have put a snapshot in.
Status SyncEngine::Impl::look_at_replica() {
  OFFSYNC_ASSIGN(const ReplicaInfo info, context.replica.info());
  const bool jumped = cursor && info.cursor &&
                      (info.cursor->epoch != cursor->epoch || info.log_after > cursor->sequence);
  cursor = info.cursor;
  if (jumped) context.observer.on_reset(*cursor);
  return {};
}

void SyncEngine::Impl::launch_pull() {
  const Status looked = look_at_replica();
  if (!looked) return fail(pull, looked.error(), looked.error().code == "busy");
  if (!cursor || cursor == expired) {
    pulling = Pulling::snapshot;
    pull.session = std::make_unique<SnapshotSession>(context);
  } else if (once()) {
    pulling = Pulling::page;
    pull.session = std::make_unique<PageSession>(context, *cursor);
  } else {
    if (pull.failing) ++context.report.reconnects;
    pulling = Pulling::stream;
    pull.session = std::make_unique<StreamSession>(context, *cursor);
  }
}

void SyncEngine::Impl::end_push() {
  const std::unique_ptr<Session> ended = std::move(push.session);
  const auto& session = static_cast<const PushSession&>(*ended);
  push.due_ms = now();
  if (session.end() == Session::End::done) {
    push.succeeded();
    retries = 0;
    pushed_upto = session.last_n();
  } else if (session.status() == 413 && session.size() > 1) {
    push_events = session.size() / 2;  // something in between has a limit of its own
  } else if (session.end() == Session::End::failed) {
    fail(push, session.error(), session.worth_retrying(), &session);
  } else if (!context.options.pull) {
    fail(push,
         make_error(Errc::partial, "epoch_changed",
                    "the proxy's log began anew; what is queued stays queued",
                    "sync with a pull, so that the replica can follow it"),
         false);
  } else if (once()) {
    // The answer came from a log that we do not know. The events stay queued; when the pull has
    // found out what there is now, they are pushed again.
    push_again = true;
    phase = Phase::pull;
  } else {
    pull.session.reset();
    pull.due_ms = now();
    push.due_ms = now() + push.backoff.next(random);
  }
}

void SyncEngine::Impl::end_pull() {
  const std::unique_ptr<Session> ended = std::move(pull.session);
  const Session& session = *ended;
  pull.due_ms = now();
  switch (session.end()) {
    case Session::End::stale:
    case Session::End::expired:
      return lost_place(session);
    case Session::End::failed:
      if (pulling == Pulling::stream) lost_stream(static_cast<const StreamSession&>(session));
      return fail(pull, session.error(), session.worth_retrying(), &session);
    default:
      break;
  }
  if (phase == Phase::place) {
    phase = Phase::push;
    if (pulling == Pulling::page) return;  // another process has got a cursor before
  }
  if (pulling == Pulling::page) return end_page(session);
  cursor.reset();  // the observer knows of this snapshot
  expired.reset();
  reset_seen = true;
  retries = 0;
}

// The log to follow is not where it was. That is no failure, unless it happens over and over.
void SyncEngine::Impl::lost_place(const Session& session) {
  if (session.end() == Session::End::expired) expired = cursor;
  if (++pull.surprises <= kSurprises) return;
  pull.surprises = 0;
  fail(pull, session.error(), true);
}

void SyncEngine::Impl::lost_stream(const StreamSession& session) {
  if (!session.proved()) return;
  pull.succeeded();
  pull.backoff = new_backoff(session.retry_ms().value_or(0));
}

void SyncEngine::Impl::end_page(const Session& session) {
  const std::optional<Cursor> before = cursor;
  const std::uint64_t head = *session.log_head();
  Status status = look_at_replica();
  if (status.ok()) status = note_head(head);
  if (!status) return fail(pull, status.error(), false);
  pull.succeeded();
  retries = 0;
  if (!target) target = head;
  if (cursor && cursor->sequence >= *target) return end_pull_once();
  if (cursor != before) return;
  fail(pull,
       make_error(Errc::protocol, "bad_answer",
                  "the proxy has no event after " + (cursor ? cursor->text() : "the beginning") +
                      ", although its log reaches to " + std::to_string(*target),
                  "the log of the proxy may be damaged"),
       false);
}

void SyncEngine::Impl::end_pull_once() {
  if (const Status noted = context.replica.note_synced(); !noted) return finish(noted.error());
  const bool look_again = push_again || reset_seen;
  if (!context.options.push || !look_again) return finish();
  const auto left = context.replica.to_push(0, 1, context.options.push_bytes);
  if (!left) return finish(left.error());
  if (left->empty()) return finish();
  if (++rounds >= kRounds) {
    return finish(make_error(Errc::partial, "epoch_changed",
                             "the proxy's log began anew again and again during the sync",
                             "what is queued stays queued; sync again later"));
  }
  phase = Phase::push;
  push_again = reset_seen = false;
  pushed_upto = 0;
  target.reset();
}

Status SyncEngine::Impl::note_head(std::uint64_t head) {
  if (head == noted_head) return {};
  OFFSYNC_TRY(context.replica.note_head(head));
  noted_head = head;
  return {};
}

// once: only where the proxy itself asks for a little patience.
bool SyncEngine::Impl::may_retry_once(const Session* session) const {
  if (session == nullptr || (session->status() != 429 && session->status() != 503)) return false;
  const auto wait = session->retry_after_ms();
  return wait && *wait <= limits::kOnceRetryAfterMs && retries < limits::kOnceRetries;
}

void SyncEngine::Impl::fail(Channel& channel, const Error& error, bool worth_retrying,
                            const Session* session) {
  if (once() ? !may_retry_once(session) : !worth_retrying) return finish(error);
  ++retries;
  const std::int64_t at_least = session == nullptr ? 0 : session->retry_after_ms().value_or(0);
  const std::int64_t wait = channel.backoff.next(random, at_least);
  channel.due_ms = now() + wait;
  channel.failing = true;
  if (!once()) context.report.error = error;
  context.observer.on_trouble(error, wait);
}

void SyncEngine::Impl::finish(std::optional<Error> error) {
  done = true;
  push.session.reset();
  pull.session.reset();
  context.report.error = std::move(error);
}

std::int64_t SyncEngine::Impl::wait_time() const {
  if (done || !started) return 0;
  std::int64_t until = INT64_MAX;
  for (const Channel* channel : {&push, &pull}) {
    if (channel->session == nullptr) continue;
    if (channel->session->has_work()) return 0;
    until = std::min(until, channel->session->deadline());
  }
  if (once()) {
    if (until == INT64_MAX) until = phase == Phase::push ? push.due_ms : pull.due_ms;
  } else {
    if (context.options.pull && !pull.session) until = std::min(until, pull.due_ms);
    if (!push.session && may_push()) until = std::min(until, push.due_ms);
  }
  return std::max<std::int64_t>(0, until - now());
}

SyncEngine::SyncEngine(Replica& replica, Transport& transport, Clock& clock, Random& random,
                       SyncObserver& observer, SyncOptions options)
    : impl_(std::make_unique<Impl>(replica, transport, clock, random, observer,
                                   std::move(options))) {}
SyncEngine::~SyncEngine() = default;

void SyncEngine::tick() {
  impl_->tick();
}
std::int64_t SyncEngine::wait_time() {
  return impl_->wait_time();
}
bool SyncEngine::done() const {
  return impl_->done;
}
const SyncReport& SyncEngine::report() const {
  return impl_->context.report;
}

}  // namespace offsync
