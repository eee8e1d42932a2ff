// The base folders of the XDG specification.
#pragma once

#include <string>

namespace offsync {

// The folder that a variable such as XDG_DATA_HOME names by `set`, else `below_home`
// ("/.local/share") in `home`; either may be null. A relative name counts as none, as the
// specification says: it would be another folder wherever the program is started. Empty: there is
// none.
inline std::string xdg_folder(const char* set, const char* home, const char* below_home) {
  if (set != nullptr && *set == '/') return set;
  return home != nullptr && *home != 0 ? std::string(home) + below_home : std::string();
}

}  // namespace offsync
