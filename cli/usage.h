// What was wrong with the arguments, in our words: those of CLI11 change with its version, and
// speak of subcommands, conversions and ranges.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace offsync::cli {

// The error of a failed app.parse(); `names` are all commands.
Error usage_error(const CLI::ParseError& error, const CLI::App& app,
                  const std::vector<std::string>& names);

// There is no such command; perhaps another one was meant.
Error no_such_command(const std::string& word, const std::vector<std::string>& names);

// An option or argument that was given, but empty, as by a script whose variable is not set: none
// of ours means anything then, and to take it for not given would do something else than was asked.
Status no_empty_values(const CLI::App& app);

}  // namespace offsync::cli
