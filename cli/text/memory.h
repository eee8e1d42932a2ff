// Want of memory: no bug, but what a machine or a limit refuses, as a full disk is.
#pragma once

#include <new>

#include "base/result.h"

namespace offsync::cli {

inline Error out_of_memory() {
  return make_error(Errc::io, "no_memory", "there is not enough memory",
                    "give it less at once, or raise the limit (ulimit -v)");
}

// What `fn` returns, or io `no_memory`.
template <class Fn>
Status unless_out_of_memory(Fn fn) {
  try {
    return fn();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

}  // namespace offsync::cli
