#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "cli/help.h"

namespace offsync::cli {
namespace {

constexpr int kManyWords = 1 << 20;  // more than a command line holds

CLI::Option* add_optional(CLI::App& app, const std::string& name, std::optional<std::string>& value,
                          const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&value](const std::string& text) { value = text; }, help);
}

std::string whole_number(const std::string& text) {
  if (parse_number(text)) return {};
  return fmt::format("'{}' is not a whole number from 0 to {}", text, UINT64_MAX);
}

}  // namespace

Error wrong_arguments(const CommandText& text, std::string detail) {
  return make_error(Errc::usage, "bad_argument", std::move(detail),
                    fmt::format("see: offsync {} --help", text.name));
}

Status check_asking(const CommandText& text, bool offline, bool require_proxy) {
  if (!offline || !require_proxy) return {};
  return wrong_arguments(text, "--offline and --require-proxy contradict each other");
}

ValueCheck one_of(std::vector<std::string> words) {
  return [words = std::move(words)](const std::string& text) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
    return fmt::format("'{}' is not one of {}", text, fmt::join(words, ", "));
  };
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

Options add_command(CLI::App& app, const CommandText& text, Flags& flags) {
  CLI::App* command = app.add_subcommand(text.name, text.summary);
  set_help(*command, text);
  add_common_options(*command, flags);
  return Options(*command);
}

void Options::word(const char* name, std::string& to, const char* help) {
  app_.add_option(name, to, help)->group("");
}

// What CLI11 knows as a vector it would split where a word is "[a,b]".
void Options::words(const char* name, std::vector<std::string>& to, const char* help) {
  app_.add_option(
          name, [&to](const CLI::results_t& words) { return (to = words, true); }, help)
      ->expected(kManyWords, kManyWords)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("");
}

void Options::flag(const char* names, bool& to, const char* help) {
  app_.add_flag(names, to, help);
}

void Options::text(const char* names, const char* value, std::string& to, const char* help,
                   ValueCheck check) {
  CLI::Option* option = app_.add_option(names, to, help)->type_name(value);
  if (check) option->check(std::move(check));
}

void Options::text(const char* names, const char* value, std::optional<std::string>& to,
                   const char* help) {
  add_optional(app_, names, to, help)->type_name(value);
}

void Options::number(const char* names, const char* value, std::optional<std::uint64_t>& to,
                     const char* help) {
  app_.add_option_function<std::uint64_t>(
          names, [&to](const std::uint64_t& number) { to = number; }, help)
      ->type_name(value)
      ->check(whole_number);
}

void Options::repeated(const char* names, const char* value, std::vector<std::string>& to,
                       const char* help) {
  app_.add_option(names, to, help)->allow_extra_args(false)->type_name(value);
}

void Options::asking(bool& offline, bool& require_proxy) {
  flag("--offline", offline, "Ask the replica alone");
  flag("--require-proxy", require_proxy, "Exit with 69 where the proxy does not answer");
}

void Options::remote(Flags& flags) {
  text("--remote", "URL", flags.remote, "The space, http(s)://HOST[:PORT]/v1/spaces/NAME");
}

void Options::tls(Flags& flags) {
  text("--cacert", "FILE", flags.ca_file, "https: trust the certificates in this file alone");
  text("--cert", "FILE", flags.cert_file, "https: show this certificate to the proxy");
  text("--key", "FILE", flags.key_file, "https: the key of that certificate");
}

}  // namespace offsync::cli
