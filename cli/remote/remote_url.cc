#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/remote/remote.h"
#include "event/checks.h"
#include "event/value.h"

namespace offsync::cli {
namespace {

constexpr std::string_view kSpaces = "/v1/spaces/";
// Nowhere in a URL (RFC 3986, appendix A), or not in that of a space.
constexpr std::string_view kNotHere = " \"<>\\^`{|}?#";
constexpr const char* kLooks = "it looks like http://127.0.0.1:8080/v1/spaces/NAME";

bool is_space_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= limits::kSpaceNameBytes && name[0] != '.' &&
         name[0] != '_' && name[0] != '-' && std::all_of(name.begin(), name.end(), good);
}

// Why nothing can be reached at HOST, HOST:PORT or [ADDRESS]:PORT; empty where something can.
std::string_view objection_to_authority(std::string_view authority) {
  const bool bracketed = authority.starts_with('[');
  const std::size_t end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && end == std::string_view::npos) return "its address has no closing ]";
  if (authority.empty() || end == 0 || (bracketed && end == 1)) return "it names no host";
  const std::string_view port = end == std::string_view::npos
                                    ? std::string_view()
                                    : authority.substr(end + (bracketed ? 1 : 0));
  if (port.empty()) return {};
  const auto number = port[0] == ':' ? parse_number<std::uint32_t>(port.substr(1)) : std::nullopt;
  return number && *number >= 1 && *number <= 65535 ? "" : "its port is none of 1 to 65535";
}

Error bad_remote(std::string_view url, std::string_view why, const char* next = kLooks) {
  return make_error(Errc::config, "bad_remote",
                    fmt::format("the remote '{}' cannot be used: {}", printable_remote(url), why),
                    next);
}

}  // namespace

std::string printable_remote(std::string_view url) {
  const auto scheme = url.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::string_view authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  return std::string(url.substr(0, begin)) + std::string(url.substr(begin + at + 1));
}

Result<RemoteUrl> parse_remote(std::string_view url) {
  if (url.empty()) {
    return make_error(
        Errc::config, "no_remote", "this replica has no remote",
        "give it one with: offsync remote set URL (or --remote URL, for one command)");
  }
  const bool http = url.starts_with("http://");
  if (!http && !url.starts_with("https://")) return bad_remote(url, "no http or https URL");
  if (!valid_utf8(url) || has_forbidden(url) || url.find_first_of(kNotHere) != url.npos) {
    return bad_remote(url, "a character in it that has no place there");
  }
  std::string_view rest = url;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t host = http ? 7 : 8;
  const std::size_t slash = rest.find('/', host);
  if (slash == host || host >= rest.size()) return bad_remote(url, "it names no host");
  if (slash == std::string_view::npos) return bad_remote(url, "it names no space");
  // What is a secret does not belong into a replica's file, a list of processes or a message.
  if (rest.substr(host, slash - host).find('@') != std::string_view::npos) {
    return bad_remote(url, "it has a user or a password in it",
                      "leave them out; a token is given by OFFSYNC_TOKEN or token_file");
  }
  if (const auto why = objection_to_authority(rest.substr(host, slash - host)); !why.empty()) {
    return bad_remote(url, why);
  }
  const std::size_t spaces = rest.rfind(kSpaces);
  const std::string_view name = spaces == std::string_view::npos || spaces < slash
                                    ? std::string_view()
                                    : rest.substr(spaces + kSpaces.size());
  if (name.empty() || name.find('/') != std::string_view::npos) {
    return bad_remote(url, "its path does not end in /v1/spaces/NAME");
  }
  if (!is_space_name(name)) {
    return bad_remote(url,
                      fmt::format("a space is named by a-z, 0-9, '.', '_' and '-' ({} at most, "
                                  "first a letter or digit), and not '{}'",
                                  limits::kSpaceNameBytes, name));
  }
  return RemoteUrl{std::string(rest.substr(0, slash)), std::string(rest.substr(slash))};
}

}  // namespace offsync::cli
