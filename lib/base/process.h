// What each program of offsync does before anything else: it makes itself independent of how it was
// started.
#pragma once

namespace offsync {

// Call it first in main(), before a file is opened or a thread begun. From then on
//  - descriptors 0, 1 and 2 are open, so that no file of ours gets a number that output or messages
//    are written to; one that was closed gives an error (EBADF) when it is used;
//  - a write that nobody reads any more, or beyond the limit of a file's size, is an error (EPIPE,
//    EFBIG) and not a signal that ends the process;
//  - a file that is cut while it is mapped into memory (SQLite does so with the -shm beside a
//    database), or whose disk fails, ends the process with 74 and a line that says so;
//  - no signal is blocked, and children can be waited for, whatever our parent did with both;
//  - new files are ours to read and write, and never others' beyond what the umask was and
//    `more_umask` (such as 027) allow.
void begin_process(unsigned more_umask = 0);

}  // namespace offsync
