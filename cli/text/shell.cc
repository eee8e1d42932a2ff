#include "cli/text/shell.h"

#include "base/text.h"

namespace offsync::cli {
namespace {

// What no shell takes for more than itself, wherever it stands in a word.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
         std::string_view("_-./:=+,@%").find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_word(std::string_view text) {
  bool plain = !text.empty(), special = false;
  for (const char c : text) {
    plain = plain && is_plain(c);
    special = special || std::string_view("\"$`\\!").find(c) != std::string_view::npos;
  }
  if (plain) return std::string(text);
  if (!special) return "\"" + std::string(text) + "\"";
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string shell_assignment(std::string_view name, std::string_view value) {
  return shell_word(name) + "=" + (value.empty() ? "" : shell_word(value));
}

std::string watch_command(int argc, const char* const* argv, std::string_view after) {
  std::string command = "offsync";
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--after" || word == "--from") {
      ++i;  // and its value
    } else if (!word.starts_with("--after=") && !word.starts_with("--from=")) {
      command += " " + shell_word(word);
    }
  }
  return command.append(" --after ").append(after);
}

}  // namespace offsync::cli
