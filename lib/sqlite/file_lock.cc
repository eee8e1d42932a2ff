#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "sqlite/db.h"

namespace offsync::sqlite {
namespace {

// Two bytes of the file. Who wants the lock takes the gate first and waits there for the lock, so
// that a process that locks again and again cannot keep another one out.
constexpr off_t kGate = 0;
constexpr off_t kLock = 1;
// The third is the note. Where it cannot be read or written, the careful answer is taken.
constexpr off_t kNote = 2;

Error lock_error(const std::string& file, int error) {
  return make_error(Errc::io, error == EACCES || error == EROFS ? "read_only" : "io",
                    "cannot lock " + file + ": " + std::strerror(error),
                    "check the permissions of the folder, and whether its file system has locks");
}

// Open file description locks: they end with the descriptor and also exclude other descriptors of
// this process.
int set(int fd, off_t byte, short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  for (;;) {
    if (::fcntl(fd, F_OFD_SETLK, &range) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

bool taken(int error) {
  return error == EAGAIN || error == EACCES;
}

}  // namespace

Result<FileLock> FileLock::open(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return lock_error(file, errno);
  return FileLock(fd, file);
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      locked_(std::exchange(other.locked_, false)),
      file_(std::move(other.file_)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
    locked_ = std::exchange(other.locked_, false);
    file_ = std::move(other.file_);
  }
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Status FileLock::lock(int timeout_ms) {
  using namespace std::chrono;
  if (locked_) return make_error(Errc::internal, "locked", file_ + " is locked by us already");
  const auto deadline = steady_clock::now() + milliseconds(timeout_ms);
  auto pause = microseconds(100);
  for (off_t byte : {kGate, kLock}) {
    while (const int error = set(fd_, byte, F_WRLCK)) {
      if (!taken(error) || steady_clock::now() >= deadline) {
        if (byte == kLock) set(fd_, kGate, F_UNLCK);
        if (!taken(error)) return lock_error(file_, error);
        return make_error(Errc::partial, "busy",
                          "another process has held " + file_ + " for " +
                              std::to_string(timeout_ms / 1000) + " s",
                          "try again");
      }
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, microseconds(2'000));
    }
  }
  set(fd_, kGate, F_UNLCK);
  locked_ = true;
  return {};
}

Result<bool> FileLock::try_lock() {
  if (locked_) return make_error(Errc::internal, "locked", file_ + " is locked by us already");
  const int error = set(fd_, kLock, F_WRLCK);
  if (error != 0 && !taken(error)) return lock_error(file_, error);
  locked_ = error == 0;
  return locked_;
}

void FileLock::unlock() {
  if (!locked_) return;
  set(fd_, kLock, F_UNLCK);
  locked_ = false;
}

void FileLock::set_doubtful(bool doubtful) {
  const char note = doubtful ? '!' : ' ';
  while (::pwrite(fd_, &note, 1, kNote) < 0 && errno == EINTR) {
  }
}

bool FileLock::doubtful() const {
  char note = ' ';
  const ssize_t got = ::pread(fd_, &note, 1, kNote);
  return got < 0 || (got == 1 && note != ' ');
}

}  // namespace offsync::sqlite
