#include "wire/transport.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "wire/problem.h"

namespace offsync {
namespace {

// "Wed, 21 Oct 2015 07:28:00 GMT" (RFC 9110, IMF-fixdate), by way of RFC 3339.
std::optional<std::int64_t> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return {};
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end() || text[7] != ' ' || text[11] != ' ' || text[16] != ' ') return {};
  const std::string number = std::to_string(101 + (month - kMonths.begin()));
  std::string iso(text.substr(12, 4));
  iso.append("-").append(number, 1).append("-").append(text.substr(5, 2));
  iso.append("T").append(text.substr(17, 8)).append("Z");
  return parse_rfc3339(iso);
}

}  // namespace

std::string_view HttpHead::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return trim(value);
  }
  return {};
}

Status check_singles(const HttpHead& head) {
  for (const auto& [name, value] : head.headers) {
    if (!name.starts_with("offsync-") && name != "content-type") continue;
    if (const auto first = head.header(name); first != trim(value)) {
      return bad_data("contradiction", "its header has " + name + " twice, as '" +
                                           first_words(first) + "' and as '" + first_words(value) +
                                           "'");
    }
  }
  return {};
}

std::optional<std::int64_t> retry_after_ms(const HttpHead& head, std::int64_t wall_ms) {
  const std::string_view text = head.header("retry-after");
  std::int64_t wait = 0;
  if (all_digits(text)) {
    constexpr std::int64_t kMost = limits::kRetryAfterCapMs / 1000;
    wait = std::min(parse_number<std::int64_t>(text).value_or(kMost), kMost) * 1000;
  } else if (const auto date = parse_http_date(text)) {
    wait = *date - wall_ms;
  } else {
    return std::nullopt;
  }
  return std::clamp<std::int64_t>(wait, 0, limits::kRetryAfterCapMs);
}

}  // namespace offsync
