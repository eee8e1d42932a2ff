// The proxy's settings: flag > environment (OFFSYNC_PROXY_…) > TOML file > default. All three ways
// name the same settings and go through the same checks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proxy/ops/logger.h"
#include "proxy/options.h"
#include "proxy/tls/options.h"

namespace offsync::proxy {

// Which events of a space's log are to be forgotten: one of the three says it.
struct CompactTask {
  std::string space;
  std::optional<std::uint64_t> keep;    // all but the newest so many
  std::optional<std::uint64_t> before;  // those in front of this sequence, which is not 0
  std::optional<std::uint64_t> days;    // those recorded longer ago, at most kMostDays
  bool dry_run = false;
};

struct Config {
  ServerOptions server;
  std::string store_file;    // SQLite
  bool store_named = false;  // it is not the default one
  std::string config_file;   // that was read, or empty
  std::string pidfile, log_file, ready_file;
  TlsFiles tls;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  bool daemon = false;
  bool new_epoch = false;              // begin the store's logs anew, and end
  bool check = false;                  // read all of the store, and end
  std::optional<CompactTask> compact;  // shorten a log, and end
};

// What came of the command line: a configuration to run with, or a text and an exit code.
struct Parsed {
  std::optional<Config> config;
  int exit_code = 0;     // 0: help, version or --check-config; 2: usage; 78: settings; 66: no file
  std::string out, err;  // for stdout and stderr, whole lines
};

using Environment = std::function<const char*(const char* name)>;

// `args` without the program's name.
Parsed parse_config(const std::vector<std::string>& args, const Environment& environment);

}  // namespace offsync::proxy
