// LogPage: what an answer to `GET …/events?after=A&limit=N` may be: the one rule of all that read
// pages. It is held piece by piece as it comes, so that what does not end is not kept either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "event/decoder.h"
#include "wire/cursor.h"

namespace offsync {

// What is no event that can be in a log right behind `after`: protocol `bad_event`.
Error bad_log_event(std::uint64_t after, const std::string& why);
// The event of a line that the log has somewhere behind `after`. Errors: `bad_event`. Valid
// until the decoder's next call.
Result<const EventView*> read_log_event(Decoder& decoder, std::string_view line,
                                        std::uint64_t after);
// Why no proxy can have put this into a log, which gives each event its place, has a stamp of each,
// and takes none whose stamp is further ahead of its clock than the guard; empty where one can.
std::string no_event_of_a_log(const EventView& event);
// The part of it about a stamp, given the latest time of the log by then (0: not known).
std::string too_late(std::int64_t stamp_ms, std::int64_t recorded_ms);

class LogPage {
 public:
  // Of at most `limit` events behind `after`; its epoch may be empty: of whichever log answers.
  LogPage(Cursor after, std::size_t limit) : after_(std::move(after)), limit_(limit) {}

  // Of the body of such a page, decoded.
  static std::size_t max_bytes(std::size_t limit);

  // The next bytes of the body. Errors: protocol `too_large`, after which there is no more to come.
  Status take(std::string_view bytes);
  // So many whole lines have come. Empty ones do not count, here or elsewhere.
  std::size_t whole_lines() const { return lines_.size(); }

  // What the answer's head says.
  struct Place {
    std::string epoch;                  // Offsync-Epoch
    std::optional<Cursor> next;         // Offsync-Cursor
    std::optional<std::uint64_t> head;  // Offsync-Head
  };
  // To be called once the body is whole: the page's lines, which are the events of the log right
  // behind `after`, one after the other, up to `next`. Errors: protocol; `cursor_expired` where it
  // is of another log, or of one that ends before `after`. Nothing counts of a page with an error.
  Result<std::vector<std::string>> finish(const Place& place);
  // The same, but for the events themselves: for who reads each of them with read_log_event() from
  // here on, and takes all of them up to `next` or none.
  Result<std::vector<std::string>> finish_unread(const Place& place);

 private:
  Status end_line();
  Status check_place(const Place& place) const;
  Status check_events(const std::vector<std::string>& lines) const;

  Cursor after_;
  std::size_t limit_;
  std::string line_;  // that has not ended yet
  std::vector<std::string> lines_;
};

}  // namespace offsync
