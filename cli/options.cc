#include "cli/options.h"

#include "cli/help.h"

namespace offsync::cli {
namespace {

CLI::Option* add_optional(CLI::App& app, const std::string& name, std::optional<std::string>& value,
                          const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&value](const std::string& text) { value = text; }, help);
}

}  // namespace

void add_common_options(CLI::App& app, Flags& flags) {
  add_optional(app, "-C,--directory", flags.dir, "Use the replica of this folder")
      ->type_name("DIR")
      ->group(kCommonGroup);
  add_optional(app, "-o,--output", flags.output, "text, json or ndjson")
      ->type_name("FORMAT")
      ->group(kCommonGroup);
  add_optional(app, "--color", flags.color, "auto, always or never")
      ->type_name("WHEN")
      ->group(kCommonGroup);
  app.add_flag("-q,--quiet", flags.quiet, "Say nothing on stderr but errors")->group(kCommonGroup);
  app.set_help_flag("-h,--help", "Print this help")->group(kCommonGroup);
}

CLI::App* add_command(CLI::App& app, const CommandText& text, Flags& flags) {
  CLI::App* command = app.add_subcommand(text.name, text.summary);
  set_help(*command, text);
  add_common_options(*command, flags);
  return command;
}

void add_remote_option(CLI::App& command, Flags& flags) {
  add_optional(command, "--remote", flags.remote, "The space, http(s)://HOST[:PORT]/v1/spaces/NAME")
      ->type_name("URL");
}

CLI::Option* add_repeated(CLI::App& command, const std::string& name,
                          std::vector<std::string>& values, const std::string& help) {
  return command.add_option(name, values, help)->allow_extra_args(false);
}

}  // namespace offsync::cli
