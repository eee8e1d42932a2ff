// What an errno means for the exit code, and for what to do.
#pragma once

#include <cerrno>

#include "base/result.h"

namespace offsync {

// Errc::auth where the system refused it for want of a permission, else `otherwise`.
inline Errc kind_of_errno(int error, Errc otherwise = Errc::io) {
  return error == EACCES || error == EPERM ? Errc::auth : otherwise;
}

// What to do about it, where that does not depend on what was tried; else `otherwise`.
inline const char* advice_of_errno(int error, const char* otherwise) {
  const bool files = error == EMFILE || error == ENFILE;
  return files ? "raise the limit of open files (ulimit -n), then run it again" : otherwise;
}

}  // namespace offsync
