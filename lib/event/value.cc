#include "event/value.h"

#include <fmt/format.h>

#include "event/canonical.h"

namespace offsync {
namespace {

struct StringSink {
  std::string& out;
  void put(char c) { out.push_back(c); }
  void put(std::string_view text) { out.append(text); }
};

}  // namespace

Result<std::string> canonical_json(std::string_view text) {
  using namespace canonical;
  if (text.size() > limits::kLineBytes) {
    return bad_data("too_large", fmt::format("the value has {} bytes; at most {} can be taken",
                                             text.size(), limits::kLineBytes));
  }
  // Wrapped, so that a scalar takes the same road as any other value.
  const simdjson::padded_string padded(fmt::format("[{}]", text));
  Out out;
  out.reset(padded.size());
  Walker walker(out);
  od::parser parser;
  od::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    walker.fail(error);
    return walker.take_error();
  }
  od::array array;
  if (const auto error = document.get_array().get(array)) {
    walker.fail(error);
    return walker.take_error();
  }
  std::size_t values = 0;
  for (auto item : array) {
    od::value value;
    if (const auto error = std::move(item).get(value)) {
      walker.fail(error);
      return walker.take_error();
    }
    if (++values == 1 && !walker.write(value, 0)) return walker.take_error();
    if (values > 1) break;
  }
  const bool more = document.current_location().error() == simdjson::SUCCESS;
  if (values != 1 || more) return bad_data("malformed", "it is not one JSON value");
  return std::string(out.all());
}

void append_json_string(std::string& out, std::string_view text) {
  StringSink sink{out};
  canonical::write_quoted(sink, text);
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

std::string plain_text(std::string_view canonical) {
  if (canonical.size() < 2 || canonical.front() != '"') return std::string(canonical);
  const simdjson::padded_string padded(canonical);
  canonical::od::parser parser;
  canonical::od::document document;
  std::string_view text;
  if (parser.iterate(padded).get(document) || document.get_string().get(text)) {
    return std::string(canonical);
  }
  return std::string(text);
}

bool valid_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace offsync
