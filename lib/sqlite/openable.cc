#include "sqlite/openable.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/descriptor.h"

namespace offsync::sqlite {
namespace {

Status without_wal(const std::string& name, const std::string& wal, const char* what) {
  struct stat info {};
  if (::stat(wal.c_str(), &info) != 0 || info.st_size == 0) return {};
  return make_error(
      Errc::io, "wal_alone",
      fmt::format("{} {}: {} beside it still has {} bytes", name, what, wal, info.st_size),
      "put a copy of it back and set the WAL aside; to begin anew, set both aside");
}

}  // namespace

Status must_have_one_name(const std::string& name) {
  struct stat info {};
  if (::stat(name.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink <= 1) return {};
  return make_error(
      Errc::config, "hard_link",
      fmt::format("{0} is a hard link, one of {1} names of one file: who uses the file by another "
                  "name has another WAL, and two WALs destroy it",
                  name, info.st_nlink),
      "while nothing uses it, copy its whole folder, as what lies beside it may be linked, too (cp "
      "-a FOLDER COPY), and use the copy");
}

namespace {

// One look, as this is done at each opening; who says what is wrong looks again. `info` is all zero
// where there is nothing.
Status look_at(const std::string& name, bool frozen, struct stat& info) {
  info = {};
  if (::stat(name.c_str(), &info) != 0) return {};
  if (!S_ISREG(info.st_mode)) return must_be_file(name);
  // What nobody writes to may have as many names as it likes.
  return frozen || info.st_nlink <= 1 ? Status() : must_have_one_name(name);
}

}  // namespace

Status must_be_openable(const std::string& name, const OpenOptions& options) {
  struct stat info {};
  errno = 0;
  OFFSYNC_TRY(look_at(name, options.frozen, info));
  const bool there = info.st_nlink != 0;
  const bool gone = !there && errno == ENOENT;
  const bool emptied = there && info.st_size == 0;
  const std::string file = behind_links(name);
  for (const char* end : {"-wal", "-shm", "-journal"}) {
    OFFSYNC_TRY(look_at(file + end, options.frozen, info));
  }
  if (gone && options.create) return without_wal(name, file + "-wal", "is gone");
  return emptied ? without_wal(name, file + "-wal", "was emptied") : Status();
}

}  // namespace offsync::sqlite
