// Which log answers, by the name that it keeps where its epoch does not stay.
#pragma once

#include <string>

#include "base/result.h"
#include "wire/cursor.h"
#include "wire/transport.h"

namespace offsync {

// As `Offsync-Log` says it; empty: it does not. Error protocol `bad_answer`: no log has such a
// name.
inline Result<std::string> log_name(const HttpHead& head) {
  const std::string_view name = head.header("offsync-log");
  if (name.empty() || is_epoch(name)) return std::string(name);
  return make_error(Errc::protocol, "bad_answer", "the answer bears a name that no log has",
                    "check that the remote is an offsync proxy, and its version");
}

}  // namespace offsync
