#include "cli/remote/other_line.h"

#include "wire/problem.h"

namespace offsync::cli {

Result<bool> has_other_line(Remote& remote, Replica& replica, const Cursor& at) {
  OFFSYNC_ASSIGN(const std::string mark, replica.mark_at(at));
  if (mark.empty()) return false;
  const auto page = remote.events(at, 1, mark);
  if (!page && page.error().code != kCursorExpired) return page.error();
  return !page;
}

}  // namespace offsync::cli
