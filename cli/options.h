// How a command defines its arguments and options. CLI11 stays behind this header: it takes most of
// the time in which a file that includes it is compiled. Help is printed by cli/help.h, so that it
// is the same with every version of CLI11.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/settings/settings.h"

namespace CLI {
class App;
}

namespace offsync::cli {

struct CommandText {
  const char* name;
  const char* summary;   // one line, no full stop
  const char* usage;     // what follows the name: "TYPE SUBJECT [name=text]… [OPTIONS]"
  const char* about;     // paragraphs, or ""
  const char* examples;  // lines, each as it is typed
};

// What is wrong with a value; nothing where it is right.
using ValueCheck = std::function<std::string(const std::string&)>;

// Those of one command. What they are bound to must live until the command is run. `names` are
// "--all", or "-n,--limit"; `value` is how the help calls the value: "FILE|-".
class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}

  // Arguments, by their order; `words` takes all that are left, each as it was written.
  void word(const char* name, std::string& to, const char* help);
  void words(const char* name, std::vector<std::string>& to, const char* help);

  void flag(const char* names, bool& to, const char* help);
  void text(const char* names, const char* value, std::string& to, const char* help,
            ValueCheck check = nullptr);
  void text(const char* names, const char* value, std::optional<std::string>& to, const char* help);
  void number(const char* names, const char* value, std::optional<std::uint64_t>& to,
              const char* help);
  // May be given many times, with one value each time.
  void repeated(const char* names, const char* value, std::vector<std::string>& to,
                const char* help);
  // --offline and --require-proxy, for the commands that ask the proxy where it answers.
  void asking(bool& offline, bool& require_proxy);
  // --remote, for the commands that have to do with the proxy.
  void remote(Flags& flags);
  // --cacert, --cert and --key, for those that talk to it.
  void tls(Flags& flags);

 private:
  CLI::App& app_;
};

// The error of arguments that do not go together: usage `bad_argument`, with where to look.
Error wrong_arguments(const CommandText& text, std::string detail);
// What Options::asking() has bound. Error: as above, where both are given.
Status check_asking(const CommandText& text, bool offline, bool require_proxy);

// Adds the subcommand and the options that all commands have (-C, -o, --color, -q).
Options add_command(CLI::App& app, const CommandText& text, Flags& flags);
// The latter alone, for the program itself: offsync -C DIR COMMAND.
void add_common_options(CLI::App& app, Flags& flags);

// A check for values that are to be one of these words.
ValueCheck one_of(std::vector<std::string> words);

}  // namespace offsync::cli
