// Divides the body of a POST into the texts of its events, as they were written.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/problem.h"

namespace offsync::proxy {

// By media type: one JSON object (application/cloudevents+json, application/json), an array of them
// (application/cloudevents-batch+json), or a line each (application/x-ndjson; empty lines are
// passed over); a byte order mark at the very start is no part of it. Problems: 415
// unsupported_type; 400 bad_request where the body as a whole is not what it says; 413 too_large
// over limits::kBodyEvents. What is in an element or a line is not judged here.
std::variant<std::vector<std::string>, Problem> split_body(std::string_view media_type,
                                                           std::string_view body);

}  // namespace offsync::proxy
