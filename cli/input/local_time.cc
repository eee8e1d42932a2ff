#include "cli/input/local_time.h"

#include <algorithm>
#include <ctime>
#include <string>

#include "base/rfc3339.h"

namespace offsync::cli {
namespace {

// What the clock shows, as if that were UTC.
std::time_t shown_at(std::time_t instant) {
  std::tm parts{};
  if (::localtime_r(&instant, &parts) == nullptr) return instant;
  return ::timegm(&parts);
}

// The first instant of [from, to] at which the clock shows `shown` or more.
std::time_t when_beyond(std::time_t shown, std::time_t from, std::time_t to) {
  while (from < to) {
    const std::time_t middle = from + (to - from) / 2;
    shown_at(middle) < shown ? from = middle + 1 : to = middle;
  }
  return from;
}

std::optional<std::time_t> instant_of(std::time_t shown, WallTime which) {
  std::tm parts{};
  if (::gmtime_r(&shown, &parts) == nullptr) return {};
  std::tm summer = parts;
  parts.tm_isdst = 0;
  summer.tm_isdst = 1;
  const std::time_t one = ::mktime(&parts), other = ::mktime(&summer);
  const auto [first, second] = std::minmax(one, other);
  const bool is_first = shown_at(first) == shown, is_second = shown_at(second) == shown;
  if (!is_first && !is_second) return when_beyond(shown, first, second);
  const bool takes_first = is_first && (which == WallTime::first || !is_second);
  return takes_first ? first : second;
}

}  // namespace

std::optional<std::int64_t> local_time(std::string_view text, WallTime which) {
  std::string whole(text);
  if (whole.size() > 10 && whole[10] == ' ') whole[10] = 'T';
  if (whole.size() == 10) whole += "T00:00:00";
  if (whole.size() == 16) whole += ":00";
  const auto as_utc = parse_rfc3339(whole + "Z");
  if (!as_utc) return {};
  const auto seconds = instant_of(*as_utc / 1000, which);
  if (!seconds || *seconds < 0) return {};
  return std::int64_t{*seconds} * 1000 + *as_utc % 1000;
}

}  // namespace offsync::cli
