// The help of the program and of each command, made from the tree of options, so that it is the
// same with every version of CLI11.
#pragma once

#include <CLI/App.hpp>

#include "cli/options.h"

namespace offsync::cli {

inline constexpr const char* kCommonGroup = "Common options";

// command.help() is then made of `text` and the command's options. The texts are not copied.
void set_help(CLI::App& command, const CommandText& text);

// app.help() is then what the program is, and its commands with their summaries.
void set_program_help(CLI::App& app);

}  // namespace offsync::cli
