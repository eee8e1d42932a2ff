#include "replica/file_identity.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace offsync {

std::string identity_of(const std::string& file) {
  struct statx st {};
  if (::statx(AT_FDCWD, file.c_str(), 0, STATX_INO | STATX_BTIME, &st) != 0) return {};
  if ((st.stx_mask & STATX_BTIME) == 0) return fmt::format("{}", st.stx_ino);
  return fmt::format("{}.{}.{}", st.stx_ino, st.stx_btime.tv_sec, st.stx_btime.tv_nsec);
}

}  // namespace offsync
