#include "replica/schema.h"

namespace offsync::schema {
namespace {

// What is written per emitted event is kept lean: one pending row and its id, one entity row. The
// id indexes take time-ordered UUIDs, so they grow at their end.
constexpr const char* kFirst = R"sql(
-- One row. clock: the last stamp's time (ms << 16 | counter). next: the next pending.n.
-- cursor: the last sequence applied; NULL: never pulled. file: which file this is, to know a copy.
CREATE TABLE replica(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  remote TEXT NOT NULL,
  source TEXT NOT NULL,
  former_sources TEXT NOT NULL,
  node INTEGER NOT NULL,
  clock INTEGER NOT NULL,
  next INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  cursor INTEGER,
  log_after INTEGER NOT NULL,
  head INTEGER NOT NULL,
  clock_offset INTEGER NOT NULL,
  last_sync INTEGER NOT NULL,
  file TEXT NOT NULL
);

-- The queue. state: 0 queued, 1 accepted, 2 rejected, 3 held.
CREATE TABLE pending(
  n INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  type TEXT NOT NULL,
  line TEXT NOT NULL,
  code TEXT,
  detail TEXT
);
-- Costs nothing when an event is queued.
CREATE INDEX pending_settled ON pending(state) WHERE state <> 0;

-- The received log, without a gap: log_after + 1 .. cursor.
CREATE TABLE log(
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  line TEXT NOT NULL
);

-- confirmed: fold(base, log); NULL: nothing yet. visible: that joined with the pending events that
-- were not rejected; NULL: there are none. pending: how many there are; held: how many of those.
-- Not WITHOUT ROWID: these rows are large, and new subjects come in any order, so keeping them in
-- the order of subjects would write nearly a page for each.
CREATE TABLE entity(
  subject TEXT NOT NULL UNIQUE,
  pending INTEGER NOT NULL,
  held INTEGER NOT NULL,
  confirmed TEXT,
  visible TEXT
);

-- Conflict records. resolved_by: the event in the log that closed it; pending_by: one of ours that
-- will.
CREATE TABLE conflict(
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  resolved_by TEXT,
  pending_by TEXT,
  line TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX conflict_pending ON conflict(pending_by) WHERE pending_by IS NOT NULL;

-- The snapshot below the log, in pieces of whole lines, zstd. staged: 0: installed; else whose.
CREATE TABLE base(
  chunk INTEGER PRIMARY KEY,
  staged INTEGER NOT NULL,
  data BLOB NOT NULL
);
)sql";

// For every event that is emitted it is asked whether one of its entity was rejected.
constexpr const char* kRejected = R"sql(
CREATE INDEX pending_rejected ON pending(subject) WHERE state = 2;
)sql";

// Who acts on the log's events, and the last one that each is done with.
constexpr const char* kConsumers = R"sql(
CREATE TABLE consumer(
  name TEXT PRIMARY KEY,
  epoch TEXT NOT NULL,
  sequence INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

constexpr const char* kWhoseLog = R"sql(
-- Whose log it is: the log's own name (empty: none was said), and the URL where it was last met
-- (empty: unknown).
ALTER TABLE replica ADD COLUMN log TEXT NOT NULL DEFAULT '';
ALTER TABLE replica ADD COLUMN place TEXT NOT NULL DEFAULT '';

-- Events of received logs that were replaced. state: 0: the log that there is now was not asked
-- yet; 1: it lacks the event; 2: it has it. sequence: in the log that was replaced. line: content.
CREATE TABLE former(
  n INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  line TEXT NOT NULL
);
CREATE UNIQUE INDEX former_by_name ON former(id, source);
CREATE INDEX former_open ON former(state) WHERE state <> 2;
)sql";

// An event is known by its source and id: so the unique constraints are other ones, for which
// tables must be made anew. `source` is of the event; in conflict, of the events that resolve it.
constexpr const char* kIdentity = R"sql(
ALTER TABLE pending RENAME TO old_pending;
DROP INDEX pending_settled;
DROP INDEX pending_rejected;
CREATE TABLE pending(
  n INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  subject TEXT NOT NULL,
  type TEXT NOT NULL,
  line TEXT NOT NULL,
  code TEXT,
  detail TEXT,
  UNIQUE (id, source)
);
INSERT INTO pending
  SELECT n, state, sequence, coalesce(CASE WHEN json_valid(line) THEN line ->> '$.source' END, ''),
         id, subject, type, line, code, detail FROM old_pending ORDER BY n;
DROP TABLE old_pending;
CREATE INDEX pending_settled ON pending(state) WHERE state <> 0;
CREATE INDEX pending_rejected ON pending(subject) WHERE state = 2;

ALTER TABLE log RENAME TO old_log;
CREATE TABLE log(
  sequence INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  line TEXT NOT NULL,
  UNIQUE (id, source)
);
INSERT INTO log
  SELECT sequence, coalesce(CASE WHEN json_valid(line) THEN line ->> '$.source' END, ''), id, line
  FROM old_log ORDER BY sequence;
DROP TABLE old_log;

ALTER TABLE conflict RENAME TO old_conflict;
DROP INDEX conflict_pending;
CREATE TABLE conflict(
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  resolved_by TEXT,
  resolved_source TEXT,
  pending_by TEXT,
  pending_source TEXT,
  line TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO conflict
  SELECT id, sequence, resolved_by, (SELECT source FROM log WHERE log.id = resolved_by),
         pending_by, (SELECT source FROM pending WHERE pending.id = pending_by), line
  FROM old_conflict;
DROP TABLE old_conflict;
CREATE INDEX conflict_pending ON conflict(pending_by) WHERE pending_by IS NOT NULL;
)sql";

// When clock_offset was measured: since which start of the machine (0: unknown), and what the wall
// clock would have said at that start.
constexpr const char* kClockMeasured = R"sql(
ALTER TABLE replica ADD COLUMN clock_boot INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replica ADD COLUMN clock_started INTEGER NOT NULL DEFAULT 0;
)sql";

// With each push goes the last accepted event, and there may be a whole queue of them.
constexpr const char* kAccepted = R"sql(
CREATE INDEX pending_accepted ON pending(sequence) WHERE state = 1;
)sql";

constexpr sqlite::Migration kSteps[] = {{"first format", kFirst},
                                        {"rejected events", kRejected},
                                        {"consumers", kConsumers},
                                        {"whose log, and former logs", kWhoseLog},
                                        {"events known by source and id", kIdentity, true},
                                        {"when the clock was measured", kClockMeasured},
                                        {"accepted events", kAccepted}};

constexpr const char* kTables[] = {"replica", "pending",  "log",    "entity",
                                   "base",    "conflict", "former", "consumer"};

}  // namespace

std::span<const sqlite::Migration> steps() {
  return kSteps;
}

Result<std::vector<std::string>> missing_tables(sqlite::Db& db) {
  std::vector<std::string> missing;
  OFFSYNC_ASSIGN(sqlite::Statement find,
                 db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"));
  for (const char* table : kTables) {
    find.bind(1, table);
    OFFSYNC_ASSIGN(const bool there, find.step());
    find.reset();
    if (!there) missing.emplace_back(table);
  }
  return missing;
}

std::string missing_text(const std::string& table) {
  return "the table " + table + " is not there";
}

}  // namespace offsync::schema
