// The states of rows, as SQL spells them: literals, as only those let an index of some states be
// used. Internal to lib/replica.
#pragma once

#include "replica/replica.h"

// pending.state
#define OFFSYNC_QUEUED "0"
#define OFFSYNC_ACCEPTED "1"
#define OFFSYNC_REJECTED "2"
#define OFFSYNC_HELD "3"

// former.state
#define OFFSYNC_DOUBTFUL "0"
#define OFFSYNC_LOST "1"
#define OFFSYNC_THERE "2"

// base.staged, of a snapshot that is in use; else it says whose piece it is
#define OFFSYNC_INSTALLED "0"

namespace offsync {

// Of an event of a log that was replaced: the log that there is now was not asked yet; it lacks the
// event; it has it.
enum class Former { doubtful, lost, there };

template <class State>
constexpr bool spells(const char* sql, State state) {
  return sql[0] - '0' == static_cast<int>(state) && sql[1] == '\0';
}
static_assert(spells(OFFSYNC_QUEUED, PendingState::queued));
static_assert(spells(OFFSYNC_ACCEPTED, PendingState::accepted));
static_assert(spells(OFFSYNC_REJECTED, PendingState::rejected));
static_assert(spells(OFFSYNC_HELD, PendingState::held));
static_assert(spells(OFFSYNC_DOUBTFUL, Former::doubtful));
static_assert(spells(OFFSYNC_LOST, Former::lost));
static_assert(spells(OFFSYNC_THERE, Former::there));

}  // namespace offsync
