// Reading and writing descriptors that somebody else has opened: they may be non-blocking, because
// another program that has the same pipe or terminal made them so, and then waiting is for us to
// do.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync {

// Writes all of it, through signals and however long it takes. 0, or the errno of the failure.
int write_all(int fd, std::string_view bytes);

// read(2) that waits for something to be there. -1 with EINTR where a signal came meanwhile.
ssize_t read_some(int fd, void* into, std::size_t bytes);

// The whole content of a small file that is named in settings: a regular file, or an empty device
// (/dev/null). With `pipes` also a pipe, as a shell makes for <(command), read to its end.
// Errors: no_input `no_such_file`; config `not_a_file` (a folder, a FIFO, a socket, a device; they
// would be waited for, or be without end), `too_large` (over `most` bytes); io.
Result<std::string> read_small_file(const std::string& file, std::size_t most, bool pipes = false);

// Error config `not_a_file` for what is there and is no regular file, without opening it: a pipe
// would be waited for. What is not there, or cannot be looked at, is left to whoever opens it.
Status must_be_file(const std::string& file);

}  // namespace offsync
