#include "proxy/ops/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "base/comma_list.h"
#include "base/descriptor.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/toml.h"

namespace offsync::proxy {
namespace {

using Wrong = std::optional<std::string>;

// What the protocol promises to every client, which may then take a silent stream for dead.
constexpr double kSlowestHeartbeat = 40;
static_assert(kSlowestHeartbeat * 1000 < limits::kStreamDeadMs);

Wrong put_number(std::size_t& to, const std::string& text, std::uint64_t least,
                 std::uint64_t most) {
  const auto value = parse_number(text);
  if (!value || *value < least || *value > most) {
    return fmt::format("is not a number from {} to {}", least, most);
  }
  to = static_cast<std::size_t>(*value);
  return std::nullopt;
}

Wrong put_seconds(std::int64_t& to_ms, const std::string& text, double least, double most) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value) || value < least || value > most) {
    return fmt::format("is not a number of seconds from {} to {}", least, most);
  }
  to_ms = std::llround(value * 1000);
  return std::nullopt;
}

Wrong put_listen(Config& config, const std::string& text) {
  constexpr const char* kForm = "is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080";
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return kForm;
  auto host = text.substr(0, colon);
  const auto port = parse_number(text.substr(colon + 1));
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || !port || *port > 65535) return kForm;
  if (!bracketed && host.find(':') != std::string::npos) return kForm;
  config.server.host = host;
  config.server.port = static_cast<std::uint16_t>(*port);
  return std::nullopt;
}

Wrong put_store(Config& config, const std::string& text) {
  constexpr std::string_view kScheme = "sqlite:";
  if (text.rfind(kScheme, 0) != 0 || text.size() == kScheme.size()) return "is not sqlite:PATH";
  config.store_file = text.substr(kScheme.size());
  return std::nullopt;
}

Wrong put_origins(Config& config, const std::string& text) {
  config.server.cors_origins.clear();
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto origin = trim(take_item(rest));
    const auto scheme = origin.find("://");
    const bool plain =
        std::all_of(origin.begin(), origin.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    const bool web = scheme != std::string_view::npos && origin.size() > scheme + 3 &&
                     origin.find('/', scheme + 3) == std::string_view::npos;
    if (origin != "*" && (!plain || !web)) {
      return "is not * or a list of origins such as https://app.example.org (no path)";
    }
    config.server.cors_origins.emplace_back(origin);
  }
  return std::nullopt;
}

const Setting kSettings[] = {
    {"listen", SettingKind::text, "HOST:PORT", "Where to listen; port 0 takes a free one",
     "127.0.0.1:8080", put_listen},
    {"store", SettingKind::text, "sqlite:PATH",
     "Where the logs are kept [default: sqlite:/var/lib/offsync/proxy.db as root, else in "
     "$XDG_DATA_HOME/offsync]",
     "", put_store},
    {"threads", SettingKind::number, "N", "Threads for requests (streams need none)", "64",
     [](Config& c, const std::string& v) { return put_number(c.server.threads, v, 1, 1024); }},
    {"max_streams", SettingKind::number, "N", "Open event streams at most", "10000",
     [](Config& c, const std::string& v) {
       return put_number(c.server.max_streams, v, 0, 1'000'000);
     }},
    {"heartbeat", SettingKind::number, "SECONDS", "A quiet stream gets a sign of life this often",
     "15",
     [](Config& c, const std::string& v) {
       return put_seconds(c.server.hub.heartbeat_ms, v, 0.05, kSlowestHeartbeat);
     }},
    {"stall_timeout", SettingKind::number, "SECONDS", "A reader that takes nothing so long is cut",
     "30",
     [](Config& c, const std::string& v) {
       return put_seconds(c.server.hub.stall_ms, v, 0.1, 3600);
     }},
    {"header_timeout", SettingKind::number, "SECONDS", "Time for a whole request header", "10",
     [](Config& c, const std::string& v) { return put_seconds(c.server.header_ms, v, 0.1, 3600); }},
    {"body_timeout", SettingKind::number, "SECONDS", "Time for a whole request body", "60",
     [](Config& c, const std::string& v) { return put_seconds(c.server.body_ms, v, 0.1, 3600); }},
    {"idle_timeout", SettingKind::number, "SECONDS", "Connections without a request are closed",
     "15",
     [](Config& c, const std::string& v) { return put_seconds(c.server.idle_ms, v, 0.1, 3600); }},
    {"tls_cert", SettingKind::text, "FILE",
     "Speak https, with the certificate (and its chain) in this PEM file", "",
     [](Config& c, const std::string& v) -> Wrong {
       c.tls.cert = v;
       return std::nullopt;
     }},
    {"tls_key", SettingKind::text, "FILE", "The key of that certificate; SIGHUP reads all anew", "",
     [](Config& c, const std::string& v) -> Wrong {
       c.tls.key = v;
       return std::nullopt;
     }},
    {"tls_client_ca", SettingKind::text, "FILE",
     "Let only clients in whose certificate is of a CA in this PEM file", "",
     [](Config& c, const std::string& v) -> Wrong {
       c.tls.client_ca = v;
       return std::nullopt;
     }},
    {"cors_origins", SettingKind::list, "ORIGIN,...",
     "Web origins whose pages may use the proxy, or * [default: none]", "", put_origins},
    {"log_level", SettingKind::text, "LEVEL", "debug, info, warn or error", "info",
     [](Config& c, const std::string& v) -> Wrong {
       const auto level = parse_log_level(v);
       if (!level) return "is not debug, info, warn or error";
       c.log_level = *level;
       return std::nullopt;
     }},
    {"log_format", SettingKind::text, "FORMAT", "text (logfmt) or json", "text",
     [](Config& c, const std::string& v) -> Wrong {
       const auto format = parse_log_format(v);
       if (!format) return "is not text or json";
       c.log_format = *format;
       return std::nullopt;
     }},
    {"log_file", SettingKind::text, "FILE", "Log there, not to stderr; SIGHUP opens it anew", "",
     [](Config& c, const std::string& v) -> Wrong {
       c.log_file = v;
       return std::nullopt;
     }},
    {"pidfile", SettingKind::text, "FILE", "Keep the process id there, locked", "",
     [](Config& c, const std::string& v) -> Wrong {
       c.pidfile = v;
       return std::nullopt;
     }},
    {"ready_file", SettingKind::text, "FILE", "Write the proxy's URL there once it listens", "",
     [](Config& c, const std::string& v) -> Wrong {
       c.ready_file = v;
       return std::nullopt;
     }},
};

Error bad_config(const std::string& where, std::string what, std::string hint = {}) {
  return make_error(Errc::config, "bad_config", fmt::format("{}: {}", where, what),
                    std::move(hint));
}

std::string list_text(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ',';
    out += text;
  }
  return out;
}

std::optional<std::string> text_of(const TomlValue& value, SettingKind kind) {
  if (kind == SettingKind::number) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
    return std::nullopt;
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    return kind == SettingKind::list ? std::optional(list_text(*texts)) : std::nullopt;
  }
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return std::nullopt;
}

Status take(const std::vector<TomlEntry>& entries, const std::string& file, SettingValues& values) {
  for (const auto& [name, value, line] : entries) {
    const auto where = fmt::format("{}:{}", file, line);
    const std::string& key = name;
    const auto known = std::find_if(std::begin(kSettings), std::end(kSettings),
                                    [&](const Setting& s) { return key == s.key; });
    if (known == std::end(kSettings)) {
      return bad_config(where, fmt::format("there is no setting {}", key),
                        "see offsync-proxy --help for those that there are");
    }
    auto text = text_of(value, known->kind);
    if (!text) {
      constexpr const char* kKinds[] = {"a string", "a number", "an array of strings"};
      return bad_config(where,
                        fmt::format("{} must be {}", key, kKinds[static_cast<int>(known->kind)]));
    }
    values[key] = {std::move(*text), where};
  }
  return {};
}

}  // namespace

std::span<const Setting> settings() {
  return kSettings;
}

std::string flag_of(const Setting& setting) {
  std::string out = setting.key;
  std::replace(out.begin(), out.end(), '_', '-');
  return "--" + out;
}

std::string variable_of(const Setting& setting) {
  std::string out = setting.key;
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return "OFFSYNC_PROXY_" + out;
}

Status read_settings_file(const std::string& file, SettingValues& values) {
  constexpr std::size_t kFileBytes = 1024 * 1024;
  const auto text = read_small_file(file, kFileBytes, true);
  if (!text) {
    // A file that is there, but none that can be meant, is wrong settings, as it is for offsync.
    const Errc kind = text.error().kind == Errc::config ? Errc::config : Errc::no_input;
    return make_error(kind, "no_config", "the configuration: " + text.error().detail,
                      text.error().hint);
  }
  const auto entries = parse_toml(*text, file);
  if (!entries) return make_error(Errc::config, "bad_config", entries.error().detail);
  return take(*entries, file, values);
}

void read_settings_environment(const Environment& environment, SettingValues& values) {
  for (const auto& setting : kSettings) {
    const auto variable = variable_of(setting);
    const char* text = environment(variable.c_str());
    if (text != nullptr && *text != 0) values[setting.key] = {text, variable};
  }
}

Result<Config> apply_settings(const SettingValues& values) {
  Config config;
  for (const auto& setting : kSettings) {
    const auto at = values.find(setting.key);
    const auto text = at == values.end() ? std::string(setting.standard) : at->second.text;
    if (at == values.end() && text.empty()) continue;
    const auto wrong = setting.apply(config, text);
    if (!wrong) continue;
    return make_error(
        Errc::config, "bad_setting",
        fmt::format("{} = \"{}\" ({}) {}", setting.key, text, at->second.origin, *wrong));
  }
  return config;
}

}  // namespace offsync::proxy
