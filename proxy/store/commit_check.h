// What every log store checks before it takes a commit, with the same errors.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/store/log_store.h"

namespace offsync::proxy {

// protocol `behind` where the commit does not begin right behind `head`.
Status check_first(const Commit& commit, std::uint64_t head);

// internal `bad_commit` where the entries are not numbered from commit.first without gaps.
Status check_entries(const Commit& commit);

// internal `bad_commit` where the backend is said to have taken what is not in the log.
Status check_applied(std::string_view space, std::uint64_t sequence, std::uint64_t head);

}  // namespace offsync::proxy
