#include <fmt/format.h>

#include <CLI/Config.hpp>     // holds virtual functions that CLI/App.hpp only declares
#include <CLI/Formatter.hpp>  // this, too
#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>

#include "base/process.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/text/memory.h"
#include "cli/text/output.h"
#include "cli/usage.h"

namespace offsync::cli {
namespace {

struct Program {
  Flags flags;
  std::vector<std::unique_ptr<Command>> commands = all_commands();
  std::unique_ptr<CLI::App> app;
};

// CLI11 would take --create=no.
void refuse_flag_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) option->disable_flag_override();
  }
  for (CLI::App* command : app.get_subcommands({})) refuse_flag_values(*command);
}

// The tree of commands. With `only`, that of one command alone: defining all of them would cost
// every `emit` half a millisecond.
void define(Program& program, const Command* only) {
  program.app = std::make_unique<CLI::App>("offsync", "offsync");
  CLI::App& app = *program.app;
  add_common_options(app, program.flags);
  app.set_version_flag("-V,--version", OFFSYNC_VERSION, "Print the version")->group(kCommonGroup);
  app.require_subcommand(1);
  set_program_help(app);
  for (const auto& command : program.commands) {
    if (only == nullptr || command.get() == only) command->define(app, program.flags);
  }
  refuse_flag_values(app);
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

std::vector<std::string> names_of(const Program& program) {
  std::vector<std::string> names;
  for (const auto& command : program.commands) names.emplace_back(command->name());
  return names;
}

// Parses the arguments; a code where the program is thereby done.
std::optional<int> parse(const Context& context, Program& program) {
  try {
    program.app->parse(context.argc, context.argv);
  } catch (const CLI::CallForVersion&) {
    return print("offsync " OFFSYNC_VERSION "\n");
  } catch (const CLI::CallForHelp&) {
    const auto parsed = program.app->get_subcommands();
    return print(parsed.empty() ? program.app->help() : parsed.front()->help());
  } catch (const CLI::ParseError& error) {
    return report(usage_error(error, *program.app, names_of(program)));
  }
  const Status given = no_empty_values(*program.app);
  return given ? std::nullopt : std::optional<int>(report(given.error()));
}

// offsync help [COMMAND]: the same as --help, for those who try it first.
int help(Program& program, const Context& context) {
  define(program, nullptr);
  if (context.argc == 2) return print(program.app->help());
  const std::string name = context.argv[2];
  if (find_command(program, name) == nullptr) {
    return report(no_such_command(name, names_of(program)));
  }
  return print(program.app->get_subcommand(name)->help());
}

int run_checked(Context& context) {
  Program program;
  Command* chosen = context.argc > 1 ? find_command(program, context.argv[1]) : nullptr;
  if (chosen == nullptr && context.argc > 1 && context.argv[1][0] != '-') {
    if (context.argv[1] == std::string_view("help")) return help(program, context);
    return report(no_such_command(context.argv[1], names_of(program)));
  }
  define(program, chosen);
  if (context.argc == 1) {
    (void)print(program.app->help());
    return kUsage;
  }
  if (const auto code = parse(context, program)) return *code;
  if (chosen == nullptr)
    chosen = find_command(program, program.app->get_subcommands()[0]->get_name());
  auto settings = resolve_settings(program.flags, process_environment);
  if (!settings) return report(settings.error());
  return chosen->run(context, *settings);
}

}  // namespace

int run_program(Context& context) {
  begin_process();
  exit_on_interrupt();
  try {
    return run_checked(context);
  } catch (const std::bad_alloc&) {
    return report(out_of_memory());
  } catch (const std::exception& error) {
    complain(fmt::format("internal error: {}; this is a bug of offsync, please report it",
                         error.what()));
    return kBug;
  }
}

}  // namespace offsync::cli
