#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "cli/help.h"

namespace offsync::cli {
namespace {

CLI::Option* add_optional(CLI::App& app, const std::string& name, std::optional<std::string>& value,
                          const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&value](const std::string& text) { value = text; }, help);
}

// Whether all of `text` is a number, which goes to `value`.
template <class Number>
bool is_number(const std::string& text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

}  // namespace

std::function<std::string(const std::string&)> one_of(std::vector<std::string> words) {
  return [words = std::move(words)](const std::string& text) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
    return fmt::format("'{}' is not one of {}", text, fmt::join(words, ", "));
  };
}

std::string whole_number(const std::string& text) {
  std::uint64_t value = 0;
  if (is_number(text, value)) return {};
  return fmt::format("'{}' is not a whole number from 0 to {}", text, UINT64_MAX);
}

void add_common_options(CLI::App& app, Flags& flags) {
  add_optional(app, "-C,--directory", flags.dir, "Use the replica of this folder")
      ->type_name("DIR")
      ->group(kCommonGroup);
  add_optional(app, "-o,--output", flags.output,
               "text, json or ndjson; by default text on a terminal")
      ->type_name("FORMAT")
      ->group(kCommonGroup);
  app.add_flag("--json", flags.json, "The same as -o json")->group(kCommonGroup);
  add_optional(app, "--color", flags.color, "auto (default), always or never")
      ->type_name("WHEN")
      ->group(kCommonGroup);
  app.add_flag("--no-pager", flags.no_pager, "Print lists on a terminal without a pager")
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
