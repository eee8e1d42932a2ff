#include "proxy/ops/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/system_error.h"

namespace offsync::proxy {
namespace {

constexpr int kDied = 70;

Error failed_to(std::string code, std::string_view what) {
  return make_error(kind_of_errno(errno), std::move(code),
                    fmt::format("cannot {}: {}", what, std::strerror(errno)));
}

// What the daemon says within the pipe is one byte: its exit code. None: it died.
[[noreturn]] void wait_for_daemon(int fd, pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  unsigned char code = kDied;
  ssize_t n = 0;
  do {
    n = ::read(fd, &code, 1);
  } while (n < 0 && errno == EINTR);
  if (n != 1) {
    constexpr std::string_view kMessage = "offsync-proxy: the daemon died before it listened\n";
    [[maybe_unused]] const auto written = ::write(2, kMessage.data(), kMessage.size());
    ::_exit(kDied);
  }
  ::_exit(code);
}

void to_null(int fd, int flags) {
  const int null = ::open("/dev/null", flags | O_CLOEXEC);
  if (null < 0) return;
  ::dup2(null, fd);
  ::close(null);
}

}  // namespace

Result<Daemon> Daemon::begin() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed_to("fork", "make a pipe for the daemon");
  const pid_t child = ::fork();
  if (child < 0) return failed_to("fork", "start the daemon");
  if (child > 0) {
    ::close(ends[1]);
    wait_for_daemon(ends[0], child);
  }
  ::close(ends[0]);
  ::setsid();
  const pid_t grandchild = ::fork();
  if (grandchild < 0) return failed_to("fork", "start the daemon");
  if (grandchild > 0) ::_exit(0);
  if (::chdir("/") != 0) return failed_to("fork", "go to the root folder");
  to_null(0, O_RDONLY);
  to_null(1, O_WRONLY);
  // Whatever our caller had open is not kept open by us: a lock, a pipe that somebody waits for.
  constexpr int kPipe = 3;
  if (ends[1] != kPipe && ::dup3(ends[1], kPipe, O_CLOEXEC) < 0) {
    return failed_to("fork", "keep the daemon's pipe");
  }
  ::closefrom(kPipe + 1);
  return Daemon(kPipe);
}

Daemon::Daemon(Daemon&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Daemon::~Daemon() {
  if (fd_ >= 0) ::close(fd_);
}

void Daemon::ready() {
  to_null(2, O_WRONLY);
  tell(0);
}

void Daemon::failed(int exit_code) {
  tell(exit_code);
}

void Daemon::tell(int exit_code) {
  if (fd_ < 0) return;
  const auto code = static_cast<unsigned char>(exit_code);
  [[maybe_unused]] const auto n = ::write(fd_, &code, 1);
  ::close(std::exchange(fd_, -1));
}

}  // namespace offsync::proxy
