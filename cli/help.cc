#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/wrap.h"

namespace offsync::cli {
namespace {

using Row = std::pair<std::string, std::string>;

// "-o, --output FORMAT"; a positional is its name.
std::string spelling(const CLI::Option& option) {
  if (!option.nonpositional()) return option.get_name(true);
  std::string names;
  for (const std::string& name : option.get_snames()) names += "-" + name + ", ";
  for (const std::string& name : option.get_lnames()) names += "--" + name + ", ";
  names.resize(names.size() - 2);
  if (option.get_items_expected_max() > 0) names += " " + option.get_type_name();
  return names;
}

// Paragraphs, which an empty line parts.
std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    out += (out.empty() ? "" : "\n\n") + wrapped(text.substr(0, end), 0, 0);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out;
}

// The forms of a command, a line each.
std::string usages(std::string_view name, std::string_view forms) {
  std::string out;
  while (!forms.empty()) {
    const std::size_t end = std::min(forms.find('\n'), forms.size());
    const std::string start = fmt::format("{} offsync {}", out.empty() ? "Usage:" : "      ", name);
    out += fmt::format("{} {}\n", start,
                       wrapped(forms.substr(0, end), start.size() + 1, start.size() + 1));
    forms.remove_prefix(std::min(end + 1, forms.size()));
  }
  return out;
}

void append_rows(std::string& out, const std::vector<Row>& rows) {
  constexpr std::size_t kWidest = 28;
  std::size_t width = 0;
  for (const Row& row : rows) {
    if (row.first.size() <= kWidest) width = std::max(width, row.first.size());
  }
  for (const auto& [left, text] : rows) {
    const std::string right = wrapped(text, width + 4, width + 4);
    if (left.size() > width) {
      out += fmt::format("  {}\n  {:{}}  {}\n", left, "", width, right);
    } else {
      out += fmt::format("  {:{}}  {}\n", left, width, right);
    }
  }
}

std::vector<Row> options_of(const CLI::App& command, bool common) {
  std::vector<Row> rows;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty() || (option->get_group() == kCommonGroup) != common) continue;
    rows.emplace_back(spelling(*option), option->get_description());
  }
  return rows;
}

std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    out += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

class CommandHelp final : public CLI::FormatterBase {
 public:
  explicit CommandHelp(const CommandText& text) : text_(text) {}

  std::string make_help(const CLI::App* command, std::string /*name*/,
                        CLI::AppFormatMode /*mode*/) const override {
    std::string out = fmt::format("{}\n\n{}", text_.summary, usages(text_.name, text_.usage));
    if (*text_.about != 0) out += fmt::format("\n{}\n", paragraphs(text_.about));
    for (const bool common : {false, true}) {
      const std::vector<Row> rows = options_of(*command, common);
      if (rows.empty()) continue;
      out += common ? "\nCommon options:\n" : "\nOptions:\n";
      append_rows(out, rows);
    }
    out += "\nExamples:\n" + indented(text_.examples);
    return out;
  }

 private:
  CommandText text_;
};

class ProgramHelp final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string /*name*/,
                        CLI::AppFormatMode /*mode*/) const override {
    std::string out =
        "offsync: work offline, meet later\n\nUsage: offsync COMMAND [OPTIONS]\n\nCommands:\n";
    std::vector<Row> rows;
    for (const CLI::App* command : app->get_subcommands({})) {
      rows.emplace_back(command->get_name(), command->get_description());
    }
    append_rows(out, rows);
    rows = options_of(*app, true);
    out += "\nOptions:\n";
    append_rows(out, rows);
    out +=
        "\nExamples:\n"
        "  offsync init --remote http://127.0.0.1:8080/v1/spaces/shop\n"
        "  offsync emit todo.created todo/1 title=\"Buy milk\" done:=false\n"
        "  offsync state todo/1\n"
        "  offsync sync\n"
        "\nThe proxy that replicas sync with is a program of its own: offsync-proxy --help\n"
        "Help of a command: offsync COMMAND --help\n"
        "The manual: man offsync, man offsync-COMMAND\n";
    return out;
  }
};

}  // namespace

void set_help(CLI::App& command, const CommandText& text) {
  command.formatter(std::make_shared<CommandHelp>(text));
}

void set_program_help(CLI::App& app) {
  app.formatter(std::make_shared<ProgramHelp>());
}

}  // namespace offsync::cli
