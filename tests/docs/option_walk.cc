// Prints the tree of commands and options, a line each, for options_test.py:
//
//   emit                      a command
//   queue retry               a command below it
//   emit<TAB>--batch<TAB>own  an option; "common" where all commands have it
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"

namespace {

void walk(const CLI::App& app, const std::string& path) {
  for (const CLI::Option* option : app.get_options()) {
    const char* group = option->get_group() == offsync::cli::kCommonGroup ? "common" : "own";
    for (const std::string& name : option->get_lnames()) {
      std::printf("%s\t--%s\t%s\n", path.c_str(), name.c_str(), group);
    }
    for (const std::string& name : option->get_snames()) {
      std::printf("%s\t-%s\t%s\n", path.c_str(), name.c_str(), group);
    }
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string below = path.empty() ? command->get_name() : path + " " + command->get_name();
    std::printf("%s\n", below.c_str());
    walk(*command, below);
  }
}

}  // namespace

int main() {
  CLI::App app("offsync", "offsync");
  offsync::cli::Flags flags;
  offsync::cli::add_common_options(app, flags);
  const auto commands = offsync::cli::all_commands();
  for (const auto& command : commands) command->define(app, flags);
  walk(app, "");
  return 0;
}
