// One TOML file of settings.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace offsync::cli {

// Bounds of every setting in seconds.
inline constexpr double kMinSeconds = 0.001;
inline constexpr double kMaxSeconds = 86'400;

struct FileSettings {
  std::string file;
  std::optional<std::string> remote, source, output, color, token_file, ca_file, cert_file,
      key_file;
  unsigned output_line = 0, color_line = 0;  // whose values are not looked at here
  // Seconds
  std::optional<double> connect_timeout, ask_timeout, request_timeout, stream_timeout, retry_wait;
};

// Nothing where there is no such file. Errors: config `bad_settings` with file and line, io.
Result<std::optional<FileSettings>> read_settings_file(const std::string& file);

}  // namespace offsync::cli
