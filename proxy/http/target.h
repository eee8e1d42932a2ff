// The target of a request: its path in segments, and its query. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/media_type.h"
#include "wire/problem.h"

namespace offsync::proxy {

struct Target {
  std::vector<std::string> path;  // decoded; "/v1/a%2Fb/" is {"v1", "a/b", ""}
  std::map<std::string, std::string, std::less<>> query;

  // The parameter's value, or nothing.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

// Takes "/path?query", and with "http://authority" or "https://authority" in front. Refused (400):
// anything else, a fragment, percent signs without two hex digits, %00, text that is not UTF-8, a
// parameter given twice. In a query `+` is a space, as browsers write it.
std::variant<Target, Problem> parse_target(std::string_view target);

// HOST or HOST:PORT as in RFC 3986, without user information: a name, an IPv4 address or an IPv6
// one in brackets.
bool valid_authority(std::string_view text);

// How much `list`, the value of an Accept or Accept-Encoding field, wants `item` (in lower case):
// its q, from 0 to 1; nothing where it is not named. Wildcards do not count: who can take a stream
// says so.
std::optional<double> quality(std::string_view list, std::string_view item);
// The same, and where `item` is not named, that of "type/*", "*/*" or "*"; else 0.
double quality_or_any(std::string_view list, std::string_view item);
// Whether it is named, and not with q=0.
bool accepts(std::string_view list, std::string_view item);

using offsync::media_type;

}  // namespace offsync::proxy
