#include "cli/input/filter.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <ctime>

#include "base/glob.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/input/duration.h"
#include "cli/options.h"
#include "cli/text/shell.h"
#include "event/value.h"
#include "event/value_key.h"
#include "wire/problem.h"

namespace offsync::cli {
namespace {

constexpr std::string_view kPoint =
    "a time (2026-11-23T12:00:00Z, '2026-11-23 12:00', now, today, yesterday, 2h), a sequence or "
    "a stamp";

Error bad_option(std::string_view option, std::string_view text, std::string_view expected) {
  return make_error(Errc::usage, "bad_point",
                    fmt::format("{}: '{}' is not {}", option, text, expected));
}

// "now", "today" and "yesterday" (their beginning).
std::optional<std::int64_t> day_by_name(std::string_view text, std::int64_t now_ms) {
  if (text == "now") return now_ms;
  if (text != "today" && text != "yesterday") return {};
  const std::time_t seconds = now_ms / 1000;
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return {};
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  if (text == "yesterday") --parts.tm_mday;
  return std::int64_t{std::mktime(&parts)} * 1000;
}

std::optional<Point> point_of(std::string_view text, std::int64_t now_ms, WallTime which) {
  if (const auto sequence = parse_number(text)) return Point(*sequence);
  if (const auto stamp = Stamp::parse(text)) return Point(*stamp);
  if (const auto ago = parse_duration_ms(text))
    return Point(std::max<std::int64_t>(0, now_ms - *ago));
  if (const auto day = day_by_name(text, now_ms)) return Point(*day);
  if (const auto ms = parse_rfc3339(text)) return Point(*ms);
  if (const auto ms = local_time(text, which)) return Point(*ms);
  return {};
}

bool any_matches(const std::vector<std::string>& globs, std::string_view text) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
           return glob_match(glob, text);
         });
}

// -1, 0, 1: the event is before, at or after the point. One that has neither time nor stamp is at
// each: it writes nothing, or is reported (not_to_fold).
int compare(const EventView& event, const Point& point) {
  const auto sign = [](auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; };
  if (const auto* sequence = std::get_if<std::uint64_t>(&point)) {
    return event.sequence == 0 ? 1 : sign(event.sequence, *sequence);
  }
  if (const auto* ms = std::get_if<std::int64_t>(&point)) {
    if (!event.time.empty()) return sign(event.time_ms, *ms);
    return event.stamp.none() ? 0 : sign(event.stamp.ms(), *ms);
  }
  return event.stamp.none() ? 0 : sign(event.stamp, std::get<Stamp>(point));
}

// The canonical value of a member of `data` that is no operation; empty if there is none.
std::string payload_member(std::string_view data, const std::string& name) {
  const simdjson::padded_string padded(data);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return {};
  simdjson::ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return {};
  simdjson::ondemand::value value;
  if (object.find_field_unordered(name).get(value) != simdjson::SUCCESS) return {};
  std::string_view raw;
  if (simdjson::to_json_string(value).get(raw) != simdjson::SUCCESS) return {};
  auto canonical = canonical_json(raw);
  return canonical ? std::move(*canonical) : std::string();
}

}  // namespace

void add_filter_options(Options& command, FilterOptions& options, const char* limit_help) {
  command.repeated("--type", "GLOB", options.types, "Events of this type; may be repeated");
  command.repeated("--subject", "GLOB", options.subjects, "Events of this entity; may be repeated");
  command.repeated("--source", "GLOB", options.sources, "Events of this author; may be repeated");
  command.text("--since", "POINT", options.since,
               "From here on: a time, yesterday, 2h (ago), a sequence or a stamp");
  command.text("--until", "POINT", options.until, "Up to here, inclusive: as for --since");
  command.text("--after", "CURSOR", options.after,
               "After this cursor (epoch-sequence) or sequence");
  command.repeated("--where", "FIELD=VALUE", options.where,
                   "Events that write this; FIELD:=JSON for exact values; may be repeated");
  command.number("-n", "N", options.limit, limit_help);
}

Result<Point> parse_point(std::string_view text, std::int64_t now_ms, WallTime which) {
  if (const auto point = point_of(text, now_ms, which)) return *point;
  return bad_option("point", text, kPoint);
}

Result<Cursor> parse_after(std::string_view text) {
  if (const auto sequence = parse_number(text)) return Cursor{"", *sequence};
  if (auto cursor = Cursor::parse(text)) return *cursor;
  return bad_option("--after", text, "a cursor (epoch-sequence) or a sequence");
}

Result<Filter> Filter::make(const FilterOptions& options, std::int64_t now_ms) {
  Filter filter;
  filter.types_ = options.types;
  filter.subjects_ = options.subjects;
  filter.sources_ = options.sources;
  filter.limit_ = options.limit;
  if (!options.since.empty()) {
    filter.since_ = point_of(options.since, now_ms, WallTime::first);
    if (!filter.since_) return bad_option("--since", options.since, kPoint);
  }
  if (!options.until.empty()) {
    filter.until_ = point_of(options.until, now_ms, WallTime::second);
    if (!filter.until_) return bad_option("--until", options.until, kPoint);
  }
  if (!options.after.empty()) {
    OFFSYNC_ASSIGN(filter.after_, parse_after(options.after));
  }
  for (const std::string& text : options.where) {
    OFFSYNC_ASSIGN(auto where, parse_where(text));
    filter.where_.push_back(std::move(where));
  }
  return filter;
}

Result<Filter::Where> Filter::parse_where(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || text.substr(0, equals) == ":") {
    return bad_option("--where", text, "FIELD=VALUE or FIELD:=JSON");
  }
  const std::string value = text.substr(equals + 1);
  auto canonical = canonical_json(value);
  if (text[equals - 1] != ':') {
    const bool numeric = canonical && (is_digit(canonical->front()) || canonical->front() == '-');
    return Where{text.substr(0, equals), value, false, numeric ? std::move(*canonical) : ""};
  }
  if (!canonical) {
    return make_error(
        Errc::usage, "bad_point", fmt::format("--where {}: {}", text, canonical.error().detail),
        "for plain text write: --where " + shell_assignment(text.substr(0, equals - 1), value));
  }
  return Where{text.substr(0, equals - 1), std::move(*canonical), true, ""};
}

bool Filter::Where::equals(std::string_view written) const {
  if (written.empty()) return false;
  if (json) return same_value(written, value);
  return plain_text(written) == value || (!number.empty() && same_value(written, number));
}

bool Filter::holds(const EventView& event, const Where& where) {
  const auto written = [&](const Op& op) {
    return op.field == where.field && where.equals(op.value);
  };
  if (std::any_of(event.ops.begin(), event.ops.end(), written)) return true;
  return where.equals(payload_member(event.data, where.field));
}

bool Filter::matches(const EventView& event) const {
  if (since_ && compare(event, *since_) < 0) return false;
  if (until_ && compare(event, *until_) > 0) return false;
  return matches_content(event);
}

bool Filter::can_place(const EventView& event) const {
  const auto asks = [](const std::optional<Point>& point) {
    return point && std::holds_alternative<std::uint64_t>(*point);
  };
  return event.sequence != 0 || !(after_ || asks(since_) || asks(until_));
}

Status Filter::is_of(std::string_view epoch, std::string_view whose) const {
  if (!after_ || after_->epoch.empty() || after_->epoch == epoch) return {};
  return make_error(Errc::bad_data, kCursorExpired,
                    fmt::format("the cursor {} is of another log than {}, which is {}",
                                after_->text(), whose, epoch),
                    "run it again without --after");
}

bool Filter::matches_content(const EventView& event) const {
  if (!any_matches(types_, event.type) || !any_matches(subjects_, event.subject) ||
      !any_matches(sources_, event.source)) {
    return false;
  }
  return std::all_of(where_.begin(), where_.end(),
                     [&](const Where& where) { return holds(event, where); });
}

std::uint64_t Filter::until_sequence() const {
  if (!until_) return UINT64_MAX;
  const auto* sequence = std::get_if<std::uint64_t>(&*until_);
  return sequence == nullptr ? UINT64_MAX : *sequence;
}

std::uint64_t Filter::begins_after() const {
  const auto* since = since_ ? std::get_if<std::uint64_t>(&*since_) : nullptr;
  return std::max(after_ ? after_->sequence : 0, since != nullptr && *since > 0 ? *since - 1 : 0);
}

bool Filter::since_is_before(std::uint64_t sequence) const {
  if (!since_) return false;
  const auto* point = std::get_if<std::uint64_t>(&*since_);
  return point == nullptr || *point <= sequence;
}

bool Filter::matches_subject(std::string_view subject) const {
  return any_matches(subjects_, subject);
}

bool Filter::only_subjects_and_until(std::uint64_t sequence) const {
  if (!types_.empty() || !sources_.empty() || !where_.empty() || since_ || after_ || limit_) {
    return false;
  }
  return !until_ || (until_sequence() != UINT64_MAX && until_sequence() >= sequence);
}

bool Filter::all() const {
  return types_.empty() && subjects_.empty() && sources_.empty() && !since_ && !until_ &&
         where_.empty();
}

}  // namespace offsync::cli
