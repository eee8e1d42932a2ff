#include "cli/remote/log_tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/rfc3339.h"
#include "wire/line_mark.h"
#include "wire/problem.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kRows = 500;  // shown between two looks at the connection
constexpr std::size_t kRecalled = 1000;
// How far two readings of the proxy's clock, over a slow line, may be apart.
constexpr std::int64_t kSlackMs = 1000;

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
  if (!placed_ || fetched_) return {};
  return Cursor{epoch_, sequence_};
}

Status LogTail::begin() {
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica_.info());
  had_ = info.cursor;
  begun_ms_ = clock_.steady_ms();
  if (info.cursor) note(info);
  if (start_.from == TailStart::From::stored && info.cursor) {
    epoch_ = info.cursor->epoch;
    sequence_ = info.cursor->sequence;
    placed_ = true;
    return recall();
  }
  return {};
}

// Of what was shown before, or is taken as such, what the replica has.
Status LogTail::recall() {
  const std::uint64_t from = sequence_ - std::min<std::uint64_t>(sequence_, kRecalled);
  std::vector<std::string> lines;
  OFFSYNC_TRY(replica_.for_each_log({from, sequence_}, [&](std::uint64_t, auto line) {
    lines.emplace_back(line);
    return true;
  }));
  for (const std::string& line : lines) {
    OFFSYNC_ASSIGN(const EventView* event, decoder_.decode(line));
    shown_.add(line, *event);
  }
  if (shown_.last() != sequence_) shown_.clear();
  if (!shown_.empty()) last_line_ = lines.back();
  return {};
}

Result<bool> LogTail::pump() {
  if (!wants_more_) return false;
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica_.info());
  if (!placed_) {
    OFFSYNC_ASSIGN(placed_, find_place(info));
    if (!placed_) return false;
    if (info.cursor) note(info);
    OFFSYNC_TRY(recall());
  }
  if (!info.cursor) return false;
  if (replaced(info)) OFFSYNC_TRY(follow_new_log(info));
  if (fetched_) return follow_unless_compacted(info);
  if (doubt_) return find_fork(info);
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
  if (!space) {
    away_ = away_ || !asked;
    return later(space.error());
  }
  if (space->epoch != epoch_) {
    const auto head =
        asked || !away_ ? Result<std::uint64_t>(space->head) : head_at_begin(*remote, *space);
    if (!head && head.error().code != kCursorExpired) return later(head.error());
    if (!head) {  // it forgets what it has, or began anew
      wait_a_little();
      return false;
    }
    epoch_ = space->epoch;
    sequence_ = *head;
  }
  if (!there()) wait_a_little();
  return there();
}

// Nobody could say then what the log had, but each event says when the proxy took it.
Result<std::uint64_t> LogTail::head_at_begin(Remote& remote, const SpaceInfo& space) {
  const auto offset = remote.clock_offset_ms();
  if (!offset) return space.head;
  const std::int64_t begun =
      clock_.wall_ms() + *offset - (clock_.steady_ms() - begun_ms_) - kSlackMs;
  std::uint64_t before = space.oldest - 1;
  for (std::uint64_t head = space.head; before < head;) {
    const std::uint64_t middle = head - (head - before) / 2;
    OFFSYNC_ASSIGN(const Remote::Page page, remote.events(Cursor{space.epoch, middle - 1}, 1));
    if (page.lines.empty()) return make_error(Errc::protocol, kCursorExpired, "it was put back");
    OFFSYNC_ASSIGN(const EventView* event, decoder_.decode(page.lines.front()));
    const auto taken = parse_rfc3339(event->recordedtime);
    const bool old = taken && *taken <= begun;
    old ? before = middle : head = middle - 1;
  }
  return before;
}

Result<bool> LogTail::place_after(const ReplicaInfo& info) {
  const Cursor& cursor = start_.cursor;
  if (cursor.epoch == kDoubtfulEpoch) {
    epoch_ = info.cursor->epoch;
    sequence_ = cursor.sequence;
    fetched_ = true;
    return true;
  }
  if (cursor.epoch.empty() || cursor.epoch == info.cursor->epoch) {
    epoch_ = info.cursor->epoch;
    sequence_ = cursor.sequence;
    return true;
  }
  if (too_early()) return false;
  OFFSYNC_ASSIGN(Remote * remote, this->remote());
  const auto space = remote->info();
  if (!space) return later(space.error());
  wait_a_little();
  if (space->epoch == cursor.epoch) return false;
  return make_error(Errc::bad_data, kCursorExpired,
                    fmt::format("the cursor {} is of another log than the proxy's, which is {}",
                                cursor.text(), space->epoch),
                    "begin again with --from beginning or --from now");
}

void LogTail::note(const ReplicaInfo& info) {
  log_after_ = info.log_after;
  replica_at_ = info.cursor->sequence;
}

// A log may be replaced in its epoch, too: who notices fetches the state anew. So does who is
// behind what a log still keeps. Who may pass nothing over takes one for the other; who knows what
// he has shown looks whether that is still there.
bool LogTail::replaced(const ReplicaInfo& info) {
  const bool fetched = log_after_ && *log_after_ != info.log_after;
  const bool went_back = info.cursor->sequence < replica_at_;
  note(info);
  if (info.cursor->epoch != epoch_) return true;
  if (pass_nothing_) fetched_ = fetched_ || fetched;
  if (pass_nothing_ || shown_.empty()) return went_back;
  doubt_ = doubt_ || fetched || went_back;
  return false;
}

// What a log has forgotten is gone, whichever it is; all that it still has comes.
Result<bool> LogTail::follow_unless_compacted(const ReplicaInfo& info) {
  if (too_early()) return false;
  OFFSYNC_ASSIGN(Remote * remote, this->remote());
  const auto space = remote->info();
  if (!space) return later(space.error());
  backoff_.reset();
  fetched_ = false;
  if (space->epoch == epoch_ && space->oldest > sequence_ + 1) {
    skip_to(space->oldest);
  } else {
    OFFSYNC_TRY(follow_new_log(info));
  }
  return true;
}

// The last event that was shown and that the log has as it was, sought from the end: mostly the
// last one of all is there, or few are not.
Result<bool> LogTail::find_fork(const ReplicaInfo& info) {
  if (too_early()) return false;
  ahead_.clear();
  OFFSYNC_ASSIGN(Remote * remote, this->remote());
  std::uint64_t bottom = shown_.first();
  std::size_t rows = 1;
  for (std::uint64_t upto = sequence_; upto > bottom;) {
    const std::uint64_t after = upto - std::min<std::uint64_t>(rows, upto - bottom);
    const auto page = remote->events(Cursor{epoch_, after}, upto - after);
    if (!page && page.error().code == kCursorExpired) {
      const auto space = remote->info();
      if (!space) return later(space.error());
      if (space->epoch == epoch_ && space->oldest > after + 1) {
        bottom = space->oldest - 1;
        if (bottom >= sequence_) return cannot_tell(info);
      } else if (space->epoch == epoch_ && space->head < after) {
        upto = std::max(space->head, bottom);
      } else {
        wait_a_little();
        return false;
      }
      continue;
    }
    if (!page) return later(page.error());
    for (std::size_t i = page->lines.size(); i-- > 0;) {
      if (shown_.was(after + 1 + i, page->lines[i])) return go_on_behind(after + 1 + i);
    }
    upto = after;
    rows = kRows;
  }
  return go_on_behind(bottom);
}

// The log no longer has the place itself.
Result<bool> LogTail::cannot_tell(const ReplicaInfo& info) {
  doubt_ = false;
  if (info.cursor->sequence < sequence_) OFFSYNC_TRY(follow_new_log(info));
  return true;
}

Result<bool> LogTail::go_on_behind(std::uint64_t sequence) {
  backoff_.reset();
  doubt_ = false;
  if (sequence == sequence_) return true;
  shown_.part_behind(sequence);
  sequence_ = sequence;
  last_line_.clear();
  notice_(fmt::format("the proxy's log was replaced; going on behind event {}", sequence_));
  return true;
}

Status LogTail::follow_new_log(const ReplicaInfo& info) {
  std::string what = "the proxy's log was replaced";
  if (epoch_ != info.cursor->epoch) {
    what += fmt::format(" ({} became {})", epoch_, info.cursor->epoch);
  }
  lost_ = pass_nothing_ && !new_log_from_;
  if (lost_) {
    return make_error(Errc::protocol, kCursorExpired,
                      fmt::format("{}, and event {} was the last one handled", what, sequence_),
                      "say where to begin in the new one, with --from");
  }
  epoch_ = info.cursor->epoch;
  sequence_ = new_log_from_ == TailStart::From::beginning ? 0 : info.log_after;
  ahead_.clear();
  forget_shown();
  last_line_.clear();
  doubt_ = fetched_ = false;
  notice_(fmt::format("{}; going on behind event {}", what, sequence_));
  return {};
}

// Where the events that were shown stood says nothing any more. A consumer gets again what comes
// again: it has said where it begins in a new log.
void LogTail::forget_shown() {
  pass_nothing_ ? shown_.clear() : shown_.part_from_all();
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
  auto page = remote->events(Cursor{epoch_, sequence_}, kRows,
                             last_line_.empty() ? "" : line_mark(last_line_));
  if (!page && page.error().code == kCursorExpired) return skip_forgotten();
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
    wait_a_little();
    doubt_ = !pass_nothing_ && !shown_.empty();
    return false;  // the sync engine meets the same, and takes the new log
  }
  skip_to(space->oldest);
  return true;
}

void LogTail::skip_to(std::uint64_t oldest) {
  notice_(fmt::format("the proxy no longer has the events {} to {}; going on behind them",
                      sequence_ + 1, oldest - 1));
  sequence_ = oldest - 1;
  ahead_.clear();
  forget_shown();
  last_line_.clear();
}

Result<bool> LogTail::show(std::vector<std::string> lines) {
  ahead_.assign(std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
  return show_ahead();
}

Result<bool> LogTail::show_ahead() {
  while (!ahead_.empty()) {
    std::string line = std::move(ahead_.front());
    ahead_.pop_front();
    OFFSYNC_ASSIGN(const EventView* event, decoder_.decode(line));
    if (event->sequence != sequence_ + 1) {
      return make_error(Errc::protocol, "gap",
                        fmt::format("after event {} came event {}", sequence_, event->sequence),
                        "this is a fault of the proxy");
    }
    ++sequence_;
    shown_.add(line, *event);
    const bool again = shown_.comes_again(*event);
    const Next next = again ? Next::more : event_(line, *event);
    last_line_ = std::move(line);
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
  wait_a_little();
  return false;
}

}  // namespace offsync::cli
