// What a conflict's field shows by now, and what each choice would make of it.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/remote/conflict_find.h"
#include "replica/resolution.h"

namespace offsync::cli {

// `x="MERGED" by /a at 2026-…`, `t/1 was deleted by /a at 2026-…`. `local`: in the time zone of
// this machine.
std::string later_text(const ConflictRecord& record, const Later& later, bool local);
// The same of the first record where something was written after both sides.
Result<std::optional<Later>> later_of(Resolver& resolver, const Meeting& meeting);

// What is there of the meeting's fields: `title="B"  by /b  at 2026-…`; empty: it is not known.
Result<std::string> now_text(Replica& replica, const Meeting& meeting, bool local);

// What it makes where a side of all its records is taken: `title="B" (by /b), with n=5 as before
// the delete`. Error: it cannot be taken.
Result<std::string> promise_of(Replica& replica, const Meeting& meeting, bool incoming);

}  // namespace offsync::cli
