#include "cli/usage.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>     // holds virtual functions that CLI/App.hpp only declares
#include <CLI/Formatter.hpp>  // this, too
#include <algorithm>

#include "base/option_words.h"
#include "cli/text/suggest.h"

namespace offsync::cli {
namespace {

// "--data" or "ID".
std::string name_of(const CLI::Option& option) {
  if (option.nonpositional()) return option.get_name();
  return option.get_single_name();  // get_name() has none for those that the help does not list
}

// The command that was chosen, else the program itself.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

std::string see_help(const CLI::App& app) {
  return app.get_parent() == nullptr ? "see: offsync --help"
                                     : fmt::format("see: offsync {} --help", app.get_name());
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

Error wrong(const CLI::App& app, std::string detail, const std::string& suggestion = {}) {
  return make_error(Errc::usage, "bad_argument", std::move(detail),
                    suggestion.empty() ? see_help(app) : suggestion);
}

// The command has no option `word` (perhaps with "=value"); perhaps another one was meant.
Error no_such_option(const CLI::App& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  return wrong(command, fmt::format("{} has no option {}", command.get_name(), name),
               did_you_mean(name, options_of(command)));
}

// What nobody takes: an option sooner than a word, since a word behind an unknown option is its
// value more often than not.
Error unexpected(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App& command = innermost(app);
  const auto option = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word.size() > 1 && word[0] == '-';
  });
  if (option == words.end()) {
    return wrong(command,
                 fmt::format("{} takes no argument '{}'", command.get_name(), words.back()));
  }
  return no_such_option(command, *option);
}

const CLI::Option* option_of(const CLI::App& app, const std::string& name) {
  for (const CLI::App* of : {&innermost(app), &app}) {
    for (const std::string& spelling : {name, "--" + name}) {
      if (const CLI::Option* option = of->get_option_no_throw(spelling)) return option;
    }
  }
  return nullptr;
}

// CLI11 begins what it says with the name of the option, a flag's without its dashes.
Error mismatch(const CLI::App& app, const std::string& what) {
  const CLI::Option* option = option_of(app, what.substr(0, what.find_first_of(": ")));
  const CLI::App& command = innermost(app);
  if (option == nullptr) return wrong(command, what);
  return wrong(command,
               wrong_values(name_of(*option), option->get_type_name(),
                            option->get_items_expected_max() > 0, option->results().size()));
}

}  // namespace

Error no_such_command(const std::string& word, const std::vector<std::string>& names) {
  std::string suggestion = did_you_mean(word, names);
  const std::string ours = our_word_for(word);
  if (!ours.empty()) suggestion = fmt::format("did you mean: {}?", ours);
  return make_error(Errc::usage, "no_command", fmt::format("there is no command '{}'", word),
                    suggestion.empty() ? "see: offsync --help" : suggestion);
}

Error usage_error(const CLI::ParseError& error, const CLI::App& app,
                  const std::vector<std::string>& names) {
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  const std::vector<std::string> words = app.remaining(true);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return mismatch(app, what);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    if (words.empty()) return wrong(app, "a command is missing");
    if (words.front()[0] != '-') return no_such_command(words.front(), names);
  }
  return words.empty() ? wrong(innermost(app), what) : unexpected(app, words);
}

Status no_empty_values(const CLI::App& app) {
  const CLI::App& command = innermost(app);
  for (const CLI::App* of : {&app, &command}) {
    for (const CLI::Option* option : of->get_options()) {
      const auto& values = option->results();
      if (option->get_items_expected_max() == 0 ||
          std::find(values.begin(), values.end(), "") == values.end()) {
        continue;
      }
      return wrong(command, fmt::format("{} is empty", name_of(*option)));
    }
  }
  return {};
}

}  // namespace offsync::cli
