// The states of rows, as SQL spells them: literals, as only those let an index of some states be
// used. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "replica/replica.h"
#include "sqlite/db.h"

// pending.state
#define OFFSYNC_QUEUED "0"
#define OFFSYNC_ACCEPTED "1"
#define OFFSYNC_REJECTED "2"
#define OFFSYNC_HELD "3"

// With the condition of an index, or all of a long queue is read.
#define OFFSYNC_ACCEPTED_EVENTS "state = " OFFSYNC_ACCEPTED
#define OFFSYNC_PARKED_EVENTS \
  "state <> " OFFSYNC_QUEUED " AND state IN (" OFFSYNC_REJECTED ", " OFFSYNC_HELD ")"

// former.state
#define OFFSYNC_DOUBTFUL "0"
#define OFFSYNC_LOST "1"
#define OFFSYNC_THERE "2"
#define OFFSYNC_PARKED "3"

// The same of former events, of which there may be a whole log.
#define OFFSYNC_OPEN_EVENTS(its_state) "state <> " OFFSYNC_THERE " AND state = " its_state

// base.staged, of a snapshot that is in use; else it says whose piece it is
#define OFFSYNC_INSTALLED "0"

namespace offsync {

// Of an event of a log that was replaced: the log that there is now was not asked yet; it lacks the
// event; it has it. And of one that is no former event, but is rejected or held in the queue: the
// log was not asked yet.
enum class Former { doubtful, lost, there, parked };
constexpr bool is_former(std::int64_t state) {
  return state >= 0 && state <= static_cast<int>(Former::parked);
}

// Where a consumer is, in the columns epoch and sequence from `column` on; and what to say of one
// that is nowhere.
bool is_place(const sqlite::Statement& row, int column);
std::string wrong_consumer(std::string_view name);

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
static_assert(spells(OFFSYNC_PARKED, Former::parked));

}  // namespace offsync
