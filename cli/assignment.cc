#include "cli/assignment.h"

#include <fmt/format.h>

#include <algorithm>

#include "event/decoder.h"
#include "event/value.h"

namespace offsync::cli {
namespace {

enum class Form { text, json, number };

struct Parts {
  std::string name;
  std::string value;
  Form form = Form::text;
};

Error bad_argument(std::string detail, std::string hint = {}) {
  return make_error(Errc::usage, "bad_argument", std::move(detail), std::move(hint));
}

// The first `=` ends the name; the character before it says how the value is meant.
Result<Parts> split(std::string_view text, std::string_view what, bool numbers) {
  const std::size_t equals = text.find('=');
  const std::string expected =
      numbers ? "name=text, name:=json or name+=number" : "name=text or name:=json";
  if (equals == std::string_view::npos || equals == 0) {
    return bad_argument(fmt::format("{}'{}' is not {}", what, text, expected));
  }
  Parts parts;
  parts.value = text.substr(equals + 1);
  const char mark = text[equals - 1];
  parts.form = mark == ':' ? Form::json : mark == '+' && numbers ? Form::number : Form::text;
  parts.name = text.substr(0, parts.form == Form::text ? equals : equals - 1);
  const Status good = check_field_name(parts.name);
  if (!good) return bad_argument(fmt::format("{}{}: {}", what, text, good.error().detail));
  return parts;
}

Result<std::string> json_of(const Parts& parts) {
  if (parts.form == Form::text) {
    if (valid_utf8(parts.value)) return json_string(parts.value);
    return bad_data("malformed", fmt::format("the text of {} is not UTF-8", parts.name));
  }
  auto json = canonical_json(parts.value);
  if (json) return json;
  if (parts.form == Form::number) {
    return bad_data("malformed", fmt::format("the value of {} is to be a number, and '{}' is none",
                                             parts.name, parts.value));
  }
  Error error = json.error();
  error.detail = fmt::format("the value of {}: {}", parts.name, error.detail);
  if (error.hint.empty()) {
    error.hint = fmt::format("for plain text write {}={}", parts.name, parts.value);
  }
  return error;
}

Error twice(const std::string& name) {
  return bad_argument(fmt::format("field {} is given twice", name));
}

}  // namespace

Status add_assignment(std::string_view text, EventDraft& draft) {
  OFFSYNC_ASSIGN(const Parts parts, split(text, "", true));
  OFFSYNC_ASSIGN(std::string json, json_of(parts));
  auto& fields = parts.form == Form::number ? draft.inc : draft.set;
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
  if (std::find(draft.unset.begin(), draft.unset.end(), name) != draft.unset.end()) {
    return twice(std::string(name));
  }
  draft.unset.emplace_back(name);
  return {};
}

}  // namespace offsync::cli
