#include "sqlite/take_content.h"

#include <sqlite3.h>

#include "sqlite/adopt.h"
#include "sqlite/error.h"

namespace offsync::sqlite {

Status take_content(Db& to, Db& from) {
  OFFSYNC_TRY(begin_wal(to));
  sqlite3_backup* const copy = sqlite3_backup_init(to.raw(), "main", from.raw(), "main");
  if (copy == nullptr) return error_of(to.raw(), sqlite3_errcode(to.raw()), "cannot write to");
  sqlite3_backup_step(copy, -1);
  const int rc = sqlite3_backup_finish(copy);
  if (rc != SQLITE_OK) return error_of(to.raw(), rc, "cannot write to");
  return to.checkpoint();
}

}  // namespace offsync::sqlite
