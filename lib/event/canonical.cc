#include "event/canonical.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "event/checks.h"

namespace offsync::canonical {
namespace {

bool digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  text.remove_prefix(count);
  return count > 0;
}

// The numbers that are nearly all numbers, without simdjson's conversion: up to 18 digits.
bool short_integer(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  if (text.empty() || text.size() > 18 || (text[0] == '0' && text.size() > 1)) return false;
  return digits(text) && text.empty();
}

}  // namespace

bool is_number(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  if (!text.empty() && text[0] == '0') {
    text.remove_prefix(1);
  } else if (!digits(text)) {
    return false;
  }
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (!digits(text)) return false;
  }
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    if (!digits(text)) return false;
  }
  return text.empty();
}

std::string_view Walker::token(od::value& value) {
  std::string_view text = value.raw_json_token();
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\t' ||
                           text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

bool Walker::fail(std::string_view code, std::string_view detail) {
  if (!failed_) error_ = bad_data(std::string(code), std::string(detail));
  failed_ = true;
  return false;
}

bool Walker::fail(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return fail("malformed", "the text is not UTF-8");
    case simdjson::UNCLOSED_STRING:
      return fail("malformed", "a string is not closed");
    case simdjson::STRING_ERROR:
      return fail("malformed", "a string has a bad escape or half of a surrogate pair");
    case simdjson::UNESCAPED_CHARS:
      return fail("malformed", "a string has a control character that is not escaped");
    case simdjson::EMPTY:
      return fail("malformed", "there is no JSON in it");
    case simdjson::DEPTH_ERROR:
      return fail("too_deep", fmt::format("it is nested deeper than {} levels", limits::kDepth));
    default:
      return fail("malformed", "it is not well-formed JSON");
  }
}

bool Walker::write(od::value value, int depth) {
  od::json_type type{};
  if (const auto error = value.type().get(type)) return fail(error);
  switch (type) {
    case od::json_type::string:
      return write_string(value);
    case od::json_type::number:
      return write_number(value);
    case od::json_type::object:
      return write_object(value, depth);
    case od::json_type::array:
      return write_array(value, depth);
    default:
      return write_word(token(value));
  }
}

bool Walker::write_word(std::string_view word) {
  if (word != "true" && word != "false" && word != "null") {
    return fail("malformed", "it is not well-formed JSON");
  }
  out_.put(word);
  return true;
}

bool Walker::write_number(od::value& value) {
  const std::string_view text = token(value);
  if (!short_integer(text)) {
    if (!is_number(text)) return fail("malformed", "a number is not well-formed");
    od::number number;
    if (value.get_number().get(number) != simdjson::SUCCESS ||
        (number.is_double() && !std::isfinite(number.get_double()))) {
      return fail("bad_number",
                  fmt::format("the number {} could not be kept exactly by everybody; "
                              "integers go from -2^63 to 2^64-1, others to 1.7976931348623157e308",
                              text.substr(0, 40)));
    }
  }
  out_.put(text);
  return true;
}

bool Walker::write_string(od::value& value) {
  const std::string_view text = token(value);
  if (std::memchr(text.data(), '\\', text.size()) == nullptr) {
    // Stage 1 of simdjson has refused control characters, so the raw text is canonical.
    if (text.size() < 2 || text.back() != '"')
      return fail("malformed", "it is not well-formed JSON");
    out_.put(text);
    return pass_string(value);
  }
  std::string_view plain_text;
  if (const auto error = value.get_string().get(plain_text)) return fail(error);
  write_quoted(out_, plain_text);
  return true;
}

// A string that is left where it is and that a colon follows is a name to simdjson, which then
// passes over all that comes, up to a closing brace.
bool Walker::pass_string(od::value& value) {
  const auto error = value.get_raw_json_string().error();
  return error == simdjson::SUCCESS || fail(error);
}

bool Walker::read_string(od::value& value, std::string_view& text, std::string_view what) {
  bool had_escape = false;
  return read_string(value, text, what, had_escape);
}

bool Walker::read_string(od::value& value, std::string_view& text, std::string_view what,
                         bool& had_escape) {
  const std::string_view raw = token(value);
  if (raw.size() < 2 || raw.front() != '"') {
    return fail("malformed", fmt::format("{} must be a string", what));
  }
  had_escape = std::memchr(raw.data(), '\\', raw.size()) != nullptr;
  if (!had_escape && raw.back() == '"') {
    text = raw.substr(1, raw.size() - 2);
    return pass_string(value);
  }
  if (const auto error = value.get_string().get(text)) return fail(error);
  return true;
}

bool Walker::read_name(od::field& field, std::string_view& name) {
  const char* const raw = field.key().raw();
  const char* end = raw;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '"') {
    name = {raw, static_cast<std::size_t>(end - raw)};
    return true;
  }
  if (const auto error = field.unescaped_key().get(name)) return fail(error);
  return true;
}

bool Walker::write_name(od::field& field, std::string_view& name) {
  const char* const raw = field.key().raw();
  if (!read_name(field, name)) return false;
  if (name.data() == raw) {
    const char* const begin = out_.at() + 1;
    out_.put({raw - 1, name.size() + 2});
    name = {begin, name.size()};
  } else {
    write_quoted(out_, name);
  }
  out_.put(':');
  return true;
}

bool Walker::write_array(od::value value, int depth) {
  if (depth >= limits::kDepth) return fail(simdjson::DEPTH_ERROR);
  od::array array;
  if (const auto error = value.get_array().get(array)) return fail(error);
  out_.put('[');
  bool first = true;
  for (auto item : array) {
    if (item.error() != simdjson::SUCCESS) return fail(item.error());
    od::value element = item.value_unsafe();
    if (!first) out_.put(',');
    first = false;
    if (!write(element, depth + 1)) return false;
  }
  out_.put(']');
  return true;
}

bool Walker::write_object(od::value value, int depth) {
  if (depth >= limits::kDepth) return fail(simdjson::DEPTH_ERROR);
  od::object object;
  if (const auto error = value.get_object().get(object)) return fail(error);
  char* const begin = out_.at();
  out_.put('{');
  std::vector<Member> members;
  bool sorted = true;
  for (auto item : object) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return fail(error);
    if (!members.empty()) out_.put(',');
    const char* const at = out_.at();
    std::string_view name;
    if (!write_name(field, name)) return false;
    if (!members.empty() && name <= members.back().name) sorted = false;
    if (!write(field.value(), depth + 1)) return false;
    members.push_back({name, out_.since(at)});
  }
  out_.put('}');
  if (sorted) return true;
  std::string scratch;
  if (!sort_members(members, begin, scratch)) {
    const auto twice =
        std::adjacent_find(members.begin(), members.end(),
                           [](const Member& a, const Member& b) { return a.name == b.name; });
    return fail("duplicate_name",
                fmt::format("an object has the name \"{}\" twice", printable(twice->name)));
  }
  return true;
}

bool sort_members(std::vector<Member>& members, char* begin, std::string& scratch) {
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.name < b.name; });
  for (std::size_t i = 1; i < members.size(); ++i) {
    if (members[i].name == members[i - 1].name) return false;
  }
  scratch.clear();
  for (const Member& member : members) {
    scratch += scratch.empty() ? '{' : ',';
    scratch += member.text;
  }
  std::copy(scratch.begin(), scratch.end(), begin);
  return true;
}

}  // namespace offsync::canonical
