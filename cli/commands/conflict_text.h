// Conflicts as text and JSON.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/remote/conflict_find.h"
#include "cli/text/output.h"
#include "cli/text/table.h"
#include "state/resolution.h"

namespace offsync::cli {

// The field, of a set with the element: `tags["urgent"]`.
std::string field_text(const Conflict& conflict);
// What it makes of the field where `side` is taken: `title="Buy oat milk" (by /people/anna)`.
std::string outcome_text(const Conflict& conflict, const Side& side);

// Id, entity, field (of an edit and a delete that met: all that it wrote), who won over whom, where
// it stands. `resolution`: what has resolved it, see resolution_text().
Row conflict_row(const Meeting& meeting, const std::string& resolution, const Look& look);
// "open"; or, of the events that resolved it (their lines, where those are here), "resolved to
// true, "Buy oat milk" by /people/anna".
using LineOf = std::function<std::optional<std::string>(const ConflictRecord& record)>;
std::string resolution_text(const Meeting& meeting, const LineOf& line_of);
// All of it, as aligned lines: what each side makes, whose it is, and how either is taken.
// `now`: what is there; empty: not known. `promise` says what a side makes, or why it cannot be
// taken.
using PromiseOf = std::function<Result<std::string>(bool incoming)>;
std::string conflict_details(const Meeting& meeting, const std::string& resolution,
                             const ReplicaInfo& info, const std::string& now,
                             const PromiseOf& promise, const Look& look);
// Of fields that come back: `, with n=1, tags=["x"] as before the delete`; empty for none.
std::string back_text(const std::vector<std::pair<std::string, std::string>>& back);
// What both sides make of the fields, as the records alone have it.
std::string outcomes_of(const Meeting& meeting, bool incoming);
// {"id","subject","field","element"?,"winner","rule","current":{…},"incoming":{…},"base"?,
//  "sequence","recordedtime","now"?,"resolved_by"?,"resolved"?}; a side has stamp, id, source and
// value or deleted. `later`: what was written after both sides. `line`: of the event that resolved
// it, where that is here.
std::string conflict_json(const ConflictRecord& record, const std::optional<Later>& later,
                          const std::optional<std::string>& line);

}  // namespace offsync::cli
