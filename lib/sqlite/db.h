// The only user of sqlite3.h. A Db is one connection and belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace offsync::sqlite {

struct OpenOptions {
  bool create = false;
  bool read_only = false;
  int busy_timeout_ms = 30'000;
  int cache_kib = 2'000;
  int checkpoint_pages = 1'000;
  std::string vfs;  // empty: the default one
};

// A prepared statement. Binding is by position from 1, columns from 0. Bound texts must live until
// step() (they are not copied). Views of columns are valid until the next step() or reset().
class Statement {
 public:
  Statement() = default;
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::uint64_t value) { return bind(at, static_cast<std::int64_t>(value)); }
  Statement& bind(int at, int value) { return bind(at, static_cast<std::int64_t>(value)); }
  Statement& bind(int at, std::string_view text);
  Statement& bind_blob(int at, std::string_view bytes);
  Statement& bind_null(int at);

  // True: a row; false: done (the statement is then reset).
  Result<bool> step();
  // Runs to the end, rows ignored, and resets.
  Status run();
  void reset();

  std::int64_t integer(int column) const;
  std::uint64_t uinteger(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string_view text(int column) const;  // also for blobs
  bool null(int column) const;

 private:
  friend class Db;
  sqlite3_stmt* stmt_ = nullptr;
};

class Db {
 public:
  // WAL, synchronous=FULL, and the settings for files that may come from elsewhere: defensive, no
  // trusted schema, cell size checks, no mmap, no extensions.
  static Result<Db> open(const std::string& file, const OpenOptions& options);
  Db(Db&&) noexcept;
  Db& operator=(Db&&) noexcept;
  ~Db();

  Result<Statement> prepare(std::string_view sql);
  Status exec(std::string_view sql);  // one or several statements without results
  std::int64_t changes() const;
  bool in_transaction() const;
  sqlite3* raw() const { return db_; }

 private:
  explicit Db(sqlite3* db) : db_(db) {}
  sqlite3* db_ = nullptr;
};

// BEGIN IMMEDIATE (write) or BEGIN (read); rolls back unless committed.
class Transaction {
 public:
  enum class Kind { read, write };
  static Result<Transaction> begin(Db& db, Kind kind);
  Transaction(Transaction&&) noexcept;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Db& db) : db_(&db) {}
  Db* db_;
};

// A numbered, named step; its number is its place from 1, kept in PRAGMA user_version.
struct Migration {
  const char* name;
  const char* sql;
};
// Brings the file to the newest version, each step in a transaction. `application_id` tells our
// files from others: errors are config `not_ours` and `newer_format`.
Status migrate(Db& db, std::int32_t application_id, std::span<const Migration> steps);

// An exclusive lock file next to a database, to serialise writers and checkpoints across processes
// (SQLite before 3.51.3 can corrupt a WAL when both meet). Released on destruction.
class FileLock {
 public:
  // Opens (creates) the lock file; does not lock yet.
  static Result<FileLock> open(const std::string& file);
  FileLock(FileLock&&) noexcept;
  FileLock& operator=(FileLock&&) noexcept;
  ~FileLock();
  Status lock();                 // waits
  Result<bool> try_lock();
  void unlock();

 private:
  int fd_ = -1;
};

}  // namespace offsync::sqlite
