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

// Errors of everything here: `disk_full`, `io`, `corrupt`, `constraint`, `replaced`, and
// `wal_alone` for a WAL whose database is gone or was emptied (Errc::io), `read_only` (auth: a
// permission is wanting), `no_such_file` (no_input), `not_ours`, `newer_format`, `not_a_file` and
// `hard_link` (config), `busy` (partial: try again), `sqlite` (internal: a bug). All name the file.

struct OpenOptions {
  bool create = false;
  bool read_only = false;
  // With read_only: nobody_writes() to it, so no locks are taken and no files beside it needed.
  bool frozen = false;
  // Which pages are taken though they are not as they were written: for who makes the best of them.
  enum class Forgive { none, first_page, all };
  Forgive forgive = Forgive::none;
  int busy_timeout_ms = 30'000;
  int cache_kib = 2'000;
  int checkpoint_pages = 1'000;  // a commit that leaves a longer WAL also checkpoints; 0: never
  std::string vfs;               // empty: the default one
};

// Whether there is such a file on the VFS (empty: the default one). The unix VFS does not see an
// empty file that we may not both read and write.
Result<bool> exists(const std::string& file, const std::string& vfs = {});

// Whether nobody can write to it now: its file system is mounted read-only, or its mode and that of
// its folder give nobody the right to.
bool nobody_writes(const std::string& file);

// Which file a name leads to; nothing where there is none, or we may not look.
struct FileId {
  std::uint64_t device = 0, inode = 0;
  bool operator==(const FileId&) const = default;
};
std::optional<FileId> file_id(const std::string& name);
// The file that symbolic links lead to, which may be still to be made: SQLite has its WAL beside
// it.
std::string behind_links(const std::string& name);
// Error config `hard_link` where the file has other names besides.
Status must_have_one_name(const std::string& name);
Error replaced(const std::string& name);
// Error `replaced` where `name` leads to another file than `before`, or to none any more. Nothing
// as `before` was no file of the system's, and is never replaced.
Status still_is(const std::string& name, const std::optional<FileId>& before);

// A prepared statement. Binding is by position from 1, columns from 0. Bound texts must live until
// the statement is reset (they are not copied). Views of columns are valid until the next step() or
// reset(). Must not outlive its Db.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::uint64_t value) {
    return bind(at, static_cast<std::int64_t>(value));
  }
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
  int columns() const;
  bool null(int column) const;
  bool is_integer(int column) const;

 private:
  friend class Db;
  sqlite3_stmt* stmt_ = nullptr;
  int bind_error_ = 0;  // reported by step()
};

class Db {
 public:
  // WAL (a file that is not new: once migrate() knows that it is ours), synchronous=FULL, and the
  // settings for files that may come from elsewhere: defensive, no trusted schema, cell size
  // checks, no mmap, no extensions. `file` is always a path: "file:…" and ":memory:" mean nothing.
  //
  // Closing does not checkpoint. A commit that leaves the WAL longer than checkpoint_pages copies
  // it into the file and cuts it to nothing, as far as no reader is in the way; whoever shares the
  // file between processes commits under a FileLock, and so checkpoints under it.
  //
  // What SQLite spools (a statement's journal, a sort, VACUUM) goes into files without a name
  // beside the latest file that was opened to be written to, and of one that is only read into
  // memory.
  static Result<Db> open(const std::string& file, const OpenOptions& options);
  Db(Db&&) noexcept;
  Db& operator=(Db&&) noexcept;
  ~Db();

  Result<Statement> prepare(std::string_view sql);
  Status exec(std::string_view sql);  // one or several statements without results
  std::int64_t changes() const;
  std::int64_t inserted() const;  // the rowid of the latest insert
  bool in_transaction() const;
  sqlite3* raw() const { return db_; }
  std::string file() const;
  std::optional<FileId> id() const;

  // Error `replaced` where the name that it was opened by leads to another file now, or the WAL
  // that it writes to was taken away: what is written here nobody else would ever see. Transactions
  // that write ask this themselves when they begin, and again before they commit.
  Status in_place() const;

  // For many writes to come: a page cache that holds the hot pages, rarer checkpoints. From then on
  // only checkpoint() cuts the WAL; a commit's own checkpoint keeps the file, to be written over.
  Status tune(int cache_kib, int checkpoint_pages);
  // Copies the WAL into the file and cuts it, as far as no reader is in the way; not waiting.
  // To be called under the FileLock.
  Status checkpoint();
  // What can be read need not be durable: whoever wrote it may have died before the sync of the
  // WAL, or that sync may have failed, and no later one makes up for it (Linux). This writes the
  // WAL's content once more and syncs it, and the folder in which it may be new. To be called under
  // the FileLock, outside of a transaction, before anybody is told of what stands there.
  Status secure();
  // A commit or checkpoint failed in the file system. What the kernel then has in its cache need
  // not be what is on disk, so nothing more is done on this connection: close, open, look.
  bool broken() const;

 private:
  friend class Transaction;
  struct Wal;
  Db(sqlite3* db, std::unique_ptr<Wal> wal);
  void close();
  void break_off();
  sqlite3* db_ = nullptr;
  std::unique_ptr<Wal> wal_;
};

// BEGIN IMMEDIATE (write) or BEGIN (read); rolls back unless committed. Must not outlive its Db,
// which must not be moved meanwhile. After a failed commit() nothing of it is kept as far as one
// can know; the Db may be broken().
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
  // Pages are sealed (sealed_file.h) from this step on.
  bool seals = false;
};
struct Format {
  std::int32_t application_id = 0;
  std::int64_t version = 0;  // 0: no step was taken yet
  bool empty = false;        // a new file
};
Result<Format> format_of(Db& db);

// Whether the file is ours, of a version that is known, and its tables are that version's. Errors:
// `not_ours`, `newer_format`; `corrupt` where the tables are ours, and the header says otherwise.
Status check_header(Db& db, std::int32_t application_id, std::span<const Migration> steps);

// Whether the file is ours and of the newest version, without changing it. Errors: those, and
// `newer_format`; config `old_format`.
Status check_format(Db& db, std::int32_t application_id, std::span<const Migration> steps);

// Brings the file to the newest version, each step in a transaction. `application_id` tells our
// files from others: errors are config `not_ours` and `newer_format`, and nothing was changed then.
Status migrate(Db& db, std::int32_t application_id, std::span<const Migration> steps);

// To be called under the FileLock when that is in a file which it must have from its making on:
// copies it out of the WAL as long as the file alone does not say whose it is. So a copy of the
// file without its WAL is an older state, and never an empty file that is begun anew.
Status settle(Db& db);

// Where root makes a file beside a database: it belongs to whom `database` belongs to. SQLite does
// the same with its own.
void give_to_owner_of(const std::string& database, int fd);

// An exclusive lock file next to a database, to serialise writers and checkpoints across processes
// (SQLite before 3.51.3 can corrupt a WAL when both meet). Released on destruction, and by the
// kernel when the process dies. Fair: who waits comes before who has just released. Two FileLocks
// of one process exclude each other, too.
class FileLock {
 public:
  // Opens (creates) the lock file; does not lock yet. `of`: a file whose owner and group it gets,
  // if root makes it.
  static Result<FileLock> open(const std::string& file, const std::string& of = {});
  // The one of a database: "<database>.lock" beside the file that symbolic links lead to, so that
  // all its names have one lock. It belongs to whom the database belongs to.
  static Result<FileLock> beside(const std::string& database);
  FileLock(FileLock&&) noexcept;
  FileLock& operator=(FileLock&&) noexcept;
  ~FileLock();
  Status lock(int timeout_ms = 30'000);  // waits; then partial `busy`
  Result<bool> try_lock();
  void unlock();
  bool locked() const { return locked_; }
  // A note for whoever comes next: a commit has begun and did not end well (yet). It outlives the
  // process, not the machine. To be written under the lock.
  void set_doubtful(bool doubtful);
  bool doubtful() const;

 private:
  FileLock(int fd, std::string file, std::string of)
      : fd_(fd), file_(std::move(file)), of_(std::move(of)) {}
  Status wait(int timeout_ms);
  Result<bool> renewed();
  int fd_ = -1;
  bool locked_ = false;
  std::string file_, of_;
};

}  // namespace offsync::sqlite
