#include "sync/stream_session.h"

#include <algorithm>

#include "wire/answer_limits.h"
#include "wire/media_type.h"
#include "wire/outcome.h"
#include "wire/problem.h"

namespace offsync {

StreamSession::StreamSession(SyncContext& context, const Cursor& after)
    : Session(context, "the stream after " + after.text(), context.options.stream_dead_ms,
              SIZE_MAX),
      upto_(after),
      coming_(after),
      accepted_(context.accepted_upto()),
      begun_ms_(context.clock.steady_ms()),
      progress_ms_(begun_ms_) {
  HttpRequest request;
  request.target = context.base + "/events?after=" + after.text();
  // With the second the proxy says why there is no stream for us; an EventSource is not told.
  request.headers = {{"Accept", "text/event-stream, application/problem+json"},
                     {"Cache-Control", "no-cache"},
                     {"Last-Event-ID", after.text()}};
  context.add_line_mark(request, after);
  begin(std::move(request));
}

bool StreamSession::held() const {
  return context_.clock.steady_ms() - begun_ms_ >= limits::kHeartbeatMs;
}

bool StreamSession::of_use() const {
  if (applied_any_) return true;
  const bool cut = end() == End::running || error().kind == Errc::unreachable;
  return caught_up() && (cut || held());
}

// Behind the head that the stream named, only what brings us nearer to it is a sign of life.
std::int64_t StreamSession::own_deadline() const {
  if (head_at_hello_ && coming_.sequence >= *head_at_hello_) return INT64_MAX;
  return progress_ms_ + credited_ms() + idle_ms();
}

std::string StreamSession::of_silence() const {
  if (greeted()) return {};
  return "; where other requests pass, something in between holds the stream back "
         "(offsync-proxy(8) "
         "says what nginx needs)";
}

void StreamSession::note_progress() {
  progress_ms_ = context_.clock.steady_ms() - credited_ms();
  idle_bytes_ = 0;
}

Status StreamSession::consume(bool /*last*/) {
  if (!is_media_type(content_type(), "text/event-stream")) {
    return protocol_error("bad_answer", "the answer is no event stream");
  }
  if (epoch_ != upto_.epoch) {
    end_began_anew(epoch_);
    return {};
  }
  std::vector<SseMessage> messages;
  idle_bytes_ += body_.size();
  Status fed = parser_.feed(body_, messages);
  body_.clear();
  for (const SseMessage& message : messages) {
    OFFSYNC_TRY(take(message));
    if (end() != End::running) return {};
    if (lines_.size() >= context_.options.page_events) OFFSYNC_TRY(apply());
  }
  OFFSYNC_TRY(apply());
  OFFSYNC_TRY(note_in_sync());
  if (fed && idle_bytes_ > limits::kSseIdleBytes) {
    return protocol_error("stream_limit",
                          std::to_string(idle_bytes_) + " bytes came without an event among them");
  }
  return fed;
}

Status StreamSession::take(const SseMessage& message) {
  if (message.event == "message") {
    if (!head_at_hello_) return protocol_error("bad_answer", "an event came before the hello");
    const auto cursor = Cursor::parse(message.id);
    if (!cursor || cursor->epoch != epoch_) {
      return protocol_error("bad_answer", "an event bears no cursor of this log");
    }
    if (cursor->sequence <= coming_.sequence) {
      return protocol_error("bad_answer",
                            "an event behind " + coming_.text() + " is at " + cursor->text());
    }
    coming_ = *cursor;
    lines_.push_back(message.data);
    note_progress();
  } else if (message.event == "hello") {
    return greet(message);
  } else if (message.event == "reset") {
    OFFSYNC_TRY(apply());
    const Problem problem = parse_problem(410, "application/problem+json", message.data);
    end_expired(protocol_error(problem.code, problem.detail));
  }
  return {};  // other types are for other readers, or yet to come
}

Status StreamSession::greet(const SseMessage& message) {
  OFFSYNC_ASSIGN(const Hello hello, parse_hello(message.data));
  if (hello.epoch != epoch_ || hello.head < upto_.sequence) {
    end_began_anew(hello.epoch);
    return {};
  }
  head_at_hello_ = hello.head;
  context_.report.fetched = true;
  context_.report.streamed = context_.report.streamed || caught_up();
  note_progress();
  note_time();
  OFFSYNC_TRY(context_.replica.note_head(hello.head));
  OFFSYNC_TRY(context_.note_end(epoch_, hello.head, accepted_));
  context_.observer.on_connected();
  return {};
}

Status StreamSession::apply() {
  if (lines_.empty()) return {};
  const std::vector<std::string> lines = std::move(lines_);
  lines_.clear();
  OFFSYNC_TRY(context_.apply(epoch_, lines, coming_.sequence));
  upto_ = coming_;
  context_.report.streamed = applied_any_ = true;
  return {};
}

// A write, so not for every event: when the stream has caught up, and now and then.
Status StreamSession::note_in_sync() {
  if (!caught_up()) return {};
  const std::int64_t now = context_.clock.steady_ms();
  if (noted_ms_ >= 0 && now - noted_ms_ < limits::kSyncedNoteMs) return {};
  noted_ms_ = now;
  return context_.replica.note_synced();
}

Status StreamSession::finish() {
  fail(greeted() ? make_error(Errc::unreachable, "stream_ended", "the proxy ended the stream",
                              "it is opened again by itself")
                 : make_error(Errc::unreachable, "stream_ended",
                              "the stream ended before its first message",
                              "the proxy may have no room for it, or something in between may not "
                              "let it through; see offsync-proxy(8)"),
       true);
  return {};
}

}  // namespace offsync
