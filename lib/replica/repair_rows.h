// What Replica::repair() does within the file. Internal to lib/replica.
#pragma once

#include "base/result.h"
#include "replica/behind_damage.h"
#include "replica/replica.h"
#include "replica/store.h"

namespace offsync {

// Of a store that is not open yet. In one transaction: all or nothing. `newest_lost`: with the WAL,
// so numbers may have been given that the file does not know of; `behind`: what was found in it all
// the same. An error that is damage: the rows cannot be had so.
Result<Replica::Repaired> repair_rows(ReplicaStore& store, bool newest_lost,
                                      const BehindDamage& behind);

}  // namespace offsync
