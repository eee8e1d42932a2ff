#include "sync/pull_session.h"

#include <algorithm>

#include "wire/answer_limits.h"
#include "wire/problem.h"

namespace offsync {

PageSession::PageSession(SyncContext& context, const Cursor& after, std::size_t events)
    : Session(context, "the pull after " + after.text(), context.options.request_timeout_ms,
              LogPage::max_bytes(events)),
      after_(after),
      accepted_(context.accepted_upto()),
      page_(after, events) {
  HttpRequest request;
  request.target =
      context.base + "/events?after=" + after.text() + "&limit=" + std::to_string(events);
  request.headers = {{"Accept", "application/x-ndjson"}};
  context.add_line_mark(request, after);
  begin(std::move(request));
}

Error PageSession::unusable(const Error& why) const {
  return protocol_error(why.code, why.detail);
}

// Nothing of a page counts before it is whole: what is wrong may show at its very end.
Status PageSession::consume(bool /*last*/) {
  if (epoch_ != after_.epoch) {
    end_began_anew(epoch_);
    return {};
  }
  const Status taken = page_.take(body_);
  body_.clear();
  return taken ? Status() : Status(unusable(taken.error()));
}

Status PageSession::finish() {
  OFFSYNC_ASSIGN(const ReplicaInfo info, context_.replica.info());
  if (!info.cursor || info.cursor->epoch != epoch_) {
    return make_error(Errc::partial, "epoch_changed", "the log began anew during the pull",
                      "sync again");
  }
  const auto lines = page_.finish_unread({epoch_, answered_cursor_, log_head()});
  if (!lines && lines.error().code == kCursorExpired) {
    end_expired(unusable(lines.error()));
    return {};
  }
  if (!lines) return unusable(lines.error());
  if (!lines->empty()) {
    OFFSYNC_TRY(context_.apply(epoch_, *lines, after_.sequence + lines->size()));
  }
  return context_.note_end(epoch_, *log_head(), accepted_);
}

SnapshotSession::SnapshotSession(SyncContext& context)
    : Session(context, "the snapshot", context.options.request_timeout_ms, limits::kSnapshotBytes) {
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

Status SnapshotSession::check(std::string_view lines) {
  if (!header_) {
    OFFSYNC_ASSIGN(header_, parse_snapshot_header(lines.substr(0, lines.find('\n'))));
    if (header_->cursor.epoch != epoch_) {
      return protocol_error("bad_snapshot", "it is of another log than the answer");
    }
    if (log_head() && header_->cursor.sequence > *log_head()) {
      return protocol_error("bad_snapshot", "it stands at " + header_->cursor.text() +
                                                ", beyond the head of its log, " +
                                                std::to_string(*log_head()));
    }
  }
  lines_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
  if (lines_ <= 1 + header_->entities + header_->conflicts) return {};
  return protocol_error("bad_snapshot", "there is more than it announced");
}

Status SnapshotSession::stage(std::size_t bytes) {
  OFFSYNC_TRY(check(std::string_view(body_).substr(0, bytes)));
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
