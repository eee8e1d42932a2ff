#include "base/process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace offsync {
namespace {

// The descriptor that opening gives is the lowest one free, which is the one that is missing.
void open_standard_files() {
  for (const int fd : {0, 1, 2}) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    // The wrong way around, so that using it is an error and not silence. Where there is no
    // /dev/null, "/" can be neither read nor written by such a descriptor.
    if (::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0) (void)::open("/", O_PATH);
  }
}

void settle_signals() {
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, it takes each child's exit code away
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

void begin_process(unsigned more_umask) {
  open_standard_files();
  settle_signals();
  constexpr mode_t kOurs = 0700;
  const mode_t before = ::umask(077);
  ::umask((before & ~kOurs) | (more_umask & 077));
}

}  // namespace offsync
