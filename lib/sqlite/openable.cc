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

Status must_be_openable(const std::string& name, const OpenOptions& options) {
  OFFSYNC_TRY(must_be_file(name));
  const std::string file = behind_links(name);
  for (const char* end : {"-wal", "-shm", "-journal"}) {
    OFFSYNC_TRY(must_be_file(file + end));
    if (!options.frozen) OFFSYNC_TRY(must_have_one_name(file + end));
  }
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    return errno == ENOENT && options.create ? without_wal(name, file + "-wal", "is gone")
                                             : Status();
  }
  if (info.st_size == 0) OFFSYNC_TRY(without_wal(name, file + "-wal", "was emptied"));
  // What nobody writes to may have as many names as it likes.
  return options.frozen || info.st_nlink <= 1 ? Status() : must_have_one_name(name);
}

}  // namespace offsync::sqlite
