// How a command defines its options. CLI11 stays behind this header and the commands' own files;
// help is printed by cli/help.h, so that it is the same with every version of CLI11.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/settings.h"

namespace offsync::cli {

struct CommandText {
  const char* name;
  const char* summary;   // one line, no full stop
  const char* usage;     // what follows the name: "TYPE SUBJECT [name=text]… [OPTIONS]"
  const char* about;     // paragraphs, or ""
  const char* examples;  // lines, each as it is typed
};

// Adds the subcommand and the options that all commands have (-C, -o, --color, -q).
CLI::App* add_command(CLI::App& app, const CommandText& text, Flags& flags);
// The latter alone, for the program itself: offsync -C DIR COMMAND.
void add_common_options(CLI::App& app, Flags& flags);
// --remote, for the commands that talk to the proxy.
void add_remote_option(CLI::App& command, Flags& flags);
// An option that may be repeated and takes one value each time.
CLI::Option* add_repeated(CLI::App& command, const std::string& name,
                          std::vector<std::string>& values, const std::string& help);

// For option->check(): what is wrong with a value that is none of these words, or no whole number
// from 0 on; nothing where it is right.
std::function<std::string(const std::string&)> one_of(std::vector<std::string> words);
std::string whole_number(const std::string& text);

}  // namespace offsync::cli
