// What an errno means for the exit code.
#pragma once

#include <cerrno>

#include "base/result.h"

namespace offsync {

// Errc::auth where the system refused it for want of a permission, else `otherwise`.
inline Errc kind_of_errno(int error, Errc otherwise = Errc::io) {
  return error == EACCES || error == EPERM ? Errc::auth : otherwise;
}

}  // namespace offsync
