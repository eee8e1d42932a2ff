// The filters that log, watch and replay share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "cli/input/local_time.h"
#include "event/event.h"
#include "wire/cursor.h"

namespace offsync::cli {

class Options;

// As given on the command line; see add_filter_options().
struct FilterOptions {
  std::vector<std::string> types, subjects, sources;  // globs; one of each list must match
  std::string since, until;
  std::string after;
  std::vector<std::string> where;  // FIELD=VALUE or FIELD:=JSON; all must match
  std::optional<std::uint64_t> limit;
};

// --type --subject --source --since --until --after --where -n. `limit_help` says which N events.
void add_filter_options(Options& command, FilterOptions& options, const char* limit_help);

// A place in a log: a sequence, a time in ms (of the event's `time`, else of its stamp), or a
// stamp.
using Point = std::variant<std::uint64_t, std::int64_t, Stamp>;

// "42"; "2026-11-23T12:00:00Z"; "2026-11-23", "2026-11-23 12:00[:00]" (local time); "today" and
// "yesterday" (their beginning), "now"; "90s", "10m", "2h", "3d", "1w" (so long ago); or a stamp.
// `which`: of a local time that was there twice. Errors: usage `bad_point`.
Result<Point> parse_point(std::string_view text, std::int64_t now_ms,
                          WallTime which = WallTime::first);

// "epoch-42" or "42"; the epoch is empty where only a sequence is given.
Result<Cursor> parse_after(std::string_view text);

class Filter {
 public:
  // Errors are Errc::usage and name the option.
  static Result<Filter> make(const FilterOptions& options, std::int64_t now_ms);

  // Whether the event passes all filters but --after and -n. One without a sequence is not in the
  // log yet, and so comes behind all that have one; one without a `time` is of its stamp's.
  bool matches(const EventView& event) const;
  // Whether it has what --since, --until and --after ask for; without a log around it, an event
  // that has no sequence has no place among those that have one.
  bool can_place(const EventView& event) const;
  // All but the places: --type, --subject, --source and --where.
  bool matches_content(const EventView& event) const;

  const std::optional<Cursor>& after() const { return after_; }
  // Error bad_data `cursor_expired` where --after names another epoch than the log's, which is
  // `whose` ("the proxy's").
  Status is_of(std::string_view epoch, std::string_view whose) const;
  std::optional<std::uint64_t> limit() const { return limit_; }
  // The --until that is a sequence; UINT64_MAX where there is none.
  std::uint64_t until_sequence() const;
  // --after and a --since that is a sequence leave out all up to this one; 0: neither is given.
  std::uint64_t begins_after() const;
  // Whether --since is a sequence at or before `sequence`.
  bool since_is_before(std::uint64_t sequence) const;
  bool matches_subject(std::string_view subject) const;
  // Whether a snapshot at `sequence` passes as a whole: no filter but --subject, and an --until
  // that is a sequence at or behind it.
  bool only_subjects_and_until(std::uint64_t sequence) const;
  // True where every event matches.
  bool all() const;

 private:
  struct Where {
    std::string field;
    std::string value;  // plain text, or canonical JSON
    bool json = false;
    std::string number;  // of plain text that is a number, the same as canonical JSON
    bool equals(std::string_view written) const;  // canonical JSON; empty: there is none
  };
  static Result<Where> parse_where(const std::string& text);
  static bool holds(const EventView& event, const Where& where);

  std::vector<std::string> types_, subjects_, sources_;
  std::optional<Point> since_, until_;
  std::optional<Cursor> after_;
  std::vector<Where> where_;
  std::optional<std::uint64_t> limit_;
};

}  // namespace offsync::cli
