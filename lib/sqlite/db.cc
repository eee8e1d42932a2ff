#include "sqlite/db.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

#include "sqlite/adopt.h"
#include "sqlite/error.h"
#include "sqlite/openable.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_vfs.h"

namespace offsync::sqlite {

// Its address is the WAL hook's argument, so it does not move with its Db.
struct Db::Wal {
  int checkpoint_pages = 0;
  int busy_timeout_ms = 0;
  bool many_commits = false;
  bool broken = false;
  std::string name;  // that it was opened by
  std::optional<FileId> file, wal;

  int checkpoint(sqlite3* db, int mode) {
    // Beginning the WAL anew waits for readers; a commit must not.
    sqlite3_busy_timeout(db, 0);
    const int rc = sqlite3_wal_checkpoint_v2(db, nullptr, mode, nullptr, nullptr);
    sqlite3_busy_timeout(db, busy_timeout_ms);
    if (breaks_connection(rc)) broken = true;
    return rc;
  }

  // SQLite's own automatic checkpoint never cuts the WAL: it counts on the next writer to start it
  // anew, and knows only while some process has the file open that it may. With short-lived
  // processes the WAL would grow for ever, and every process would read and checkpoint all of it.
  // Where many commits follow, the file is kept to be written over: blocks that it has already
  // need no journal of the file system.
  static int on_commit(void* wal_pointer, sqlite3* db, const char* /*schema*/, int pages) {
    auto* wal = static_cast<Wal*>(wal_pointer);
    if (wal->checkpoint_pages > 0 && pages >= wal->checkpoint_pages) {
      wal->checkpoint(db,
                      wal->many_commits ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_TRUNCATE);
    }
    return SQLITE_OK;  // the commit itself is done, whatever became of the checkpoint
  }
};

namespace {

// Never a special name, and no URI.
std::string path_of(const std::string& file) {
  return file.starts_with('/') ? file : "./" + file;
}

// What to open where nobody writes. There can be no index of the WAL, so SQLite keeps one in
// memory, as it does for who is alone; it may be so without a lock. Where there is no WAL, it must
// not look for one.
struct Frozen {
  std::string path, vfs;
  int flags = 0;
};
Result<Frozen> frozen(const std::string& name) {
  const std::string path = behind_links(name);
  OFFSYNC_ASSIGN(const bool wal, exists(path + "-wal"));
  if (wal) return Frozen{path, "unix-none", 0};
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    plain ? uri += c : uri.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return Frozen{uri + "?immutable=1", "", SQLITE_OPEN_URI};
}

int open_flags(const OpenOptions& options) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.create) flags |= SQLITE_OPEN_CREATE;
  return flags;
}

void harden(sqlite3* db) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

std::string settings(const OpenOptions& options) {
  // Freed pages need not be zeroed (a default of Debian's build): they hold what was in the log.
  // Who only reads need not be able to write beside the file, and spools nothing but what it sorts.
  return "PRAGMA mmap_size=0; PRAGMA cell_size_check=1; PRAGMA secure_delete=0;"
         "PRAGMA synchronous=FULL; PRAGMA cache_size=-" +
         std::to_string(options.cache_kib) +
         (options.read_only ? "; PRAGMA temp_store=MEMORY" : "");
}

// The process has one folder for them: all that it writes to lies in one, or nearly.
void spool_beside(const std::string& path) {
  std::string folder = std::filesystem::path(behind_links(path)).parent_path().string();
  if (folder.empty()) folder = ".";
  // SQLite takes this one where it reads the name.
  sqlite3_mutex* const mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_VFS1);
  sqlite3_mutex_enter(mutex);
  if (sqlite3_temp_directory == nullptr || folder != sqlite3_temp_directory) {
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = sqlite3_mprintf("%s", folder.c_str());
  }
  sqlite3_mutex_leave(mutex);
}

Result<sqlite3_vfs*> find_vfs(const std::string& name) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(name.empty() ? nullptr : name.c_str());
  if (vfs != nullptr) return vfs;
  return make_error(Errc::internal, "sqlite", "SQLite has no file system " + name);
}

}  // namespace

Result<bool> exists(const std::string& file, const std::string& vfs) {
  OFFSYNC_ASSIGN(sqlite3_vfs* const system, find_vfs(vfs));
  const std::string path = path_of(file);
  // The unix VFS answers the first question with no for an empty file.
  for (const int question : {SQLITE_ACCESS_EXISTS, SQLITE_ACCESS_READWRITE}) {
    int answer = 0;
    if (const int rc = system->xAccess(system, path.c_str(), question, &answer); rc != SQLITE_OK) {
      return error_of_file(file, rc, "cannot look for", sqlite3_errstr(rc));
    }
    if (answer != 0) return true;
  }
  return false;
}

Result<Db> Db::open(const std::string& file, const OpenOptions& options) {
  if (file.empty()) return make_error(Errc::usage, "no_such_file", "no database file was named");
  const std::string path = path_of(file);
  if (options.vfs.empty()) OFFSYNC_TRY(must_be_openable(path, options));
  if (!options.create) {
    OFFSYNC_ASSIGN(const bool there, exists(file, options.vfs));
    if (!there) return make_error(Errc::no_input, "no_such_file", "there is no file " + file);
  }
  if (options.vfs.empty() && !options.read_only) spool_beside(path);
  Frozen how{path, options.vfs, 0};
  if (options.frozen) {
    OFFSYNC_ASSIGN(how, frozen(path));
  }
  OFFSYNC_ASSIGN(sqlite3_vfs* const system, find_vfs(how.vfs));
  sqlite3* raw = nullptr;
  const int rc = sqlite3_open_v2(how.path.c_str(), &raw, open_flags(options) | how.flags,
                                 wal_vfs(*system).c_str());
  if (rc != SQLITE_OK) {
    Error error = raw != nullptr ? error_of(raw, rc, "cannot open", file)
                                 : error_of_file(file, rc, "cannot open", sqlite3_errstr(rc));
    sqlite3_close_v2(raw);
    return error;
  }
  Db db(raw, std::make_unique<Wal>());
  db.wal_->checkpoint_pages = options.checkpoint_pages;
  db.wal_->busy_timeout_ms = options.busy_timeout_ms;
  db.wal_->name = file;
  if (options.vfs.empty()) db.wal_->file = file_id(file);
  int moved = 0;  // SQLite knows which file it has, and we now know it, too
  sqlite3_file_control(raw, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0 && db.wal_->file) return replaced(file);
  sqlite3_busy_timeout(raw, options.busy_timeout_ms);
  if (options.forgive != OpenOptions::Forgive::none) forgive_seals(raw, options.forgive);
  harden(raw);
  // Before anything is read, which would look for the index of the WAL.
  if (!how.vfs.empty() && options.frozen) OFFSYNC_TRY(db.exec("PRAGMA locking_mode=EXCLUSIVE"));
  OFFSYNC_TRY(db.exec(settings(options)));
  if (options.create && !options.read_only) {
    OFFSYNC_ASSIGN(const Format format, format_of(db));
    if (format.empty) {
      ask_for_seals(raw);
      OFFSYNC_TRY(db.exec("PRAGMA journal_mode=WAL"));
    }
  }
  sqlite3_wal_hook(raw, &Wal::on_commit, db.wal_.get());
  return db;
}

Db::Db(sqlite3* db, std::unique_ptr<Wal> wal) : db_(db), wal_(std::move(wal)) {}
Db::Db(Db&& other) noexcept : db_(std::exchange(other.db_, nullptr)), wal_(std::move(other.wal_)) {}

Db& Db::operator=(Db&& other) noexcept {
  if (this != &other) {
    close();
    db_ = std::exchange(other.db_, nullptr);
    wal_ = std::move(other.wal_);
  }
  return *this;
}

Db::~Db() {
  close();
}

void Db::close() {
  if (db_ == nullptr) return;
  sqlite3_close_v2(db_);
  db_ = nullptr;
}

Result<Statement> Db::prepare(std::string_view sql) {
  Statement statement;
  const int rc = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement.stmt_, nullptr);
  if (rc != SQLITE_OK) return error_of_sql(db_, rc);
  return statement;
}

Status Db::exec(std::string_view sql) {
  const std::string text(sql);
  const int rc = sqlite3_exec(db_, text.c_str(), nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return error_of_sql(db_, rc);
  return {};
}

std::optional<FileId> Db::id() const {
  return wal_->file;
}

Status Db::in_place() const {
  OFFSYNC_TRY(still_is(wal_->name, wal_->file));
  if (!wal_->wal) return {};
  return still_is(sqlite3_filename_wal(sqlite3_db_filename(db_, "main")), wal_->wal);
}

std::int64_t Db::changes() const {
  return sqlite3_changes64(db_);
}
std::int64_t Db::inserted() const {
  return sqlite3_last_insert_rowid(db_);
}
bool Db::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}
bool Db::broken() const {
  return wal_->broken;
}
void Db::break_off() {
  wal_->broken = true;
}

std::string Db::file() const {
  const char* name = sqlite3_db_filename(db_, "main");
  return name != nullptr ? name : "";
}

Status Db::tune(int cache_kib, int checkpoint_pages) {
  wal_->checkpoint_pages = checkpoint_pages;
  wal_->many_commits = true;
  return exec("PRAGMA cache_size=-" + std::to_string(cache_kib));
}

Status Db::checkpoint() {
  const int rc = wal_->checkpoint(db_, SQLITE_CHECKPOINT_TRUNCATE);
  // A reader in the way is no failure: the next checkpoint goes on from there.
  if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED) {
    return error_of(db_, rc, "cannot checkpoint");
  }
  return {};
}

Result<Transaction> Transaction::begin(Db& db, Kind kind) {
  if (db.broken()) {
    return make_error(Errc::io, "io", "an earlier write to " + db.file() + " failed",
                      "check the disk, then open it again");
  }
  if (kind == Kind::write) OFFSYNC_TRY(db.in_place());
  const char* sql = kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN";
  const int rc = sqlite3_exec(db.db_, sql, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return error_of(db.db_, rc, "cannot write to");
  // It is open now, and stays so.
  if (kind == Kind::write && db.wal_->file && !db.wal_->wal) {
    db.wal_->wal = file_id(sqlite3_filename_wal(sqlite3_db_filename(db.db_, "main")));
  }
  Transaction begun(db);
  if (kind == Kind::write) OFFSYNC_TRY(enter_first_page(db));
  return begun;
}

Transaction::Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}

Transaction::~Transaction() {
  // Some errors have rolled it back already; a second rollback would be an error, and harmless.
  if (db_ != nullptr && db_->in_transaction()) {
    sqlite3_exec(db_->db_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Status Transaction::commit() {
  Db& db = *std::exchange(db_, nullptr);
  if (!db.in_transaction()) {
    return make_error(Errc::io, "io", "a write to " + db.file() + " had failed and was undone");
  }
  if (Status there = db.in_place(); !there) {
    sqlite3_exec(db.db_, "ROLLBACK", nullptr, nullptr, nullptr);
    return there;
  }
  const int rc = sqlite3_exec(db.db_, "COMMIT", nullptr, nullptr, nullptr);
  if (rc == SQLITE_OK) return {};
  Error error = error_of(db.db_, rc, "cannot write to");
  if (breaks_connection(rc)) db.wal_->broken = true;
  if ((rc & 0xff) == SQLITE_IOERR && !beyond_file_limit(db.db_, rc)) {
    error.hint = "check the disk, then look whether it was kept: nobody can know that now";
  }
  if (db.in_transaction()) sqlite3_exec(db.db_, "ROLLBACK", nullptr, nullptr, nullptr);
  return error;
}

}  // namespace offsync::sqlite
