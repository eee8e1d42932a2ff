#include "proxy/http/target.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "event/value.h"
#include "proxy/http/problems.h"

namespace offsync::proxy {
namespace {

constexpr std::uint64_t kLastPort = 65'535;

Problem bad(std::string detail) {
  return problem_of(kBadRequest, std::move(detail));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text, bool form) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && form) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!valid_utf8(out)) return std::nullopt;
  return out;
}

// Takes the text up to the next `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

// "http://host/path" is as good as "/path" (RFC 9112, 3.2.2). Nothing where it is neither.
std::optional<std::string_view> without_origin(std::string_view target) {
  if (target.front() == '/') return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const auto name = lower(target.substr(0, scheme));
  if (name != "http" && name != "https") return std::nullopt;
  target.remove_prefix(scheme + 3);
  const auto end = std::min(target.find_first_of("/?"), target.size());
  if (!valid_authority(target.substr(0, end))) return std::nullopt;
  return target.substr(end);
}

bool valid_ipv6(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return hex_digit(c) >= 0 || c == ':' || c == '.';
  });
}

bool valid_host(std::string_view text) {
  if (text.front() == '[') return text.back() == ']' && valid_ipv6(text.substr(1, text.size() - 2));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || (c != '\0' && std::strchr("-._~!$&'()*+,;=", c) != nullptr)) continue;
    if (c != '%' || i + 2 >= text.size()) return false;
    if (hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return false;
    i += 2;
  }
  return true;
}

}  // namespace

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  const auto at = query.find(name);
  if (at == query.end()) return std::nullopt;
  return at->second;
}

bool valid_authority(std::string_view text) {
  const auto colon = text.rfind(':');
  const bool port = colon != std::string_view::npos && text.find(']', colon) == text.npos;
  if (port) {
    const auto digits = text.substr(colon + 1);
    if (digits.size() > 5 || digits.find_first_not_of("0123456789") != digits.npos) return false;
    if (!digits.empty() && parse_number(digits).value_or(0) > kLastPort) return false;
    text = text.substr(0, colon);
  }
  return !text.empty() && valid_host(text);
}

std::variant<Target, Problem> parse_target(std::string_view raw) {
  if (raw.empty()) return bad("the target is empty");
  const auto origin_form = without_origin(raw);
  if (!origin_form) return bad("the target is neither a path nor an http address");
  auto query = *origin_form;
  if (query.find('#') != std::string_view::npos) return bad("the target has a fragment");
  auto path = take(query, '?');
  if (!path.empty()) path.remove_prefix(1);
  Target out;
  for (bool more = true; more;) {
    more = path.find('/') != std::string_view::npos;
    auto segment = decoded(take(path, '/'), false);
    if (!segment) return bad("the path is not percent-encoded UTF-8");
    out.path.push_back(std::move(*segment));
  }
  while (!query.empty()) {
    auto value = take(query, '&');
    if (value.empty()) continue;
    const auto name = decoded(take(value, '='), true);
    auto text = decoded(value, true);
    if (!name || !text) return bad("the query is not percent-encoded UTF-8");
    if (!out.query.emplace(*name, std::move(*text)).second) {
      return bad("a parameter of the query is given twice");
    }
  }
  return out;
}

std::optional<double> quality(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    auto parameters = take(list, ',');
    if (lower(trim(take(parameters, ';'))) != item) continue;
    double q = 1;
    while (!parameters.empty()) {
      auto value = take(parameters, ';');
      if (lower(trim(take(value, '='))) == "q")
        q = std::strtod(std::string(trim(value)).c_str(), nullptr);
    }
    return q > 0 ? std::min(q, 1.0) : 0;
  }
  return std::nullopt;
}

double quality_or_any(std::string_view list, std::string_view item) {
  const std::string family(item.substr(0, item.find('/')));
  for (const std::string& name :
       {std::string(item), family + "/*", std::string("*/*"), std::string("*")}) {
    if (const auto q = quality(list, name)) return *q;
  }
  return 0;
}

bool accepts(std::string_view list, std::string_view item) {
  return quality(list, item).value_or(0) > 0;
}

}  // namespace offsync::proxy
