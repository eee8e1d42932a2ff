// The table of the proxy's settings.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proxy/ops/config.h"

namespace offsync::proxy {

enum class SettingKind { text, number, list };

struct Setting {
  const char* key;  // in TOML; the flag is --key with dashes
  SettingKind kind;
  const char* placeholder;  // of its value in --help
  const char* help;
  const char* standard;  // the default; empty: decided at run time, or none
  // Puts the value into the configuration; what is wrong with it, if it cannot.
  std::optional<std::string> (*apply)(Config& config, const std::string& value);
};

std::span<const Setting> settings();

struct SettingValue {
  std::string text;
  std::string origin;  // "--listen", "OFFSYNC_PROXY_LISTEN", "proxy.toml:3", "default"
};
using SettingValues = std::map<std::string, SettingValue, std::less<>>;

// Adds what the TOML file says to `values`. Errors: no_input `no_config`; config `bad_config` for
// what is not TOML, a key that there is not, or a value of the wrong type.
Status read_settings_file(const std::string& file, SettingValues& values);

// Adds the variables OFFSYNC_PROXY_… that are not empty, which beat what is there.
void read_settings_environment(const Environment& environment, SettingValues& values);

// Errors: config `bad_setting`.
Result<Config> apply_settings(const SettingValues& values);

std::string flag_of(const Setting& setting);      // --max-streams
std::string variable_of(const Setting& setting);  // OFFSYNC_PROXY_MAX_STREAMS

}  // namespace offsync::proxy
