#include <fmt/format.h>

#include <algorithm>

#include "cli/remote/remote.h"

namespace offsync::cli {
namespace {

constexpr std::string_view kSpaces = "/v1/spaces/";
constexpr const char* kLooks = "it looks like http://127.0.0.1:8080/v1/spaces/NAME";

bool is_space_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= limits::kSpaceNameBytes && name[0] != '.' &&
         name[0] != '_' && name[0] != '-' && std::all_of(name.begin(), name.end(), good);
}

Error bad_remote(std::string_view url, std::string_view why) {
  return make_error(Errc::config, "bad_remote",
                    fmt::format("the remote '{}' cannot be used: {}", printable_remote(url), why),
                    kLooks);
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
        "give one with --remote URL, or once and for all by the line remote = \"URL\" "
        "in the replica's config.toml");
  }
  const bool http = url.starts_with("http://");
  if (!http && !url.starts_with("https://")) return bad_remote(url, "no http or https URL");
  if (url.find_first_of("?# \t\r\n\\") != std::string_view::npos) {
    return bad_remote(url, "a character in it that has no place there");
  }
  std::string_view rest = url;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t host = http ? 7 : 8;
  const std::size_t slash = rest.find('/', host);
  if (slash == host || host >= rest.size()) return bad_remote(url, "it names no host");
  if (slash == std::string_view::npos) return bad_remote(url, "it names no space");
  const std::size_t spaces = rest.rfind(kSpaces);
  if (spaces == std::string_view::npos || spaces < slash ||
      !is_space_name(rest.substr(spaces + kSpaces.size()))) {
    return bad_remote(url, "its path does not end in /v1/spaces/NAME");
  }
  return RemoteUrl{std::string(rest.substr(0, slash)), std::string(rest.substr(slash))};
}

}  // namespace offsync::cli
