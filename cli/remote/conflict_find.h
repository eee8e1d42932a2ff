// Which conflicts are meant, and which of their records belong together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/remote/remote.h"
#include "event/decoder.h"
#include "replica/replica.h"

namespace offsync::cli {

using ConflictRecord = Replica::ConflictRecord;

// The record of an offsync.conflict event as the proxy sends it.
Result<ConflictRecord> conflict_of_line(Decoder& decoder, std::string_view line);

// The conflicts that are open at the proxy, without those that wait in our queue to be resolved.
Result<std::vector<ConflictRecord>> open_at_proxy(Remote& remote, Replica& replica);

// What names one meeting of two events. An edit and a delete that met are one thing to decide,
// though each field has its record.
std::string meeting_of(const ConflictRecord& record);
// The records by meeting, in the order of the first of each.
using Meeting = std::vector<ConflictRecord>;
std::vector<Meeting> meetings_of(std::vector<ConflictRecord> records);

// The one whose id is `id` or, where that is long enough (kPartOfId), begins with it. Errors:
// no_input `no_conflict`; usage `ambiguous`.
Result<ConflictRecord> find_conflict(const std::vector<ConflictRecord>& records,
                                     std::string_view id);

// Whether this replica wrote the side. A replica keeps its source where its node is made afresh.
bool is_ours(const Side& side, const ReplicaInfo& info);
// Which side is ours: neither, where both or none are.
enum class Ours { neither, current, incoming };
Ours ours_of(const Conflict& conflict, const ReplicaInfo& info);

}  // namespace offsync::cli
