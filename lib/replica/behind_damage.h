// What of the queue stands in a WAL behind its damage, where SQLite reads nothing any more.
// Internal to lib/replica.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "replica/store.h"
#include "sqlite/wal_rows.h"

namespace offsync {

struct BehindDamage {
  bool damaged = false;
  std::vector<sqlite::WalRow> queue;
  std::optional<std::uint64_t> next;  // the number of the next event, as it was last
};

// Under the replica's lock. To be called before anything is written to the file: the next commit
// goes over the damage, and what stands behind it.
Result<BehindDamage> read_behind_damage(const std::string& file);

struct PutBehind {
  std::uint64_t found = 0, doubtful = 0;  // the latter among the former
  // Numbers that were given behind the damage, and of which there is nothing: the events were sent,
  // or dropped, or are lost.
  std::vector<std::uint64_t> missing;
  bool unknown = false;             // which numbers were given nothing tells
  std::vector<std::string> mended;  // the same, in words
};

// Puts into the queue what it does not have, the doubtful as rejected. `next` is the number of the
// next event by the settings that can be read.
Result<PutBehind> put_behind(ReplicaStore& store, const BehindDamage& behind, std::uint64_t next);

}  // namespace offsync
