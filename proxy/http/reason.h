// The words that stand beside a status. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace offsync::proxy {

std::string_view reason_of(int status);

// "Fri, 27 Nov 2026 14:35:07 GMT", of milliseconds since 1970.
std::string http_date(std::int64_t wall_ms);

}  // namespace offsync::proxy
