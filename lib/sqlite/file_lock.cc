#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "base/system_error.h"
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
  return make_error(kind_of_errno(error), error == EACCES || error == EROFS ? "read_only" : "io",
                    "cannot lock " + file + ": " + std::strerror(error),
                    error == ENOENT
                        ? "check the path: the folder must be there"
                        : advice_of_errno(error,
                                          "check the permissions of the folder, and whether its "
                                          "file system has locks"));
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

Result<FileLock> FileLock::open(const std::string& file, const std::string& of) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
  if (fd < 0) return lock_error(file, errno);
  struct stat info {};
  if (::fstat(fd, &info) == 0 && !S_ISREG(info.st_mode)) {
    ::close(fd);
    return make_error(Errc::io, "io", "cannot lock " + file + ": it is no file", "take it away");
  }
  if (!of.empty()) give_to_owner_of(of, fd);  // also one that root has made before
  return FileLock(fd, file, of);
}

Result<FileLock> FileLock::beside(const std::string& database) {
  const std::string file = behind_links(database);
  return open(file + ".lock", file);
}

// Opens it anew where somebody has removed it: then the lock is on a file that nobody else finds.
Result<bool> FileLock::renewed() {
  struct stat ours {};
  if (::fstat(fd_, &ours) == 0 && still_is(file_, FileId{ours.st_dev, ours.st_ino})) return false;
  OFFSYNC_ASSIGN(FileLock anew, open(file_, of_));
  std::swap(fd_, anew.fd_);
  return true;
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      locked_(std::exchange(other.locked_, false)),
      file_(std::move(other.file_)),
      of_(std::move(other.of_)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
    locked_ = std::exchange(other.locked_, false);
    file_ = std::move(other.file_);
    of_ = std::move(other.of_);
  }
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Status FileLock::lock(int timeout_ms) {
  if (locked_) return make_error(Errc::internal, "locked", file_ + " is locked by us already");
  OFFSYNC_TRY(wait(timeout_ms));
  for (;;) {
    OFFSYNC_ASSIGN(const bool anew, renewed());
    if (!anew) break;
    OFFSYNC_TRY(wait(timeout_ms));
    set_doubtful(true);  // the note went with the file
  }
  locked_ = true;
  return {};
}

Status FileLock::wait(int timeout_ms) {
  using namespace std::chrono;
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
  return {};
}

Result<bool> FileLock::try_lock() {
  if (locked_) return make_error(Errc::internal, "locked", file_ + " is locked by us already");
  for (bool anew = false;;) {
    const int error = set(fd_, kLock, F_WRLCK);
    if (error != 0 && !taken(error)) return lock_error(file_, error);
    if (error != 0) return false;
    if (anew) set_doubtful(true);
    OFFSYNC_ASSIGN(const bool again, renewed());
    if (!again) break;
    anew = true;
  }
  locked_ = true;
  return true;
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
