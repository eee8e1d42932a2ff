#include <fmt/format.h>

#include <CLI/Config.hpp>     // holds virtual functions that CLI/App.hpp only declares
#include <CLI/Formatter.hpp>  // this, too
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string_view>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"

namespace offsync::cli {
namespace {

struct Program {
  Flags flags;
  std::vector<std::unique_ptr<Command>> commands = all_commands();
  std::unique_ptr<CLI::App> app;
};

// The tree of commands. With `only`, that of one command alone: defining all of them would cost
// every `emit` half a millisecond.
void define(Program& program, const Command* only) {
  program.app = std::make_unique<CLI::App>("offsync", "offsync");
  CLI::App& app = *program.app;
  add_common_options(app, program.flags);
  app.set_version_flag("--version", OFFSYNC_VERSION, "Print the version")->group(kCommonGroup);
  app.require_subcommand(1);
  set_program_help(app);
  for (const auto& command : program.commands) {
    if (only == nullptr || command.get() == only) command->define(app, program.flags);
  }
}

Command* find_command(const Program& program, std::string_view name) {
  const auto at = std::find_if(program.commands.begin(), program.commands.end(),
                               [&](const auto& command) { return name == command->name(); });
  return at == program.commands.end() ? nullptr : at->get();
}

int print(std::string_view text) {
  Out out;
  out.write(text);
  return out.finish(kOk);
}

// What was wrong with the arguments, and where help is.
int usage_error(const CLI::ParseError& error, const Command* chosen) {
  const std::string command = chosen == nullptr ? "" : std::string(" ") + chosen->name();
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  complain(fmt::format("{}; see: offsync{} --help", what, command));
  return kUsage;
}

// Parses the arguments; a code where the program is thereby done.
std::optional<int> parse(const Context& context, Program& program, const Command* chosen) {
  try {
    program.app->parse(context.argc, context.argv);
    return std::nullopt;
  } catch (const CLI::CallForVersion&) {
    return print("offsync " OFFSYNC_VERSION "\n");
  } catch (const CLI::CallForHelp&) {
    const auto parsed = program.app->get_subcommands();
    return print(parsed.empty() ? program.app->help() : parsed.front()->help());
  } catch (const CLI::ParseError& error) {
    return usage_error(error, chosen);
  }
}

int run_checked(Context& context) {
  Program program;
  Command* chosen = context.argc > 1 ? find_command(program, context.argv[1]) : nullptr;
  if (chosen == nullptr && context.argc > 1 && context.argv[1][0] != '-') {
    complain(fmt::format("there is no command '{}'; see: offsync --help", context.argv[1]));
    return kUsage;
  }
  define(program, chosen);
  if (context.argc == 1) {
    (void)print(program.app->help());
    return kUsage;
  }
  if (const auto code = parse(context, program, chosen)) return *code;
  if (chosen == nullptr)
    chosen = find_command(program, program.app->get_subcommands()[0]->get_name());
  auto settings = resolve_settings(program.flags, process_environment);
  if (!settings) return report(settings.error());
  return chosen->run(context, *settings);
}

}  // namespace

int run_program(Context& context) {
  std::signal(SIGPIPE, SIG_IGN);
  exit_on_interrupt();
  try {
    return run_checked(context);
  } catch (const std::exception& error) {
    complain(fmt::format("internal error: {}; this is a bug of offsync, please report it",
                         error.what()));
    return kBug;
  }
}

}  // namespace offsync::cli
