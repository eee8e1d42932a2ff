#include "proxy/store/commit_check.h"

#include <fmt/format.h>

namespace offsync::proxy {

Status check_first(const Commit& commit, std::uint64_t head) {
  if (commit.first == head + 1) return {};
  return make_error(Errc::protocol, "behind",
                    fmt::format("the log of the space {} is at {}, and the commit begins at {}",
                                commit.space, head, commit.first),
                    "read what is new, decide again and retry");
}

Status check_entries(const Commit& commit) {
  std::uint64_t next = commit.first;
  for (const LogEntry& entry : commit.entries) {
    if (entry.sequence != next) {
      return make_error(Errc::internal, "bad_commit",
                        fmt::format("a commit to the space {} has the sequence {} where {} is due",
                                    commit.space, entry.sequence, next),
                        "please report this bug");
    }
    ++next;
  }
  return {};
}

Status check_applied(std::string_view space, std::uint64_t sequence, std::uint64_t head) {
  if (sequence <= head) return {};
  return make_error(Errc::internal, "bad_commit",
                    fmt::format("sequence {} of the space {} cannot have been applied: its log "
                                "is at {}",
                                sequence, space, head),
                    "please report this bug");
}

}  // namespace offsync::proxy
