#include "base/process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <string_view>

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

constexpr int kIo = 74;  // EX_IOERR, as both programs have it
constexpr std::size_t kMostName = 64;
std::array<char, kMostName> program_name{};

// Whoever touches such memory cannot go on: what should be there is lost, and with it what the
// processes have agreed upon. To end is as safe as to be killed.
void end_by_bus_error(int signal, siginfo_t* info, void* /*context*/) {
  if (info->si_code <= 0) {  // another process has sent it
    std::signal(signal, SIG_DFL);
    (void)std::raise(signal);
    return;
  }
  constexpr std::string_view kReason =
      ": a file that is in use (the -shm beside the database) was cut, or its disk failed; nothing "
      "more is written; run it again\n";
  (void)!::write(2, program_name.data(), ::strnlen(program_name.data(), kMostName));
  (void)!::write(2, kReason.data(), kReason.size());
  ::_exit(kIo);
}

void end_well_by_bus_error() {
  std::string_view name = program_invocation_short_name;
  if (name.ends_with("-net")) name.remove_suffix(4);
  name.copy(program_name.data(), kMostName - 1);
  struct sigaction action = {};
  action.sa_sigaction = end_by_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
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
  end_well_by_bus_error();
  constexpr mode_t kOurs = 0700;
  const mode_t before = ::umask(077);
  ::umask((before & ~kOurs) | (more_umask & 077));
}

}  // namespace offsync
