#include "sqlite/error.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace offsync::sqlite {
namespace {

struct Meaning {
  Errc kind;
  const char* code;
  const char* hint;
};

Meaning meaning_of(int rc) {
  switch (rc & 0xff) {
    case SQLITE_FULL:
      return {Errc::io, "disk_full", "the disk is full: free some space, then run it again"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::partial, "busy", "another process is writing to it: try again"};
    case SQLITE_CORRUPT:
      return {Errc::io, "corrupt", "the file is damaged: restore it from a copy, or set it aside"};
    case SQLITE_NOTADB:
      return {Errc::config, "not_ours", "it is no database at all: check the path"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Errc::io, "read_only", "check the permissions of the file and of its folder"};
    case SQLITE_CANTOPEN:
      return {Errc::io, "io", "check the path, and the permissions of the file and of its folder"};
    case SQLITE_IOERR:
      return {Errc::io, "io", "check the disk, then run it again"};
    case SQLITE_PROTOCOL:  // it could not lock the file
      return {Errc::io, "io", "check that its file system can lock files, then run it again"};
    case SQLITE_CONSTRAINT:
      return {Errc::internal, "constraint", "please report this bug"};
    default:
      return {Errc::internal, "sqlite", "please report this bug"};
  }
}

}  // namespace

Error error_of_file(const std::string& file, int rc, std::string_view doing, std::string_view why) {
  if ((rc & 0xff) == SQLITE_NOMEM) throw std::bad_alloc();
  const Meaning meaning = meaning_of(rc);
  std::string detail(doing);
  detail.append(" ").append(file).append(": ").append(why);
  return make_error(meaning.kind, meaning.code, std::move(detail), meaning.hint);
}

Error error_of(sqlite3* db, int rc, std::string_view doing, const std::string& file) {
  const char* name = sqlite3_db_filename(db, "main");
  std::string why = sqlite3_errmsg(db);
  const int primary = rc & 0xff;
  const int system = sqlite3_system_errno(db);
  if (system != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
    why.append(" (").append(std::strerror(system)).append(")");
  }
  // SQLite reports a full disk as an I/O error where the file system says so late.
  if (primary == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT)) rc = SQLITE_FULL;
  return error_of_file(name != nullptr && *name != '\0' ? name : file, rc, doing, why);
}

bool breaks_connection(int rc) {
  const int primary = rc & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_FULL || primary == SQLITE_CORRUPT;
}

}  // namespace offsync::sqlite
