// Conflicts as text and JSON.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/output.h"
#include "event/decoder.h"
#include "replica/replica.h"

namespace offsync::cli {

// The record of an offsync.conflict event as the proxy sends it.
Result<Replica::ConflictRecord> conflict_of_line(Decoder& decoder, std::string_view line);

// One line: id, entity and field, who won over whom, where it stands.
std::string conflict_row(const Replica::ConflictRecord& record, const Palette& colors);
// All of it, as aligned lines.
std::string conflict_details(const Replica::ConflictRecord& record, const Palette& colors);
// {"id","subject","field","element"?,"winner","rule","current":{…},"incoming":{…},"base"?,
//  "sequence","recordedtime","resolved_by"?}; a side has stamp, id, source and value or deleted.
std::string conflict_json(const Replica::ConflictRecord& record);

}  // namespace offsync::cli
