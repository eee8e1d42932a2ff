// How the source of a replica is said.
#pragma once

#include <string>
#include <vector>

#include "cli/text/escape.h"

namespace offsync::cli {

// With the one that it had before, where it had another; `former`: oldest first. Escaped.
inline std::string source_text(const std::string& source, const std::vector<std::string>& former) {
  return escape_text(source) + (former.empty() ? "" : ", formerly " + escape_text(former.back()));
}

}  // namespace offsync::cli
