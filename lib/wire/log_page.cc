#include "wire/log_page.h"

#include <algorithm>
#include <utility>

#include "base/rfc3339.h"
#include "base/span_text.h"
#include "wire/answer_limits.h"
#include "wire/problem.h"

namespace offsync {
namespace {

Error bad_page(std::string code, std::string why) {
  return make_error(Errc::protocol, std::move(code), std::move(why),
                    "nothing of this page was taken");
}

}  // namespace

Error bad_log_event(std::uint64_t after, const std::string& why) {
  return bad_page("bad_event", "the proxy sent something behind sequence " + std::to_string(after) +
                                   " that is no event of its log: " + why);
}

Result<const EventView*> read_log_event(Decoder& decoder, std::string_view line,
                                        std::uint64_t after) {
  auto event = decoder.decode(line);
  if (!event) return bad_log_event(after, event.error().detail);
  if (const std::string why = no_event_of_a_log(**event); !why.empty()) {
    return bad_log_event(after, why);
  }
  return event;
}

std::string no_event_of_a_log(const EventView& event) {
  if (event.sequence == 0) return "it has no sequence";
  if (event.stamp.none()) return "it has neither time nor stamp";
  return too_late(event.stamp.ms(), parse_rfc3339(event.recordedtime).value_or(0));
}

std::string too_late(std::int64_t stamp_ms, std::int64_t recorded_ms) {
  const std::int64_t ahead = recorded_ms > 0 ? stamp_ms - recorded_ms : 0;
  if (ahead <= limits::kClockGuardMs) return {};
  return "its stamp is " + span_text(ahead) + " ahead of its recordedtime";
}

std::size_t LogPage::max_bytes(std::size_t limit) {
  return limits::kLineBytes + limit * limits::kPageLineBytes;
}

Status LogPage::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (line_.empty()) bytes.remove_prefix(std::min(bytes.find_first_not_of('\n'), bytes.size()));
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    if (line_.size() + end > limits::kLineBytes) {
      return bad_page("too_large", "a line of the log is longer than an event can be");
    }
    line_.append(bytes, 0, end);
    if (end == bytes.size()) return {};
    OFFSYNC_TRY(end_line());
    bytes.remove_prefix(end + 1);
  }
  return {};
}

Status LogPage::end_line() {
  if (line_.empty()) return {};
  if (lines_.size() == limit_) {
    return bad_page("too_large",
                    "there are more lines than the " + std::to_string(limit_) + " asked for");
  }
  lines_.push_back(std::exchange(line_, {}));
  return {};
}

Result<std::vector<std::string>> LogPage::finish_unread(const Place& place) {
  OFFSYNC_TRY(end_line());
  OFFSYNC_TRY(check_place(place));
  return std::move(lines_);
}

Result<std::vector<std::string>> LogPage::finish(const Place& place) {
  OFFSYNC_ASSIGN(std::vector<std::string> lines, finish_unread(place));
  OFFSYNC_TRY(check_events(lines));
  return lines;
}

// A page that ends before the place that it claims to reach would be a hole in the log, for ever.
Status LogPage::check_place(const Place& place) const {
  if (!after_.epoch.empty() && place.epoch != after_.epoch) {
    return bad_page(kCursorExpired, "the log began anew as " + place.epoch);
  }
  if (!place.next || !place.head) {
    return bad_page("bad_answer", "the page does not say where it ends");
  }
  if (*place.head < after_.sequence) {  // as after a restored backup: what we know is gone there
    return bad_page(kCursorExpired, "the log ends before it");
  }
  const Cursor reached{place.epoch, after_.sequence + lines_.size()};
  if (*place.next != reached) {
    return bad_page("bad_answer", "the page reaches to " + reached.text() + " and not to " +
                                      place.next->text() + " as it says");
  }
  if (*place.head < reached.sequence) {
    return bad_page("bad_answer", "the page reaches to " + reached.text() +
                                      ", beyond the head of its log, " +
                                      std::to_string(*place.head));
  }
  if (lines_.empty() && *place.head > after_.sequence) {
    return bad_page("bad_answer", "the proxy has no event after " + reached.text() +
                                      ", although its log reaches to " +
                                      std::to_string(*place.head));
  }
  return {};
}

Status LogPage::check_events(const std::vector<std::string>& lines) const {
  Decoder decoder;
  std::uint64_t at = after_.sequence;
  for (const std::string& line : lines) {
    OFFSYNC_ASSIGN(const EventView* event, read_log_event(decoder, line, at));
    if (event->sequence != at + 1) {
      return bad_log_event(at, "it has sequence " + std::to_string(event->sequence));
    }
    ++at;
  }
  return {};
}

}  // namespace offsync
