#include "cli/remote/other_line.h"

#include "wire/problem.h"

namespace offsync::cli {

Result<bool> has_other_line(Remote& remote, Replica& replica, const Cursor& at) {
  std::string line;
  if (at.sequence > 0) {
    OFFSYNC_TRY(replica.for_each_log({at.sequence - 1, at.sequence},
                                     [&](std::uint64_t, std::string_view found) {
                                       line = found;
                                       return false;
                                     }));
  }
  if (line.empty()) return false;
  const auto page = remote.events(at, 1, line);
  if (!page && page.error().code != kCursorExpired) return page.error();
  return !page;
}

}  // namespace offsync::cli
