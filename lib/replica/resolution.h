// What a decision of a conflict writes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "event/draft.h"
#include "replica/replica.h"

namespace offsync {

struct Resolution {
  EventDraft draft;
  // Where an edit is taken over the delete that it met, and nothing of the entity lives: its other
  // fields, which come back with it as they were before the delete; name and canonical JSON.
  std::vector<std::pair<std::string, std::string>> back;
  // False where they stay gone: the delete came with a snapshot, which no longer has them, or an
  // event has no room for them.
  bool rest_known = true;
};

// Of the field what the side made of it, citing the record. Reads the received log where an edit is
// taken over a delete. Error: bad_data `kind_mismatch` where the value does not fit the field, or
// is not the element that the conflict is about.
Result<Resolution> resolution_of(Replica& replica, const Replica::ConflictRecord& record,
                                 const Side& side);

}  // namespace offsync
