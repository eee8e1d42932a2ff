// One event in binary mode (CloudEvents 1.0.2, HTTP binding, 3.1): its attributes are header fields
// `ce-NAME`, its data is the body. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wire/problem.h"

namespace offsync::proxy {

// Names in any case, values as they came.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

// Whether a POST is in binary mode: it has a `ce-` field, and its Content-Type is not one of
// CloudEvents' own, which say that the body is the event.
bool is_binary_event(const HeaderFields& fields, std::string_view content_type);

// The same event in structured mode, as JSON for a Decoder. Problems: 400 bad_request (an attribute
// twice or not decodable, a body that is no JSON), 415 unsupported_type (data that is no JSON).
std::variant<std::string, Problem> structured_event(const HeaderFields& fields,
                                                    std::string_view content_type,
                                                    std::string_view body);

}  // namespace offsync::proxy
