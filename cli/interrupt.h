// SIGINT, SIGTERM, and SIGHUP where it would cut a long command.
#pragma once

namespace offsync::cli {

// From now on they end the process at once with exit code 130 (SIGTERM: 143), whatever runs;
// databases are safe, transactions roll back. The default for every command; call from main().
void exit_on_interrupt();

// From now on the first one only sets a flag, so that a long command can end in order. A second
// one, half a second later or more, ends the process at once (130). Blocking system calls return
// EINTR.
void flag_on_interrupt();
bool interrupted();
// A group that gets the second one instead, SIGKILL if it lives 2 s more; 0: none (any more).
void end_with_us(int group);

}  // namespace offsync::cli
