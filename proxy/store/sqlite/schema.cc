#include "proxy/store/sqlite/schema.h"

#include <array>
#include <cstddef>

namespace offsync::proxy {
namespace {

constexpr std::array kMigrations = {
    sqlite::Migration{"the log, states and marks", R"sql(
      CREATE TABLE store (
        one   INTEGER PRIMARY KEY CHECK (one = 1),
        epoch TEXT NOT NULL
      );
      CREATE TABLE space (
        space_id INTEGER PRIMARY KEY,
        name     TEXT NOT NULL UNIQUE,
        head     INTEGER NOT NULL,  -- sequence of the newest event
        oldest   INTEGER NOT NULL,  -- sequence of the oldest event still kept
        applied  INTEGER NOT NULL,  -- the outbox cursor
        entities INTEGER NOT NULL   -- rows in entity
      );
      CREATE TABLE event (
        key  INTEGER PRIMARY KEY,   -- space_id << 40 | sequence
        id   BLOB NOT NULL,         -- pack_id()
        line TEXT NOT NULL          -- a BLOB, its residue, once it was compacted
      );
      CREATE UNIQUE INDEX event_by_id ON event (key >> 40, id);
      CREATE TABLE entity (
        space_id INTEGER NOT NULL,
        subject  TEXT NOT NULL,
        record   TEXT NOT NULL,
        PRIMARY KEY (space_id, subject)
      ) WITHOUT ROWID;
      CREATE TABLE client (
        space_id INTEGER NOT NULL,
        source   TEXT NOT NULL,
        mark     INTEGER NOT NULL,  -- the highest clientseq that was decided
        PRIMARY KEY (space_id, source)
      ) WITHOUT ROWID;
      CREATE TABLE rejection (
        space_id  INTEGER NOT NULL,
        source    TEXT NOT NULL,
        clientseq INTEGER NOT NULL,
        id        TEXT NOT NULL,
        code      TEXT NOT NULL,
        detail    TEXT NOT NULL,
        PRIMARY KEY (space_id, source, clientseq)
      ) WITHOUT ROWID;
      CREATE TABLE open_conflict (
        key  INTEGER PRIMARY KEY,   -- of its event; kept when that is compacted
        id   BLOB NOT NULL,
        line TEXT NOT NULL
      );
      CREATE UNIQUE INDEX open_conflict_by_id ON open_conflict (key >> 40, id);
    )sql"},
    sqlite::Migration{"a name that outlives the epoch", R"sql(
      -- The first epoch of the store. It stays where the epoch is made anew, and in backups.
      ALTER TABLE store ADD COLUMN name TEXT NOT NULL DEFAULT '';
      UPDATE store SET name = epoch;
    )sql"},
    // An event is known by its source and id. Of those that were compacted before, nobody knows the
    // source any more: they stay known by their id alone.
    sqlite::Migration{"events known by source and id", R"sql(
      CREATE TABLE source (
        source_id INTEGER PRIMARY KEY,
        source    TEXT NOT NULL UNIQUE
      );
      INSERT OR IGNORE INTO source (source)
        SELECT CASE WHEN json_valid(line) THEN line ->> '$.source' END FROM event
        WHERE typeof(line) = 'text';
      ALTER TABLE event ADD COLUMN source_id INTEGER NOT NULL DEFAULT 0;  -- 0: not known
      UPDATE event SET source_id = coalesce((SELECT source_id FROM source WHERE source =
          CASE WHEN json_valid(line) THEN line ->> '$.source' END), 0)
        WHERE typeof(line) = 'text';
      DROP INDEX event_by_id;
      CREATE UNIQUE INDEX event_by_id ON event (key >> 40, id, source_id);
      ALTER TABLE space ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;  -- HybridClock::last()
      UPDATE space SET clock = coalesce(
        (SELECT unixepoch(line ->> '$.recordedtime') * 1000 +
                substr(line ->> '$.recordedtime', 21, 3) << 16 | 65535
         FROM event WHERE key = space_id << 40 | head AND typeof(line) = 'text' AND
                          CASE WHEN json_valid(line) THEN line ->> '$.recordedtime' END), 0);
    )sql",
                      true},
    // Of what was compacted before, nobody has them.
    sqlite::Migration{"marks of the last event that was compacted", R"sql(
      ALTER TABLE space ADD COLUMN gone_line TEXT NOT NULL DEFAULT '';   -- line_mark()
      ALTER TABLE space ADD COLUMN gone_event TEXT NOT NULL DEFAULT '';  -- name_mark()
    )sql"},
    // Those of earlier versions are not counted.
    sqlite::Migration{"commits numbered", R"sql(
      ALTER TABLE space ADD COLUMN number INTEGER NOT NULL DEFAULT 0;  -- of the last one
    )sql"},
};

constexpr std::size_t kUuidText = 36;
constexpr std::size_t kUuidBytes = 16;
constexpr char kUuid = 0;
constexpr char kText = 1;

constexpr bool dash_at(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

// -1 where it is no lower-case hex digit: upper case would not come back as it was.
constexpr int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_uuid(std::string_view id) {
  if (id.size() != kUuidText) return false;
  for (std::size_t i = 0; i < kUuidText; ++i) {
    if (dash_at(i) ? id[i] != '-' : nibble(id[i]) < 0) return false;
  }
  return true;
}

}  // namespace

std::span<const sqlite::Migration> log_migrations() {
  return kMigrations;
}

std::string pack_id(std::string_view id) {
  std::string packed;
  if (!is_uuid(id)) {
    packed.reserve(id.size() + 1);
    packed += kText;
    return packed.append(id);
  }
  packed.reserve(kUuidBytes + 1);
  packed += kUuid;
  for (std::size_t i = 0; i < kUuidText; i += dash_at(i) ? 1 : 2) {
    if (!dash_at(i)) packed += static_cast<char>(nibble(id[i]) << 4 | nibble(id[i + 1]));
  }
  return packed;
}

std::string unpack_id(std::string_view packed) {
  if (packed.empty() || packed[0] != kUuid)
    return std::string(packed.substr(packed.empty() ? 0 : 1));
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  id.reserve(kUuidText);
  for (const char byte : packed.substr(1)) {
    if (dash_at(id.size())) id += '-';
    id += kDigits[static_cast<unsigned char>(byte) >> 4];
    id += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return id;
}

}  // namespace offsync::proxy
