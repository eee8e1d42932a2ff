#include "bench/loops.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "bench/database.h"
#include "bench/failure.h"

namespace offsync::bench {
namespace {

constexpr std::uint64_t kStartMs = 1'732'000'000'000;

// Views of as many bytes as are to be stored; what they say does not matter.
class Filler {
 public:
  Filler(const Events& events, Stored stored)
      : text_(events.text + std::string(stored.line + stored.entity, 'x')), stored_(stored) {
    from_ = events.text.data();
  }
  std::string_view line(const Event& event) const { return view(event.line, stored_.line); }
  std::string_view entity(const Event& event) const { return view(event.note, stored_.entity); }

 private:
  std::string_view view(std::string_view at, std::size_t bytes) const {
    return {text_.data() + (at.data() - from_), bytes};
  }

  std::string text_;
  const char* from_;
  Stored stored_;
};

// 16 bytes of which the first grow, as of a UUIDv7.
struct Id {
  char bytes[16];

  Id(std::uint64_t n, Rng& rng) {
    const std::uint64_t high = __builtin_bswap64((kStartMs + n / 100) << 16 | n % 100);
    const std::uint64_t low = rng.next();
    std::memcpy(bytes, &high, 8);
    std::memcpy(bytes + 8, &low, 8);
  }
  std::string_view view() const { return {bytes, sizeof bytes}; }
  std::string text() const {
    std::uint64_t high, low;
    std::memcpy(&high, bytes, 8);
    std::memcpy(&low, bytes + 8, 8);
    high = __builtin_bswap64(high);
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff,
                       high & 0xffff, low >> 48, low & 0xffff'ffff'ffff);
  }
};

// Calls `store` for each event, in commits of kCommitEvents; `end` before each commit.
template <typename Store, typename End>
void in_commits(Database& db, const Events& events, Store store, End end) {
  int open = 0;
  for (std::size_t n = 0; n < events.list.size(); ++n) {
    if (open == 0) db.exec("BEGIN IMMEDIATE");
    store(n, events.list[n]);
    if (++open < kCommitEvents && n + 1 < events.list.size()) continue;
    end(n);
    db.exec("COMMIT");
    open = 0;
  }
}

void expect_rows(Database& db, const char* sql, std::size_t rows) {
  Query count(db, sql);
  if (!count.step() || static_cast<std::size_t>(count.column(0)) != rows) {
    throw Failure(fmt::format("a bare loop has not stored all: {} is not {}", sql, rows));
  }
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void store_naively(Database& db, const Events& events, const Filler& filler) {
  Query event(db, "INSERT INTO event VALUES (?, ?, 'todo.changed', ?)");
  Query field(db, "REPLACE INTO field VALUES (?, ?, ?, ?)");
  Query queue(db, "INSERT INTO queue(event) VALUES (?)");
  Rng rng(11);
  const auto store = [&](std::size_t n, const Event& one) {
    const std::string id = Id(n, rng).text(), subject = subject_of(one.entity);
    const std::string stamp = fmt::format("{:012x}-0000-7f3a9c01b2d4e5f6", kStartMs + n);
    event.text(1, id).text(2, subject).text(3, filler.line(one)).run();
    field.text(1, subject).text(2, "done").text(3, one.done ? "true" : "false").text(4, stamp);
    field.run();
    field.text(1, subject).text(2, "note").text(3, one.note).text(4, stamp).run();
    queue.text(1, id).run();
  };
  in_commits(db, events, store, [](std::size_t) {});
}

void store_leanly(Database& db, const Events& events, const Filler& filler) {
  Query event(db, "INSERT INTO event VALUES (?, ?)");
  Query entity(db, "REPLACE INTO entity VALUES (?, ?)");
  Query cursor(db, "REPLACE INTO queue VALUES (1, ?)");
  Rng rng(11);
  const auto store = [&](std::size_t n, const Event& one) {
    const Id id(n, rng);
    event.blob(1, id.view()).blob(2, filler.line(one)).run();
    entity.number(1, one.entity).blob(2, filler.entity(one)).run();
  };
  in_commits(db, events, store,
             [&](std::size_t n) { cursor.number(1, static_cast<std::int64_t>(n)).run(); });
}

}  // namespace

Stored stored_in(const std::string& file, std::size_t& queued) {
  Database db(file);
  Query lines(db, "SELECT avg(length(CAST(line AS BLOB))), count(*) FROM pending");
  Query entities(db, "SELECT avg(length(CAST(visible AS BLOB))) FROM entity");
  if (!lines.step() || !entities.step()) throw Failure(file + " has no queue");
  queued = static_cast<std::size_t>(lines.column(1));
  return {static_cast<std::size_t>(lines.column(0)), static_cast<std::size_t>(entities.column(0))};
}

double naive_loop(const std::string& file, const Events& events, Stored stored) {
  Database(file).exec(
      "PRAGMA journal_mode=WAL;"
      "CREATE TABLE event(id TEXT PRIMARY KEY, subject TEXT NOT NULL, type TEXT NOT NULL,"
      " line TEXT NOT NULL);"
      "CREATE TABLE field(subject TEXT, name TEXT, value TEXT NOT NULL, stamp TEXT NOT NULL,"
      " PRIMARY KEY(subject, name));"
      "CREATE TABLE queue(n INTEGER PRIMARY KEY, event TEXT NOT NULL)");
  const Filler filler(events, stored);
  const auto start = std::chrono::steady_clock::now();
  {
    Database db(file);
    db.exec("PRAGMA synchronous=FULL");
    store_naively(db, events, filler);
  }
  const double seconds = seconds_since(start);
  Database db(file);
  expect_rows(db, "SELECT count(*) FROM queue JOIN event ON event.id = queue.event",
              events.list.size());
  return seconds;
}

double lean_loop(const std::string& file, const Events& events, Stored stored) {
  Database(file).exec(
      "PRAGMA journal_mode=WAL;"
      "CREATE TABLE event(id BLOB PRIMARY KEY, line BLOB NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE entity(key INTEGER PRIMARY KEY, record BLOB NOT NULL);"
      "CREATE TABLE queue(one INTEGER PRIMARY KEY, n INTEGER NOT NULL)");
  const Filler filler(events, stored);
  const auto start = std::chrono::steady_clock::now();
  {
    Database db(file);
    db.exec("PRAGMA synchronous=FULL; PRAGMA cache_size=-131072; PRAGMA wal_autocheckpoint=16000");
    store_leanly(db, events, filler);
  }
  const double seconds = seconds_since(start);
  Database db(file);
  expect_rows(db, "SELECT count(*) FROM event", events.list.size());
  return seconds;
}

}  // namespace offsync::bench
