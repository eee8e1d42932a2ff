#include "sqlite/adopt.h"

#include <sqlite3.h>

#include <string>

#include "sqlite/examine.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_index.h"

namespace offsync::sqlite {
namespace {

constexpr int kCheckpointLock = 1;  // sqlite.org/walformat.html#wal_locks

// Whether all of the WAL is in the file, so that whoever writes next may begin it anew.
bool is_copied(Db& db) {
  const auto index = wal_index_of(file_of(db));
  return !index || index->copied >= index->last_frame;
}

Status touch_first_page(Db& db) {
  OFFSYNC_ASSIGN(const Format format, format_of(db));
  return db.exec("PRAGMA user_version=" + std::to_string(format.version));
}

// Nobody else checkpoints meanwhile.
bool seal_pages(Db& db) {
  sqlite3_file* const file = file_of(db);
  if (!has_wal_index(file)) return false;
  const auto lock = [&](int how) {
    return file->pMethods->xShmLock(file, kCheckpointLock, 1, how | SQLITE_SHM_EXCLUSIVE);
  };
  if (lock(SQLITE_SHM_LOCK) != SQLITE_OK) return false;
  BarePages bare{.seal = true};
  const int rc = bare_pages(db.raw(), bare);
  lock(SQLITE_SHM_UNLOCK);
  return rc == SQLITE_OK && bare.broken == 0;
}

Status look_at_structure(Db& db) {
  std::string first;
  check_structure(db, [&first](const std::string& problem) {
    if (first.empty()) first = problem;
  });
  if (first.empty()) return {};
  return make_error(Errc::io, "corrupt",
                    db.file() + " is damaged: another program has written to it: " + first);
}

// By way of the WAL: a write of the first page may be torn.
Status mark(Db& db) {
  OFFSYNC_ASSIGN(auto transaction, Transaction::begin(db, Transaction::Kind::write));
  OFFSYNC_TRY(touch_first_page(db));
  OFFSYNC_TRY(transaction.commit());
  return db.checkpoint();
}

}  // namespace

bool needs_adoption(Db& db) {
  return has_seals(db.raw()) && !all_sealed(db.raw());
}

Status adopt(Db& db) {
  if (!needs_adoption(db)) return {};
  if (!db.checkpoint() || !is_copied(db)) return {};
  BarePages bare;
  if (bare_pages(db.raw(), bare) != SQLITE_OK || bare.broken > 0) return {};
  if (bare.count > 0) OFFSYNC_TRY(look_at_structure(db));
  if (!seal_pages(db)) return {};
  say_all_sealed(db.raw(), true);
  static_cast<void>(mark(db));  // it is only looked at once more if that fails
  say_all_sealed(db.raw(), false);
  return {};
}

Status enter_first_page(Db& db) {
  return has_seals(db.raw()) && is_copied(db) ? touch_first_page(db) : Status();
}

Status begin_wal(Db& db) {
  OFFSYNC_ASSIGN(auto transaction, Transaction::begin(db, Transaction::Kind::write));
  return transaction.commit();
}

}  // namespace offsync::sqlite
