#include "cli/log_tail.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace offsync::cli {
namespace {

constexpr std::size_t kRows = 500;  // shown between two looks at the connection

}  // namespace

LogTail::LogTail(Replica& replica, Clock& clock, Random& random, TailStart start, RemoteFn remote,
                 EventFn event, NoticeFn notice, Backoff backoff)
    : replica_(replica),
      clock_(clock),
      random_(random),
      start_(std::move(start)),
      connect_(std::move(remote)),
      event_(std::move(event)),
      notice_(std::move(notice)),
      backoff_(backoff) {}

std::optional<Cursor> LogTail::position() const {
  if (!placed_) return {};
  return Cursor{epoch_, sequence_};
}

Status LogTail::begin() {
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica_.info());
  had_ = info.cursor;
  if (info.cursor) note(info);
  if (start_.from == TailStart::From::stored && info.cursor) {
    epoch_ = info.cursor->epoch;
    sequence_ = info.cursor->sequence;
    placed_ = true;
  }
  return {};
}

Result<bool> LogTail::pump() {
  if (!wants_more_) return false;
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica_.info());
  if (!placed_) {
    OFFSYNC_ASSIGN(placed_, find_place(info));
    if (!placed_) return false;
    if (info.cursor) note(info);
  }
  if (!info.cursor) return false;
  if (replaced(info)) OFFSYNC_TRY(follow_new_log(info));
  if (!ahead_.empty()) return show_ahead();
  if (sequence_ < info.log_after) return pump_pages(info.log_after);
  return pump_replica();
}

Result<bool> LogTail::find_place(const ReplicaInfo& info) {
  // "now" is asked for first of all, before the replica itself gets anywhere.
  if (start_.from == TailStart::From::now) return place_now(info);
  if (!info.cursor) return false;
  switch (start_.from) {
    case TailStart::From::after:
      return place_after(info);
    case TailStart::From::beginning:
    case TailStart::From::now:
      sequence_ = 0;
      break;
    case TailStart::From::stored:  // the replica was empty: all that it now begins with is old
      sequence_ = info.log_after;
      break;
  }
  epoch_ = info.cursor->epoch;
  return true;
}

Result<bool> LogTail::place_now(const ReplicaInfo& info) {
  // Where the replica is still at no log, or an older one, it will soon be at this one.
  const auto there = [&] { return info.cursor && info.cursor->epoch == epoch_; };
  const bool asked = !epoch_.empty();
  if (asked && (there() || !info.cursor)) return there();
  if (too_early()) return false;
  OFFSYNC_ASSIGN(Remote * remote, this->remote());
  const auto space = remote->info();
  if (!space && !asked && had_ && space.error().kind == Errc::unreachable) {
    // Fixed here and now: what comes before the proxy is back is new, and is not passed over.
    epoch_ = had_->epoch;
    sequence_ = had_->sequence;
    return true;
  }
  if (!space) return later(space.error());
  next_try_ms_ = clock_.steady_ms() + limits::kBackoffBaseMs;
  if (space->epoch != epoch_) {
    epoch_ = space->epoch;
    sequence_ = space->head;
  }
  return there();
}

Result<bool> LogTail::place_after(const ReplicaInfo& info) {
  const Cursor& cursor = start_.cursor;
  if (cursor.epoch.empty() || cursor.epoch == info.cursor->epoch) {
    epoch_ = info.cursor->epoch;
    sequence_ = cursor.sequence;
    return true;
  }
  if (too_early()) return false;
  OFFSYNC_ASSIGN(Remote * remote, this->remote());
  const auto space = remote->info();
  if (!space) return later(space.error());
  next_try_ms_ = clock_.steady_ms() + limits::kBackoffBaseMs;
  if (space->epoch == cursor.epoch) return false;
  return make_error(Errc::protocol, "cursor_expired",
                    fmt::format("the cursor {} is of another log than the proxy's, which is {}",
                                cursor.text(), space->epoch),
                    "begin again with --from beginning or --from now");
}

// A log may be replaced in its epoch, too: who notices fetches the state anew. So does who is
// behind what a log still keeps; who may pass nothing over takes one for the other.
void LogTail::note(const ReplicaInfo& info) {
  log_after_ = info.log_after;
  replica_at_ = info.cursor->sequence;
}

// A log may be replaced in its epoch, too: who notices fetches the state anew. So does who is
// behind what a log still keeps; who may pass nothing over takes one for the other.
bool LogTail::replaced(const ReplicaInfo& info) {
  const bool fetched = log_after_ && *log_after_ != info.log_after;
  const bool went_back = info.cursor->sequence < replica_at_;
  note(info);
  return info.cursor->epoch != epoch_ || went_back || (fetched && pass_nothing_);
}

Status LogTail::follow_new_log(const ReplicaInfo& info) {
  std::string what = "the proxy's log was replaced";
  if (epoch_ != info.cursor->epoch) {
    what += fmt::format(" ({} became {})", epoch_, info.cursor->epoch);
  }
  if (pass_nothing_ && !new_log_from_) {
    return make_error(Errc::protocol, "cursor_expired",
                      fmt::format("{}, and event {} was the last one handled", what, sequence_),
                      "say where to begin in the new one, with --from");
  }
  epoch_ = info.cursor->epoch;
  sequence_ = new_log_from_ == TailStart::From::beginning ? 0 : info.log_after;
  ahead_.clear();
  notice_(fmt::format("{}; going on behind event {}", what, sequence_));
  return {};
}

// Rows are collected first, so that no read transaction is open while a reader or a command of
// --exec takes its time.
Result<bool> LogTail::pump_replica() {
  std::vector<std::string> rows;
  OFFSYNC_TRY(replica_.for_each_log({sequence_, UINT64_MAX}, [&](std::uint64_t, auto line) {
    rows.emplace_back(line);
    return rows.size() < kRows;
  }));
  if (rows.empty()) return false;
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica_.info());
  const bool other = !info.cursor || info.cursor->epoch != epoch_ || log_after_ != info.log_after;
  if (other) return true;  // by another process, in between: look again
  return show(std::move(rows));
}

Result<bool> LogTail::pump_pages(std::uint64_t upto) {
  if (too_early()) return false;
  OFFSYNC_ASSIGN(Remote * remote, this->remote());
  auto page = remote->events(Cursor{epoch_, sequence_}, kRows);
  if (!page && page.error().code == "cursor_expired") return skip_forgotten();
  if (!page) return later(page.error());
  backoff_.reset();
  if (page->lines.empty()) {
    return make_error(Errc::protocol, "gap",
                      fmt::format("the proxy has no event behind {} of {}", sequence_, upto),
                      "this is a fault of the proxy");
  }
  return show(std::move(page->lines));
}

// What we would go on from is below what the proxy keeps.
Result<bool> LogTail::skip_forgotten() {
  OFFSYNC_ASSIGN(Remote * remote, this->remote());
  const auto space = remote->info();
  if (!space) return later(space.error());
  if (space->epoch != epoch_ || space->oldest <= sequence_ + 1) {
    next_try_ms_ = clock_.steady_ms() + limits::kBackoffBaseMs;
    return false;  // the sync engine meets the same, and takes the new log
  }
  notice_(fmt::format("the proxy no longer has the events {} to {}; going on behind them",
                      sequence_ + 1, space->oldest - 1));
  sequence_ = space->oldest - 1;
  return true;
}

Result<bool> LogTail::show(std::vector<std::string> lines) {
  ahead_.assign(std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
  return show_ahead();
}

Result<bool> LogTail::show_ahead() {
  while (!ahead_.empty()) {
    const std::string line = std::move(ahead_.front());
    ahead_.pop_front();
    OFFSYNC_ASSIGN(const EventView* event, decoder_.decode(line));
    if (event->sequence != sequence_ + 1) {
      return make_error(Errc::protocol, "gap",
                        fmt::format("after event {} came event {}", sequence_, event->sequence),
                        "this is a fault of the proxy");
    }
    ++sequence_;
    const Next next = event_(line, *event);
    wants_more_ = next != Next::end;
    if (!wants_more_) return false;
    if (next == Next::pause) return true;
  }
  return true;
}

Result<Remote*> LogTail::remote() {
  if (!remote_) {
    OFFSYNC_ASSIGN(remote_, connect_());
  }
  return &*remote_;
}

Result<bool> LogTail::later(const Error& error) {
  if (error.kind != Errc::unreachable) return error;
  next_try_ms_ = clock_.steady_ms() + backoff_.next(random_);
  return false;
}

}  // namespace offsync::cli
