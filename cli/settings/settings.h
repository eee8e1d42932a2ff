// Settings: flag > environment (OFFSYNC_…) > replica > user > system. The files are TOML:
// <replica>/config.toml, $XDG_CONFIG_HOME/offsync/config.toml, /etc/offsync/config.toml.
//
//   key              environment              meaning
//   remote           OFFSYNC_REMOTE           http(s)://host[:port]/v1/spaces/NAME
//   source           OFFSYNC_SOURCE           CloudEvents source of our own events (used by init)
//   output           OFFSYNC_OUTPUT           text | json | ndjson
//   color            OFFSYNC_COLOR, NO_COLOR  auto | always | never
//   token_file       OFFSYNC_TOKEN_FILE       file with the proxy's bearer token
//   (never a file)   OFFSYNC_TOKEN            the token itself
//   ca_file          OFFSYNC_CA_FILE          PEM file with the certificates to trust
//   cert_file        OFFSYNC_CERT_FILE        PEM file with the client's own certificate
//   key_file         OFFSYNC_KEY_FILE         PEM file with the key of that
//
// and, in seconds:
//
//   connect_timeout  OFFSYNC_CONNECT_TIMEOUT  how long to wait for a connection
//   ask_timeout      OFFSYNC_ASK_TIMEOUT      without a byte, where the replica can answer instead
//   request_timeout  OFFSYNC_REQUEST_TIMEOUT  without a byte, before an answer is given up
//   stream_timeout   OFFSYNC_STREAM_TIMEOUT   the same for the live stream
//   retry_wait       OFFSYNC_RETRY_WAIT       how long the next try to connect is put off at most
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "replica/replica.h"
#include "wire/answer_limits.h"

namespace offsync::cli {

// The common options, as given on the command line.
struct Flags {
  std::optional<std::string> dir;     // -C
  std::optional<std::string> output;  // -o
  std::optional<std::string> color;
  std::optional<std::string> remote;
  std::optional<std::string> ca_file, cert_file, key_file;
  bool json = false;
  bool no_pager = false;
  bool quiet = false;
};

enum class Format { automatic, text, json, ndjson };
enum class When { automatic, always, never };

struct Settings {
  std::string home;        // folder that holds replica.db; empty: there is none
  std::string looked_for;  // where a replica was looked for, for the message
  Format format = Format::automatic;
  When color = When::automatic;
  bool quiet = false;          // no talk on stderr, only errors
  bool pager = true;           // where a terminal gets a list
  std::string remote;          // by flag, environment or the replica's file; empty: not given
  std::string default_remote;  // by the user's or system's file: for a replica that has none
  std::string source;
  std::string token;       // OFFSYNC_TOKEN
  std::string token_file;  // empty: none
  std::string ca_file;     // empty: the system's
  std::string cert_file, key_file;
  std::int64_t connect_timeout_ms = limits::kConnectTimeoutMs;
  std::int64_t ask_timeout_ms = limits::kAskTimeoutMs;
  std::int64_t request_timeout_ms = limits::kRequestTimeoutMs;
  std::int64_t stream_timeout_ms = limits::kStreamDeadMs;
  std::int64_t retry_wait_ms = limits::kBackoffCapMs;
};

// The environment, as a function so that tests can give their own; nullptr: not set.
using Environment = const char* (*)(const char* name);
const char* process_environment(const char* name);

// Resolves everything. Errors are Errc::config and name the file and line, or the variable; a bad
// flag is Errc::usage. Files that are not there are no error.
Result<Settings> resolve_settings(const Flags& flags, Environment env);

// The remote that counts: settings.remote, else the replica's own, else settings.default_remote.
// Empty: none.
std::string remote_of(const Settings& settings, const ReplicaInfo& info);

// "Bearer TOKEN" of the environment's token or the token file; empty: no token is set.
Result<std::string> authorization(const Settings& settings);

// The file of the replica of `settings.home`. Errors: no_input `no_replica`, with where it was
// looked for.
Result<std::string> replica_file(const Settings& settings);

}  // namespace offsync::cli
