// What only the proxy itself writes. A client's event of such a type, or from such a source, gets
// into no log: it could stand where a record of the proxy's must come. Internal.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace offsync {

inline constexpr std::string_view kReservedTypes = "offsync.";  // what begins so
inline constexpr std::string_view kProxySource = "/proxy";      // of conflict records
// The second one is for changes that begin in the backend.
inline constexpr std::string_view kReservedSources[] = {kProxySource, "/backend"};

inline bool is_reserved_type(std::string_view type) {
  return type.starts_with(kReservedTypes);
}

inline bool is_reserved_source(std::string_view source) {
  return std::find(std::begin(kReservedSources), std::end(kReservedSources), source) !=
         std::end(kReservedSources);
}

}  // namespace offsync
