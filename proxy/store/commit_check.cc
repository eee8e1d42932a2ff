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

Error behind(std::string_view space, std::uint64_t at, std::uint64_t number) {
  return make_error(
      Errc::protocol, "behind",
      fmt::format("the space {} is at its commit {}, and this is commit {}", space, at, number),
      "read what is new, decide again and retry");
}

Status check_next(const Commit& commit, std::uint64_t number, std::uint64_t head) {
  if (commit.number != number + 1) return behind(commit.space, number, commit.number);
  std::uint64_t next = head + 1;
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
