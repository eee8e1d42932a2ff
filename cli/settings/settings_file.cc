#include "cli/settings/settings_file.h"

#include <fmt/format.h>

#include "base/descriptor.h"
#include "base/toml.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kFileBytes = 1024 * 1024;

Error bad_line(const std::string& file, unsigned line, const std::string& why) {
  return make_error(Errc::config, "bad_settings", fmt::format("{}:{}: {}", file, line, why));
}

// Nothing where there is no such file.
Result<std::optional<std::string>> read_file(const std::string& file) {
  auto text = read_small_file(file, kFileBytes);
  if (text) return std::optional<std::string>(std::move(text).value());
  Error error = std::move(text).error();
  if (error.kind == Errc::no_input) return std::optional<std::string>();
  error.detail = "the settings file: " + error.detail;
  return error;
}

std::optional<double> number_of(const TomlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return static_cast<double>(*integer);
  }
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

Status take(FileSettings& settings, const TomlEntry& entry) {
  const auto& [key, node, line] = entry;
  struct Seconds {
    std::string_view key;
    std::optional<double> FileSettings::*member;
  };
  constexpr Seconds kSeconds[] = {
      {"connect_timeout", &FileSettings::connect_timeout},
      {"ask_timeout", &FileSettings::ask_timeout},
      {"request_timeout", &FileSettings::request_timeout},
      {"stream_timeout", &FileSettings::stream_timeout},
      {"retry_wait", &FileSettings::retry_wait},
  };
  for (const Seconds& name : kSeconds) {
    if (name.key != key) continue;
    const auto value = number_of(node);
    settings.*name.member = value;
    if (value && *value >= kMinSeconds && *value <= kMaxSeconds) return {};
    return bad_line(
        settings.file, line,
        fmt::format("{} must be a number of seconds from {} to {}", key, kMinSeconds, kMaxSeconds));
  }
  struct Name {
    std::string_view key;
    std::optional<std::string> FileSettings::*member;
  };
  constexpr Name kNames[] = {
      {"remote", &FileSettings::remote},         {"source", &FileSettings::source},
      {"output", &FileSettings::output},         {"color", &FileSettings::color},
      {"token_file", &FileSettings::token_file}, {"ca_file", &FileSettings::ca_file},
      {"cert_file", &FileSettings::cert_file},   {"key_file", &FileSettings::key_file},
  };
  for (const Name& name : kNames) {
    if (name.key != key) continue;
    const auto* text = std::get_if<std::string>(&node);
    if (text == nullptr) {
      return bad_line(settings.file, line, fmt::format("{} must be a string", key));
    }
    settings.*name.member = *text;
    if (key == "output") settings.output_line = line;
    if (key == "color") settings.color_line = line;
    return {};
  }
  return bad_line(
      settings.file, line,
      fmt::format("unknown setting '{}'; there are remote, source, output, color, "
                  "token_file, ca_file, cert_file, key_file, connect_timeout, ask_timeout, "
                  "request_timeout, stream_timeout and retry_wait",
                  key));
}

}  // namespace

Result<std::optional<FileSettings>> read_settings_file(const std::string& file) {
  OFFSYNC_ASSIGN(auto text, read_file(file));
  if (!text) return std::optional<FileSettings>();
  const auto entries = parse_toml(*text, file);
  if (!entries) return make_error(Errc::config, "bad_settings", entries.error().detail);
  FileSettings settings;
  settings.file = file;
  for (const TomlEntry& entry : *entries) OFFSYNC_TRY(take(settings, entry));
  return std::optional<FileSettings>(std::move(settings));
}

}  // namespace offsync::cli
