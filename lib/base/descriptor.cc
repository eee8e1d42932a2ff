#include "base/descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/system_error.h"

namespace offsync {
namespace {

// False where a signal came first.
bool wait_for(int fd, short what) {
  pollfd wanted{fd, what, 0};
  return ::poll(&wanted, 1, -1) >= 0;
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

Error unreadable(const std::string& file, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  return make_error(missing ? Errc::no_input : kind_of_errno(error),
                    missing ? "no_such_file" : "io",
                    "cannot read " + file + ": " + std::strerror(error),
                    error == EACCES ? "check its permissions" : "");
}

Error not_a_file(const std::string& file, const char* what) {
  return make_error(Errc::config, "not_a_file", file + " is " + what + ", and no file",
                    "name a file, or take it away");
}

// What cannot be read to its end, or nothing.
const char* kind_of(const struct stat& info, bool pipes) {
  if (S_ISDIR(info.st_mode)) return "a folder";
  if (S_ISFIFO(info.st_mode)) return pipes ? nullptr : "a pipe";
  if (S_ISSOCK(info.st_mode)) return "a socket";
  const bool null = S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3);
  if (!S_ISREG(info.st_mode) && !null) return "a device";
  return nullptr;
}

Result<std::string> read_to_end(int fd, const std::string& file, std::size_t most) {
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t n = read_some(fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(file, errno);
    if (n == 0) return text;
    text.append(block, static_cast<std::size_t>(n));
    if (text.size() > most) {
      return make_error(Errc::config, "too_large",
                        file + " is over " + std::to_string(most) + " bytes",
                        "it must be another file that was meant");
    }
  }
}

}  // namespace

Status must_be_file(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || S_ISREG(info.st_mode)) return {};
  const char* what = kind_of(info, false);
  return not_a_file(file, what != nullptr ? what : "a device");
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (would_block(errno)) {
      (void)wait_for(fd, POLLOUT);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

ssize_t read_some(int fd, void* into, std::size_t bytes) {
  for (;;) {
    const ssize_t n = ::read(fd, into, bytes);
    if (n >= 0 || !would_block(errno)) return n;
    if (!wait_for(fd, POLLIN)) return -1;
  }
}

Result<std::string> read_small_file(const std::string& file, std::size_t most, bool pipes) {
  // Looked at before it is opened: opening a FIFO waits, and opening a device may do anything.
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return unreadable(file, errno);
  if (const char* what = kind_of(info, pipes)) return not_a_file(file, what);
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | (pipes ? 0 : O_NONBLOCK));
  if (fd < 0) return unreadable(file, errno);
  const char* what = ::fstat(fd, &info) == 0 ? kind_of(info, pipes) : nullptr;
  auto text = what != nullptr ? not_a_file(file, what) : read_to_end(fd, file, most);
  ::close(fd);
  return text;
}

}  // namespace offsync
