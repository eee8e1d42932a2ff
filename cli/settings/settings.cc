#include "cli/settings/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "base/descriptor.h"
#include "base/text.h"
#include "cli/settings/home.h"
#include "cli/settings/settings_file.h"

namespace offsync::cli {
namespace {

constexpr const char* kSystemFile = "/etc/offsync/config.toml";

// Where a value came from decides what its error is.
struct Origin {
  std::string name;  // "--output", "OFFSYNC_OUTPUT" or file, line and setting
  Errc kind = Errc::config;
};

Error bad_value(const Origin& from, std::string_view value, std::string_view expected) {
  return make_error(from.kind, "bad_settings",
                    fmt::format("{}: '{}' is not {}", from.name, value, expected));
}

Status parse(const std::string& text, const Origin& from, Format& into) {
  if (text == "text") {
    into = Format::text;
  } else if (text == "json") {
    into = Format::json;
  } else if (text == "ndjson") {
    into = Format::ndjson;
  } else {
    return bad_value(from, text, "one of text, json, ndjson");
  }
  return {};
}

Status parse(const std::string& text, const Origin& from, When& into) {
  if (text == "auto") {
    into = When::automatic;
  } else if (text == "always") {
    into = When::always;
  } else if (text == "never") {
    into = When::never;
  } else {
    return bad_value(from, text, "one of auto, always, never");
  }
  return {};
}

// Files from the one that counts least.
Result<std::vector<FileSettings>> read_files(const std::string& home, Environment env) {
  std::vector<FileSettings> files;
  for (const std::string& file : {std::string(kSystemFile), user_settings_file(env),
                                  home.empty() ? std::string() : home + "/config.toml"}) {
    if (file.empty()) {
      files.emplace_back();
      continue;
    }
    OFFSYNC_ASSIGN(auto settings, read_settings_file(file));
    files.push_back(settings ? std::move(*settings) : FileSettings{});
  }
  return files;
}

struct SecondsSetting {
  const char* variable;
  std::optional<double> FileSettings::*in_file;
  std::int64_t Settings::*member;
};
constexpr SecondsSetting kSecondsSettings[] = {
    {"OFFSYNC_CONNECT_TIMEOUT", &FileSettings::connect_timeout, &Settings::connect_timeout_ms},
    {"OFFSYNC_ASK_TIMEOUT", &FileSettings::ask_timeout, &Settings::ask_timeout_ms},
    {"OFFSYNC_REQUEST_TIMEOUT", &FileSettings::request_timeout, &Settings::request_timeout_ms},
    {"OFFSYNC_STREAM_TIMEOUT", &FileSettings::stream_timeout, &Settings::stream_timeout_ms},
    {"OFFSYNC_RETRY_WAIT", &FileSettings::retry_wait, &Settings::retry_wait_ms},
};

std::int64_t ms_of(double seconds) {
  return std::llround(seconds * 1000);
}

Status apply_file(const FileSettings& file, bool of_replica, Settings& into) {
  const auto at = [&](unsigned line, const char* name) {
    return Origin{fmt::format("{}:{}: {}", file.file, line, name), Errc::config};
  };
  if (file.remote) (of_replica ? into.remote : into.default_remote) = *file.remote;
  if (file.source) into.source = *file.source;
  if (file.output) OFFSYNC_TRY(parse(*file.output, at(file.output_line, "output"), into.format));
  if (file.color) OFFSYNC_TRY(parse(*file.color, at(file.color_line, "color"), into.color));
  if (file.token_file) into.token_file = *file.token_file;
  if (file.ca_file) into.ca_file = *file.ca_file;
  if (file.cert_file) into.cert_file = *file.cert_file;
  if (file.key_file) into.key_file = *file.key_file;
  for (const SecondsSetting& setting : kSecondsSettings) {
    if (file.*setting.in_file) into.*setting.member = ms_of(*(file.*setting.in_file));
  }
  return {};
}

Status apply_seconds(Environment env, const SecondsSetting& setting, Settings& into) {
  const char* value = env(setting.variable);
  if (value == nullptr || *value == 0) return {};
  const std::string_view text = value;
  const auto seconds = parse_number<double>(text);
  if (!seconds || !(*seconds >= kMinSeconds && *seconds <= kMaxSeconds)) {
    return bad_value(Origin{setting.variable, Errc::config}, text,
                     fmt::format("a number of seconds from {} to {}", kMinSeconds, kMaxSeconds));
  }
  into.*setting.member = ms_of(*seconds);
  return {};
}

Status apply_environment(Environment env, Settings& into) {
  const auto text = [&](const char* name, std::string& member) {
    const char* value = env(name);
    if (value != nullptr && *value != 0) member = value;
  };
  text("OFFSYNC_REMOTE", into.remote);
  text("OFFSYNC_SOURCE", into.source);
  text("OFFSYNC_TOKEN", into.token);
  text("OFFSYNC_TOKEN_FILE", into.token_file);
  text("OFFSYNC_CA_FILE", into.ca_file);
  text("OFFSYNC_CERT_FILE", into.cert_file);
  text("OFFSYNC_KEY_FILE", into.key_file);
  std::string output;
  std::string color;
  text("OFFSYNC_OUTPUT", output);
  text("OFFSYNC_COLOR", color);
  if (const char* no_color = env("NO_COLOR"); no_color != nullptr && *no_color != 0) {
    into.color = When::never;  // https://no-color.org
  }
  if (!output.empty()) {
    OFFSYNC_TRY(parse(output, Origin{"OFFSYNC_OUTPUT", Errc::config}, into.format));
  }
  if (!color.empty()) {
    OFFSYNC_TRY(parse(color, Origin{"OFFSYNC_COLOR", Errc::config}, into.color));
  }
  for (const SecondsSetting& setting : kSecondsSettings) {
    OFFSYNC_TRY(apply_seconds(env, setting, into));
  }
  return {};
}

Status apply_flags(const Flags& flags, Settings& into) {
  if (flags.remote) into.remote = *flags.remote;
  if (flags.ca_file) into.ca_file = *flags.ca_file;
  if (flags.cert_file) into.cert_file = *flags.cert_file;
  if (flags.key_file) into.key_file = *flags.key_file;
  if (flags.output) OFFSYNC_TRY(parse(*flags.output, Origin{"--output", Errc::usage}, into.format));
  if (flags.json && flags.output && into.format != Format::json) {
    return make_error(Errc::usage, "bad_argument",
                      fmt::format("--json and -o {} contradict each other", *flags.output));
  }
  if (flags.json) into.format = Format::json;
  into.pager = !flags.no_pager;
  if (flags.color) OFFSYNC_TRY(parse(*flags.color, Origin{"--color", Errc::usage}, into.color));
  into.quiet = flags.quiet;
  return {};
}

}  // namespace

const char* process_environment(const char* name) {
  return std::getenv(name);
}

Result<Settings> resolve_settings(const Flags& flags, Environment env) {
  Settings settings;
  Home home = find_home(flags, env);
  settings.home = std::move(home.folder);
  settings.looked_for = std::move(home.looked_for);
  OFFSYNC_ASSIGN(auto files, read_files(settings.home, env));
  for (std::size_t i = 0; i < files.size(); ++i) {
    OFFSYNC_TRY(apply_file(files[i], i == 2, settings));
  }
  OFFSYNC_TRY(apply_environment(env, settings));
  OFFSYNC_TRY(apply_flags(flags, settings));
  return settings;
}

std::string remote_of(const Settings& settings, const ReplicaInfo& info) {
  if (!settings.remote.empty()) return settings.remote;
  return info.remote.empty() ? settings.default_remote : info.remote;
}

Result<std::string> authorization(const Settings& settings) {
  // What ends a header, or is no text.
  const auto printable = [](const std::string& token) {
    return std::none_of(token.begin(), token.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  };
  if (!settings.token.empty() && !printable(settings.token)) {
    return make_error(Errc::config, "bad_settings",
                      "OFFSYNC_TOKEN has a character in it that no token has", "set it anew");
  }
  if (!settings.token.empty()) return "Bearer " + settings.token;
  if (settings.token_file.empty()) return std::string();
  constexpr std::size_t kTokenBytes = 8192;
  auto read = read_small_file(settings.token_file, kTokenBytes, true);
  if (!read && read.error().code != "too_large") {
    const Errc kind = read.error().kind == Errc::auth ? Errc::auth : Errc::config;
    return make_error(kind, "bad_settings", "the token file: " + read.error().detail,
                      "set token_file or OFFSYNC_TOKEN");
  }
  std::string token = read ? std::move(read).value() : std::string();
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.empty() || !printable(token)) {
    return make_error(
        Errc::config, "bad_settings",
        fmt::format("the token file {} does not hold one line with a token", settings.token_file));
  }
  return "Bearer " + token;
}

Result<std::string> replica_file(const Settings& settings) {
  if (!settings.home.empty()) return database_of(settings.home);
  return make_error(Errc::no_input, "no_replica",
                    fmt::format("there is no replica {}", settings.looked_for),
                    "make one with: offsync init");
}

}  // namespace offsync::cli
