#include "replica/pull_session.h"

namespace offsync {

PageSession::PageSession(SyncContext& context, const Cursor& after)
    : Session(context, "the pull after " + after.text(), context.options.request_timeout_ms),
      after_(after) {
  HttpRequest request;
  request.target = context.base + "/events?after=" + after.text() +
                   "&limit=" + std::to_string(context.options.page_events);
  request.headers = {{"Accept", "application/x-ndjson"}};
  context.add_line_mark(request, after);
  begin(std::move(request));
}

// Whole lines are kept even where the page is cut further on, so that a pull over a connection that
// never lasts for a page gets forward all the same.
Status PageSession::consume(bool last) {
  if (epoch_ != after_.epoch) {
    end_expired(protocol_error("cursor_expired", "the log began anew as " + epoch_));
    return {};
  }
  if (!last && body_.size() < limits::kPieceBytes) return {};
  const std::vector<std::string> lines = take_lines(last && complete());
  if (body_.size() > limits::kLineBytes) {
    return protocol_error("too_large", "a line of the log is longer than an event can be");
  }
  if (lines.empty()) return {};
  return context_.apply(epoch_, lines);
}

// A page that ends before the place that it claims to reach would be a hole in the log, for ever.
Status PageSession::finish() {
  OFFSYNC_ASSIGN(const ReplicaInfo info, context_.replica.info());
  if (!info.cursor || info.cursor->epoch != epoch_) {
    return make_error(Errc::partial, "epoch_changed", "the log began anew during the pull",
                      "sync again");
  }
  if (!log_head() || !answered_cursor_) {
    return protocol_error("bad_answer", "the page does not say where it ends");
  }
  if (*log_head() < after_.sequence) {  // as after a restored backup: what we know is gone there
    end_expired(protocol_error("cursor_expired", "the log ends before it"));
    return {};
  }
  if (answered_cursor_->epoch != epoch_ || info.cursor->sequence < answered_cursor_->sequence) {
    return protocol_error("bad_answer", "the page reaches to " + info.cursor->text() +
                                            " and not to " + answered_cursor_->text() +
                                            " as it says");
  }
  return {};
}

SnapshotSession::SnapshotSession(SyncContext& context)
    : Session(context, "the snapshot", context.options.request_timeout_ms) {
  HttpRequest request;
  request.target = context.base + "/state";
  request.headers = {{"Accept", "application/x-ndjson"}};
  begin(std::move(request));
}

Status SnapshotSession::consume(bool last) {
  // A part of a snapshot is of no use: it is not worth the work unless all of it came.
  if (last || body_.size() < limits::kPieceBytes) return {};
  const std::size_t end = std::string_view(body_).substr(searched_).rfind('\n');
  if (end == std::string_view::npos) {
    searched_ = body_.size();
    if (searched_ <= limits::kSnapshotLineBytes) return {};
    return protocol_error("too_large", "a line of it is longer than " +
                                           std::to_string(limits::kSnapshotLineBytes) + " bytes");
  }
  return stage(searched_ + end + 1);
}

Status SnapshotSession::stage(std::size_t bytes) {
  if (!begun_) OFFSYNC_TRY(context_.replica.begin_snapshot());
  begun_ = true;
  OFFSYNC_TRY(context_.replica.stage_snapshot(std::string_view(body_).substr(0, bytes)));
  body_.erase(0, bytes);
  searched_ = 0;
  return {};
}

Status SnapshotSession::finish() {
  if (!body_.empty() && body_.back() != '\n') body_.push_back('\n');
  OFFSYNC_TRY(stage(body_.size()));
  OFFSYNC_ASSIGN(const ReplicaInfo before, context_.replica.info());
  OFFSYNC_ASSIGN(const Cursor cursor, context_.replica.install_snapshot(there_));
  const bool came_to_an_empty_log = !before.cursor && cursor.sequence == 0;
  if (!came_to_an_empty_log) ++context_.report.snapshots;
  const bool replaced = before.cursor && (before.cursor->epoch != cursor.epoch ||
                                          cursor.sequence < before.cursor->sequence);
  if (replaced) ++context_.report.replaced;
  context_.observer.on_reset(cursor);
  context_.observer.on_progress(context_.report);
  return {};
}

}  // namespace offsync
