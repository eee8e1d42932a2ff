// Which file a name leads to, whose it is, and who may write to it.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "sqlite/db.h"

namespace offsync::sqlite {
namespace {

bool writable_for_somebody(const std::string& name) {
  constexpr mode_t kWrite = S_IWUSR | S_IWGRP | S_IWOTH;
  struct stat info {};
  if (::stat(name.c_str(), &info) != 0) return errno != ENOENT;
  return (info.st_mode & kWrite) != 0;
}

}  // namespace

void give_to_owner_of(const std::string& database, int fd) {
  struct stat owner {};
  struct stat info {};
  if (::geteuid() != 0 || ::stat(database.c_str(), &owner) != 0 || ::fstat(fd, &info) != 0) return;
  if (owner.st_uid == info.st_uid && owner.st_gid == info.st_gid) return;
  (void)::fchown(fd, owner.st_uid, owner.st_gid);
}

std::string behind_links(const std::string& name) {
  std::error_code error;
  std::filesystem::path file = name;
  // Link by link, as the last one may lead to a file that is still to be made.
  for (int links = 0; links < 40 && std::filesystem::is_symlink(file, error); ++links) {
    const auto to = std::filesystem::read_symlink(file, error);
    if (error) break;
    file = to.is_absolute() ? to : file.parent_path() / to;
  }
  return file.string();
}

bool nobody_writes(const std::string& name) {
  const std::string file = behind_links(name);
  struct statvfs system {};
  if (::statvfs(file.c_str(), &system) != 0) return false;
  if ((system.f_flag & ST_RDONLY) != 0) return true;
  const auto slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  return !writable_for_somebody(folder) && !writable_for_somebody(file) &&
         !writable_for_somebody(file + "-wal");
}

std::optional<FileId> file_id(const std::string& name) {
  struct stat info {};
  if (::stat(name.c_str(), &info) != 0) return std::nullopt;
  return FileId{info.st_dev, info.st_ino};
}

Error replaced(const std::string& name) {
  struct stat info {};
  const bool there = ::stat(name.c_str(), &info) == 0;
  return make_error(Errc::io, "replaced",
                    name + (there ? " was replaced by another file while it was in use"
                                  : " was taken away while it was in use"),
                    "nothing more is written to it; put it back, or begin anew with what is there");
}

Status still_is(const std::string& name, const std::optional<FileId>& before) {
  if (!before) return {};
  struct stat info {};
  const bool there = ::stat(name.c_str(), &info) == 0;
  if (!there && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) return {};
  if (there && FileId{info.st_dev, info.st_ino} == *before) return {};
  return replaced(name);
}

}  // namespace offsync::sqlite
