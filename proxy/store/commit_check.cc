#include "proxy/store/commit_check.h"

#include <fmt/format.h>

namespace offsync::proxy {
namespace {

Error out_of_place(const Commit& commit, std::uint64_t got, std::uint64_t due) {
  return make_error(Errc::internal, "bad_commit",
                    fmt::format("a commit to the space {} has the sequence {} where {} is due",
                                commit.space, got, due),
                    "please report this bug");
}

}  // namespace

Status check_next(const Commit& commit, const SpaceState& at) {
  if (commit.number != at.number + 1) {
    return make_error(Errc::protocol, "behind",
                      fmt::format("the space {} is at its commit {}, and this is commit {}",
                                  commit.space, at.number, commit.number),
                      "read what is new, decide again and retry");
  }
  std::uint64_t next = at.head + 1;
  if (commit.first != next) return out_of_place(commit, commit.first, next);
  for (const LogEntry& entry : commit.entries) {
    if (entry.sequence != next) return out_of_place(commit, entry.sequence, next);
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
