// How the source of a replica is said.
#pragma once

#include <string>
#include <vector>

#include "cli/text/escape.h"

namespace offsync::cli {

// With those that it had before, the latest one first; `former`: oldest first. Escaped.
inline std::string source_text(const std::string& source, const std::vector<std::string>& former) {
  std::string text = escape_text(source);
  for (auto one = former.rbegin(); one != former.rend(); ++one) {
    text += (one == former.rbegin() ? ", formerly " : ", ") + escape_text(*one);
  }
  return text;
}

}  // namespace offsync::cli
