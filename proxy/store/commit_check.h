// What every log store checks before it takes a commit, with the same errors.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/store/log_store.h"

namespace offsync::proxy {

// What was decided for commit `number` of a space that is at its commit `at`: protocol `behind`.
Error behind(std::string_view space, std::uint64_t at, std::uint64_t number);

// For a space at its commit `number`, with its log at `head`: `behind` where the commit is not the
// next one; internal `bad_commit` where it is, and its entries do not follow the head without gaps.
Status check_next(const Commit& commit, std::uint64_t number, std::uint64_t head);

// internal `bad_commit` where the backend is said to have taken what is not in the log.
Status check_applied(std::string_view space, std::uint64_t sequence, std::uint64_t head);

}  // namespace offsync::proxy
