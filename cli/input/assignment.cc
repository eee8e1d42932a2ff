#include "cli/input/assignment.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text/shell.h"
#include "event/decoder.h"
#include "event/value.h"

namespace offsync::cli {
namespace {

enum class Form { text, json, plus, minus };

struct Parts {
  std::string name;
  std::string value;
  Form form = Form::text;
};

Error bad_argument(std::string detail, std::string hint = {}) {
  return make_error(Errc::usage, "bad_argument", std::move(detail), std::move(hint));
}

// A name that ends in a mark or has a blank is allowed, but rarely meant.
Status check_likely(std::string_view what, std::string_view text, std::string_view name,
                    std::string_view expected) {
  constexpr std::string_view kMarks = "+-*/%&|^!?<>~:.,;=@#$`'([{";
  const bool marked = kMarks.find(name.back()) != std::string_view::npos;
  if (!marked && name.find_first_of(" \t") == std::string_view::npos) return {};
  return bad_argument(
      fmt::format("{}'{}' is about a field named '{}', which is hardly meant", what, text, name),
      fmt::format("it takes {}; an event for a field of that name is written with --data",
                  expected));
}

// The first `=` ends the name; the character before it says how the value is meant.
Result<Parts> split(std::string_view text, std::string_view what, bool numbers) {
  const std::size_t equals = text.find('=');
  const std::string expected =
      numbers ? "name=text, name:=json, name+=number or name-=number" : "name=text or name:=json";
  if (equals == std::string_view::npos || equals == 0) {
    return bad_argument(fmt::format("{}'{}' is not {}", what, text, expected));
  }
  Parts parts;
  parts.value = text.substr(equals + 1);
  const char mark = text[equals - 1];
  parts.form = mark == ':'              ? Form::json
               : mark == '+' && numbers ? Form::plus
               : mark == '-' && numbers ? Form::minus
                                        : Form::text;
  parts.name = text.substr(0, parts.form == Form::text ? equals : equals - 1);
  const Status good = check_field_name(parts.name);
  if (!good) return bad_argument(fmt::format("{}{}: {}", what, text, good.error().detail));
  OFFSYNC_TRY(check_likely(what, text, parts.name, expected));
  return parts;
}

std::string negated(const std::string& number) {
  if (number == "0") return number;
  return number.front() == '-' ? number.substr(1) : "-" + number;
}

Result<std::string> json_of(const Parts& parts) {
  if (parts.form == Form::text) {
    if (valid_utf8(parts.value)) return json_string(parts.value);
    return bad_data("malformed", fmt::format("the text of {} is not UTF-8", parts.name));
  }
  auto json = canonical_json(parts.value);
  if (parts.form != Form::json) {
    if (json && (json->front() == '-' || (json->front() >= '0' && json->front() <= '9'))) {
      return parts.form == Form::minus ? negated(*json) : *json;
    }
    return bad_data("malformed", fmt::format("the value of {} is to be a number, and '{}' is none",
                                             parts.name, parts.value));
  }
  if (json) return json;
  Error error = json.error();
  error.detail = fmt::format("the value of {}: {}", parts.name, error.detail);
  if (error.hint.empty()) {
    error.hint = "for plain text write " + shell_assignment(parts.name, parts.value);
  }
  return error;
}

// The words of the decoder for a field in two operations.
Error twice(const std::string& name) {
  return bad_data("bad_operation", fmt::format("the field {} has more than one operation", name));
}

}  // namespace

Status add_assignment(std::string_view text, EventDraft& draft) {
  OFFSYNC_ASSIGN(const Parts parts, split(text, "", true));
  OFFSYNC_ASSIGN(std::string json, json_of(parts));
  const bool counts = parts.form == Form::plus || parts.form == Form::minus;
  auto& fields = counts ? draft.inc : draft.set;
  if (!fields.emplace(parts.name, std::move(json)).second) return twice(parts.name);
  return {};
}

Status add_element(std::string_view option, std::string_view text,
                   std::map<std::string, std::vector<std::string>>& into) {
  OFFSYNC_ASSIGN(const Parts parts, split(text, fmt::format("{} ", option), false));
  OFFSYNC_ASSIGN(std::string json, json_of(parts));
  into[parts.name].push_back(std::move(json));
  return {};
}

Status add_unset(std::string_view name, EventDraft& draft) {
  const Status good = check_field_name(name);
  if (!good) return bad_argument(fmt::format("--unset {}: {}", name, good.error().detail));
  if (name.find('=') != std::string_view::npos) {
    return bad_argument(fmt::format("--unset takes the name of a field, not '{}'", name),
                        "a field whose name has that in it is unset with --data");
  }
  OFFSYNC_TRY(check_likely("--unset ", name, name, "a name"));
  if (std::find(draft.unset.begin(), draft.unset.end(), name) != draft.unset.end()) {
    return twice(std::string(name));
  }
  draft.unset.emplace_back(name);
  return {};
}

}  // namespace offsync::cli
