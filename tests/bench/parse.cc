#include "bench/parse.h"

#include <simdjson.h>

#include <chrono>
#include <cstring>

#include "bench/failure.h"

namespace offsync::bench {
namespace {

using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

// The members that were met. Throws simdjson_error where the JSON is not as it should be.
std::size_t visit_members(object members) {
  std::size_t seen = 0;
  for (auto field : members) {
    ++seen;
    if (field.key() == "data") {
      for (auto inner : object(field.value().get_object())) {
        (void)inner.key();
        ++seen;
      }
    }
  }
  return seen;
}

std::size_t read_value(value element);

std::size_t read_members(object members) {
  std::size_t bytes = 0;
  for (auto field : members) {
    bytes += std::string_view(field.unescaped_key()).size();
    bytes += read_value(field.value());
  }
  return bytes;
}

// A sum over what was read, so that nothing of it can be left out.
std::size_t read_value(value element) {
  switch (element.type()) {
    case json_type::object:
      return read_members(element.get_object());
    case json_type::array: {
      std::size_t bytes = 0;
      for (auto item : element.get_array()) bytes += read_value(item.value());
      return bytes;
    }
    case json_type::string:
      return std::string_view(element.get_string()).size();
    case json_type::number:
      return static_cast<std::size_t>(double(element.get_double()) != 0);
    case json_type::boolean:
      return bool(element.get_bool()) ? 2 : 1;
    case json_type::null:
      return element.is_null() ? 1 : 0;
  }
  return 0;
}

}  // namespace

Parser::Parser(std::string text, std::size_t lines)
    : text_(std::move(text)), bytes_(text_.size()), lines_(lines) {
  text_.append(simdjson::SIMDJSON_PADDING, ' ');
}

Parser::~Parser() = default;

template <typename Use>
double Parser::each_line(const char* what, Use use) const {
  simdjson::ondemand::parser parser;
  std::size_t lines = 0, seen = 0;
  const auto start = std::chrono::steady_clock::now();
  try {
    for (const char *at = text_.data(), *end = at + bytes_; at < end; ++lines) {
      const auto* newline =
          static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      if (newline == nullptr) throw Failure("the log's last line has no end");
      const auto length = static_cast<std::size_t>(newline - at);
      document line = parser.iterate(at, length, length + simdjson::SIMDJSON_PADDING);
      seen += use(line);
      at = newline + 1;
    }
  } catch (const simdjson::simdjson_error& error) {
    throw Failure(std::string("simdjson cannot read the log: ") + error.what());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (lines != lines_ || seen < lines) {
    throw Failure(std::string("simdjson (") + what + ") has not seen all of the log");
  }
  return took.count();
}

double Parser::index() const {
  return each_line("index", [](document& line) { return line.is_alive() ? 1U : 0U; });
}

double Parser::visit() const {
  return each_line("visit", [](document& line) { return visit_members(line.get_object()); });
}

double Parser::read() const {
  return each_line("read", [](document& line) { return read_members(line.get_object()); });
}

}  // namespace offsync::bench
