#include "sync/engine.h"

#include <algorithm>

#include "base/rfc3339.h"
#include "sync/engine_impl.h"
#include "sync/missing_session.h"
#include "sync/pull_session.h"
#include "sync/push_session.h"
#include "sync/stream_session.h"

namespace offsync {

void SyncEngine::Impl::start() {
  started = true;
  if (Status dated = check_wall_clock(context.clock.wall_ms()); !dated) {
    return finish(dated.error());
  }
  if (Status secured = context.replica.secure(); !secured) return finish(secured.error());
  auto info = context.replica.info();
  if (!info) return finish(std::move(info).error());
  const std::string& remote = context.options.remote;
  auto path = path_of(remote.empty() ? info->remote : remote);
  if (!path) return finish(std::move(path).error());
  context.base = std::move(path).value();
  context.place = place_of(remote.empty() ? info->remote : remote);
  cursor = info->cursor;
  noted_head = info->head;
  farthest = cursor ? cursor->sequence : 0;
  if (once() && context.options.push && context.options.pull && !cursor) phase = Phase::place;
}

void SyncEngine::Impl::tick() {
  if (done) return;
  const std::int64_t begun = now();
  if (!started) start();
  if (push.session && !done) {
    push.session->advance();
    if (push.session->end() != Session::End::running) end_push_channel();
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
    if (launch_question()) return;
    if (context.options.push && launch_push()) return;
    if (!context.options.pull && !met) return launch_look();
    phase = Phase::pull;
  }
  if (done || now() < pull.due_ms) return;
  if (!context.options.pull) return finish();
  launch_pull();
}

void SyncEngine::Impl::launch_watch() {
  if (context.options.pull && !pull.session && now() >= pull.due_ms) launch_pull();
  if (done || push.session || now() < push.due_ms || !may_push()) return;
  if (left_log() || launch_question()) return;
  if (context.options.push && launch_push()) return;
  push.due_ms = now() + context.options.poll_queue_ms;
}

// watch: while nobody answers, one of the two directions is enough to find out when that changes.
// And what is pushed before the first snapshot could not be told from what the snapshot holds.
bool SyncEngine::Impl::may_push() const {
  if (!context.options.pull) return true;
  return cursor && (!pull.failing || (pull.session && pull.session->status() == 200));
}

// Another process may have made the replica leave the log that a watch follows. What is emitted
// then is not for that one.
bool SyncEngine::Impl::left_log() {
  const auto info = context.replica.info();
  if (!info || !cursor || info->cursor || info->epoch == cursor->epoch) return false;
  finish(make_error(
      Errc::config, "other_log",
      "this replica has left the log at " + context.place + " for that at " + info->place,
      "nothing was sent to the one that it left; begin again"));
  return true;
}

// Who knows no log yet is bound to what it finds. Who has nothing to push finds out whether it
// could be.
void SyncEngine::Impl::launch_look() {
  pushing = Pushing::look;
  push.session = std::make_unique<LogSession>(context);
}

// False where there is nothing to push. The cursor is read first: if another process puts in the
// snapshot of a new log after it, and events into the queue again, the proxy refuses the old
// cursor. The epoch is read once more, as the events may be of a replica that has left the log.
bool SyncEngine::Impl::launch_push() {
  if (blocked) {
    pushing = Pushing::probe;
    push.session = std::make_unique<ProbeSession>(context);
    return true;
  }
  const auto info = context.replica.info();
  auto events = info ? context.replica.to_push(once() ? pushed_upto : 0, push_events,
                                               context.options.push_bytes)
                     : Result<std::vector<PendingEvent>>(info.error());
  const auto then = context.replica.info();
  if (events && !then) events = then.error();
  if (!events) {
    fail(push, events.error(), events.error().code == "busy");
    return true;
  }
  if (events->empty()) return false;
  const bool out_of_order = events->front().out_of_order();
  events->erase(std::find_if(events->begin(), events->end(),
                             [&](const auto& one) { return one.out_of_order() != out_of_order; }),
                events->end());
  if (then->epoch != info->epoch) {
    push.due_ms = now();
  } else if (info->epoch.empty()) {
    launch_look();
  } else {
    pushing = Pushing::events;
    push.session = std::make_unique<PushSession>(context, *info, std::move(events).value());
  }
  return true;
}

// False where there is nothing to ask. It goes before a push, because what the log lacks of our own
// is to be pushed before what came after it.
bool SyncEngine::Impl::launch_question() {
  const auto info = context.replica.info();
  auto asked = info ? context.replica.doubtful(context.options.push_events)
                    : Result<std::vector<FormerEvent>>(info.error());
  if (!asked) {
    fail(push, asked.error(), asked.error().code == "busy");
    return true;
  }
  if (asked->empty() || !info->cursor) return false;
  pushing = Pushing::question;
  push.session = std::make_unique<MissingSession>(context, *info->cursor, std::move(asked).value());
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
  } else if (once() || std::exchange(page_next, false)) {
    pulling = Pulling::page;
    pull.session = std::make_unique<PageSession>(context, *cursor, page_events);
  } else {
    if (pull.failing) ++context.report.reconnects;
    pulling = Pulling::stream;
    context.report.stream_begun = true;
    streamed_before = context.report.streamed;
    pull.session = std::make_unique<StreamSession>(context, *cursor);
  }
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
