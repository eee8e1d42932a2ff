// What follows the end of a session of the SyncEngine.
#include <algorithm>
#include <string>
#include <utility>

#include "sync/engine_impl.h"
#include "sync/missing_session.h"
#include "sync/push_session.h"
#include "sync/stream_session.h"

namespace offsync {
namespace {

Error wants_pull(std::string detail) {
  return make_error(Errc::partial, "epoch_changed", std::move(detail),
                    "sync with a pull, so that the replica can follow the log");
}

}  // namespace

void SyncEngine::Impl::end_push_channel() {
  switch (pushing) {
    case Pushing::look:
      return end_look();
    case Pushing::question:
      return end_question();
    case Pushing::probe:
      return end_probe();
    default:
      return end_push();
  }
}

void SyncEngine::Impl::end_look() {
  const std::unique_ptr<Session> session = std::move(push.session);
  push.due_ms = now();
  const bool lost = static_cast<const LogSession&>(*session).lost();
  if (session->end() == Session::End::done && lost && !context.options.pull) {
    fail(push,
         wants_pull(
             "the proxy's log is not the one that was received, or no longer goes back to it"),
         false);
  } else if (session->end() == Session::End::done) {
    push.succeeded();
    met = true;
  } else {
    fail(push, session->error(), session->worth_retrying(), session.get());
  }
}

void SyncEngine::Impl::end_push() {
  const std::unique_ptr<Session> ended = std::move(push.session);
  const auto& session = static_cast<const PushSession&>(*ended);
  push.due_ms = now();
  if (session.end() == Session::End::done) {
    push.succeeded();
    met = true;
    retries = cut_pushes = 0;
    pushed_upto = session.again() ? 0 : session.last_n();
  } else if (session.status() == 413 && session.size() > 1) {
    push_events = session.size() / 2;  // something in between has a limit of its own
  } else if (session.refused_on_the_way()) {
    blocked = Blocked{session.error(), session.status(), session.size(), session.first()};
  } else if (shorten(session)) {
    if (!once()) fail(push, session.error(), true, &session);
  } else if (session.end() == Session::End::failed) {
    Error error = session.error();
    if (session.status() == 413) error.detail += " (event " + session.first().id + ")";
    fail(push, error, session.worth_retrying(), &session);
  } else {
    lost_log(session);
  }
}

void SyncEngine::Impl::end_question() {
  const std::unique_ptr<Session> ended = std::move(push.session);
  auto& session = static_cast<MissingSession&>(*ended);
  push.due_ms = now();
  // A proxy of a former version does not know the question.
  const bool unknown =
      session.end() == Session::End::failed && session.error().code == "no_such_route";
  if (unknown) {
    const Status taken = session.take_all_as_missing();
    if (!taken) return fail(push, taken.error(), taken.error().code == "busy");
  }
  if (++questions > kQuestions) {
    // It accepts events, and says afterwards that it lacks them.
    return fail(push,
                make_error(Errc::protocol, "bad_answer",
                           "the proxy lacks again and again what it said that it has"),
                false);
  }
  if (unknown || session.end() == Session::End::done) {
    push.succeeded();
    retries = 0;
    pushed_upto = 0;  // what is queued again bears the numbers that it had
  } else if (session.end() == Session::End::failed) {
    fail(push, session.error(), session.worth_retrying(), &session);
  } else {
    lost_log(session);
  }
}

// An answer to a push, or to a question, came from a log that we do not know, or not up to where we
// are: it began anew, was put back, or was compacted. The session says which.
void SyncEngine::Impl::lost_log(const Session& session) {
  if (!context.options.pull) {
    fail(push, wants_pull(session.error().detail + "; what is queued stays queued"), false);
  } else if (once()) {
    // The events stay queued; when the pull has found out what there is now, they are pushed again.
    push_again = true;
    phase = Phase::pull;
  } else {
    // What is not under way already has its time to begin again.
    if (pull.session) pull.due_ms = now();
    pull.session.reset();
    push.due_ms = now() + push.backoff.next(random);
  }
}

void SyncEngine::Impl::end_pull() {
  const std::unique_ptr<Session> ended = std::move(pull.session);
  const Session& session = *ended;
  pull.due_ms = now();
  if (pulling == Pulling::stream) lost_stream(static_cast<const StreamSession&>(session));
  switch (session.end()) {
    case Session::End::stale:
      // The next stream would leave out the same.
      if (page_next) return fail(pull, session.error(), true, &session);
      return lost_place(session);
    case Session::End::expired:
      return lost_place(session);
    case Session::End::failed:
      if (pulling == Pulling::page && shorten(static_cast<const PageSession&>(session))) return;
      return fail(pull, session.error(), session.worth_retrying(), &session);
    default:
      break;
  }
  if (phase == Phase::place) {
    phase = Phase::push;
    if (pulling == Pulling::page) return;  // another process has got a cursor before
  }
  if (pulling == Pulling::page) return end_page(session);
  if (const auto info = context.replica.info(); info && info->cursor) {
    farthest = std::max(farthest, info->cursor->sequence);
  }
  cursor.reset();  // the observer knows of this snapshot
  expired.reset();
  reset_seen = true;
  retries = questions = 0;
}

// The log to follow is not where it was. That is no failure, unless it happens over and over.
void SyncEngine::Impl::lost_place(const Session& session) {
  if (session.end() == Session::End::expired) expired = cursor;
  if (++surprises <= kSurprises) return;
  once() ? finish(session.error()) : fail(pull, anew, session.error(), nullptr);
}

void SyncEngine::Impl::note_progress(std::uint64_t reached, bool held) {
  if (reached <= farthest && !held) return;
  farthest = std::max(farthest, reached);
  surprises = 0;
  anew.reset();
}

// As nothing counts of an answer that was cut, over a connection that never lasts for one the next
// is as long as this one lasted. Not for ever: who syncs wants to know.
bool SyncEngine::Impl::shorten(const PageSession& session) {
  if (!session.cut() || session.error().kind != Errc::unreachable) return false;
  if (session.whole_events() == 0 || ++cut_pages > limits::kOnceRetries) return false;
  page_events = std::max<std::size_t>(1, std::min(session.whole_events(), page_events / 2));
  return true;
}

bool SyncEngine::Impl::shorten(const PushSession& session) {
  if (!session.cut() || session.error().kind != Errc::unreachable) return false;
  if (session.whole_lines() == 0 || ++cut_pushes > limits::kOnceRetries) return false;
  push_events = std::max<std::size_t>(1, std::min(session.whole_lines(), push_events / 2));
  return true;
}

void SyncEngine::Impl::lost_stream(const StreamSession& session) {
  note_progress(session.reached(), session.held());
  const std::string& code = session.error().code;
  const bool useful = session.of_use();
  context.report.stream_error = useful ? std::nullopt : std::optional(session.error());
  if (!useful) context.report.streamed = streamed_before;
  // Who cannot be reached cannot be asked for a page, either.
  const bool reached = session.status() != 0 || code == "timeout" || code == "cut";
  const bool gap = session.end() == Session::End::stale && code == "gap";
  page_next = !useful && reached && (gap || session.end() == Session::End::failed);
  broken = page_next && code != "timeout";
  noted_head = UINT64_MAX;  // the hello's is noted now, whatever that was
  if (session.end() != Session::End::failed || !session.proved()) return;
  pull.succeeded();
  pull.backoff = new_backoff(session.retry_ms().value_or(0));
}

void SyncEngine::Impl::end_page(const Session& session) {
  const std::optional<Cursor> before = cursor;
  const std::uint64_t head = *session.log_head();
  Status status = look_at_replica();
  if (status.ok()) status = note_head(head);
  if (!status) return fail(pull, status.error(), false);
  // The stream is still what is hoped for, and asked for more and more rarely.
  broken ? void(pull.failing = false) : pull.succeeded();
  if (cursor) note_progress(cursor->sequence);
  retries = cut_pages = 0;
  if (!once()) {
    context.report.fetched = true;
    page_next = cursor && cursor->sequence < head;
    return;
  }
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
  if (push_error || (!push_again && !reset_seen && !context.queued_again)) return finish();
  const auto left = is_left();
  if (!left) return finish(left.error());
  if (!*left) return finish();
  if (++rounds >= kRounds) {
    return finish(make_error(Errc::partial, "epoch_changed",
                             "the proxy's log began anew again and again during the sync",
                             "what is queued stays queued; sync again later"));
  }
  phase = Phase::push;
  push_again = reset_seen = context.queued_again = false;
  pushed_upto = 0;
  target.reset();
}

// Something to ask, or to push.
Result<bool> SyncEngine::Impl::is_left() const {
  OFFSYNC_ASSIGN(const auto doubtful, context.replica.doubtful(1));
  if (!doubtful.empty()) return true;
  if (!context.options.push) return false;
  OFFSYNC_ASSIGN(const auto queued, context.replica.to_push(0, 1, context.options.push_bytes));
  return !queued.empty();
}

Status SyncEngine::Impl::note_head(std::uint64_t head) {
  if (head == noted_head) return {};
  OFFSYNC_TRY(context.replica.note_head(head));
  noted_head = head;
  return {};
}

// once: only where the proxy itself asks for a little patience, and for no longer than an answer is
// waited for.
bool SyncEngine::Impl::may_retry_once(const Session* session) const {
  if (session == nullptr || (session->status() != 429 && session->status() != 503)) return false;
  const auto wait = session->retry_after_ms();
  if (!wait || *wait > limits::kOnceRetryAfterMs) return false;
  const std::int64_t since = retries == 0 ? now() : refused_since_ms;
  return now() + *wait - since <= context.options.request_timeout_ms;
}

void SyncEngine::Impl::fail(Channel& channel, const Error& error, bool worth_retrying,
                            const Session* session) {
  if (once() ? !may_retry_once(session) : !worth_retrying) {
    return &channel == &push && pulls_after(error, session) ? void() : finish(error);
  }
  fail(channel, channel.backoff, error, session);
}

void SyncEngine::Impl::fail(Channel& channel, Backoff& backoff, const Error& error,
                            const Session* session) {
  if (retries++ == 0) refused_since_ms = now();
  const std::int64_t at_least = session == nullptr ? 0 : session->retry_after_ms().value_or(0);
  const std::int64_t wait = backoff.next(random, at_least);
  channel.due_ms = now() + wait;
  channel.failing = true;
  if (!once()) context.report.error = error;
  context.observer.on_trouble(error, wait);
}

void SyncEngine::Impl::finish(std::optional<Error> error) {
  done = true;
  push.session.reset();
  pull.session.reset();
  context.report.error = push_error ? push_error : std::move(error);
}

}  // namespace offsync
