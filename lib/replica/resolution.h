// Decisions of a replica's conflicts (state/resolution.h), with what it has.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "replica/replica.h"
#include "state/resolution.h"

namespace offsync {

// The decisions that are taken in one go, whatever the entity: none of them changes what another
// was said to make. Reads the received log where an edit is taken over a delete, once an entity.
// The replica must outlive it. Not thread-safe.
class Resolver {
 public:
  static Result<Resolver> begin(Replica& replica);
  Resolver(Resolver&&) noexcept;
  ~Resolver();

  // Of one entity, from what shows there when it is first asked for; valid as long as this is.
  Result<Decisions*> decisions(const std::string& subject);
  const std::vector<Replica::ConflictRecord>& records() const { return records_; }

 private:
  class Log;
  struct One;
  Resolver(Replica& replica, std::vector<Replica::ConflictRecord> records);
  Replica* replica_;
  std::vector<Replica::ConflictRecord> records_;
  std::map<std::string, std::unique_ptr<One>, std::less<>> all_;
};

}  // namespace offsync
