#include "proxy/api/binary_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/byte_order_mark.h"
#include "event/json_check.h"
#include "event/value.h"
#include "proxy/http/problems.h"
#include "wire/media_type.h"

namespace offsync::proxy {
namespace {

Problem bad(std::string detail) {
  return problem_of(kBadRequest, std::move(detail));
}

// The attribute that a field is; nothing where it is none.
std::optional<std::string> attribute_of(std::string_view field) {
  std::string name(field);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!name.starts_with("ce-")) return std::nullopt;
  return name.substr(3);
}

// What a quoted-string (RFC 9110, 5.6.4) says; other text as it is.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Percent signs decoded once; one that encodes nothing stands for itself.
std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool whole = text[i] == '%' && i + 2 < text.size();
    const int high = whole ? hex_digit(text[i + 1]) : -1;
    const int low = whole ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

bool is_json(std::string_view content_type) {
  const std::string type = media_type(content_type);
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

}  // namespace

bool is_binary_event(const HeaderFields& fields, std::string_view content_type) {
  if (media_type(content_type).starts_with("application/cloudevents")) return false;
  return std::any_of(fields.begin(), fields.end(),
                     [](const auto& field) { return attribute_of(field.first).has_value(); });
}

std::variant<std::string, Problem> structured_event(const HeaderFields& fields,
                                                    std::string_view content_type,
                                                    std::string_view body) {
  std::map<std::string, std::string> attributes;
  for (const auto& [field, value] : fields) {
    const auto name = attribute_of(field);
    if (!name) continue;
    if (*name == "data" || *name == "datacontenttype") {
      return bad(
          fmt::format("ce-{} is no attribute: the body is the data, and Content-Type says "
                      "what it is",
                      *name));
    }
    std::string text = decoded(unquoted(value));
    if (!valid_utf8(*name) || !valid_utf8(text)) {
      return bad(fmt::format("the attribute in {} is not UTF-8 when its percent signs are decoded",
                             field));
    }
    if (!attributes.emplace(*name, std::move(text)).second) {
      return bad(fmt::format("the attribute in {} is there twice", field));
    }
  }
  if (const auto encoding = other_encoding(body); !encoding.empty()) {
    return bad(fmt::format("the data is {}: JSON is sent as UTF-8", encoding));
  }
  body = without_byte_order_mark(body);
  const bool has_data = body.find_first_not_of(" \t\r\n") != std::string_view::npos;
  if (has_data && !is_json(content_type)) {
    return problem_of(
        kUnsupportedType,
        "the data of an event is a JSON object: its Content-Type is application/json");
  }
  if (has_data) {
    if (const Status good = check_json(body); !good) {
      return bad("the data is no JSON object: " + good.error().detail);
    }
    attributes["datacontenttype"] = std::string(content_type);
  }
  std::string event = "{";
  for (const auto& [name, text] : attributes) {
    if (event.size() > 1) event += ',';
    event += json_string(name) + ":" + json_string(text);
  }
  if (has_data) event.append(R"(,"data":)").append(body);
  return event + "}";
}

}  // namespace offsync::proxy
