// Where the replica is: -C DIR, else $OFFSYNC_HOME, else `.offsync/` in this folder or above as git
// does, else $XDG_DATA_HOME/offsync.
#pragma once

#include <optional>
#include <string>

#include "cli/settings/settings.h"

namespace offsync::cli {

struct Home {
  std::string folder;      // holds replica.db; empty: there is none
  std::string looked_for;  // where it was looked for, in words
};

// -C DIR: DIR itself where it holds a replica.db, else `.offsync/` in it or above; nothing else.
Home find_home(const Flags& flags, Environment env);

// Where `init` makes one: DIR/.offsync, $OFFSYNC_HOME, or ./.offsync; `user`: the XDG place.
std::string home_to_create(const Flags& flags, Environment env, bool user);

std::string user_home(Environment env);           // $XDG_DATA_HOME/offsync; empty: no $HOME either
std::string user_settings_file(Environment env);  // $XDG_CONFIG_HOME/offsync/config.toml, or empty
std::string database_of(const std::string& home);

}  // namespace offsync::cli
