#include "proxy/ops/own_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/system_error.h"
#include "base/text.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kMost = 512;  // bytes: neither file is ever longer

Error failed_to(const char* code, std::string_view what) {
  return make_error(kind_of_errno(errno), code,
                    fmt::format("cannot {}: {}", what, std::strerror(errno)));
}

Error not_ours(std::string_view setting, const std::string& file, const char* what) {
  return make_error(Errc::config, "not_ours",
                    fmt::format("{} = \"{}\" {}: no proxy has made it", setting, file, what),
                    "it stays as it is; name another file, or take it away");
}

std::string begin_of(int fd) {
  std::array<char, kMost + 1> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
}

std::string_view line_of(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

bool is_pid(std::string_view text) {
  return line_of(text).empty() || parse_number(line_of(text)).has_value();
}

bool is_url(std::string_view text) {
  const std::string_view line = line_of(text);
  const bool plain = std::all_of(line.begin(), line.end(), [](char c) { return c > ' '; });
  const bool web = line.starts_with("http://") || line.starts_with("https://");
  return line.empty() || (text.size() <= kMost && plain && web);
}

std::optional<sqlite::FileId> id_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return std::nullopt;
  return sqlite::FileId{info.st_dev, info.st_ino};
}

// Whether what has the name is that very file, and no link to it.
bool still_names(const std::string& file, const std::optional<sqlite::FileId>& id) {
  struct stat info {};
  return id && ::lstat(file.c_str(), &info) == 0 && *id == sqlite::FileId{info.st_dev, info.st_ino};
}

// A file without its name is nobody's: only what is as we wrote it goes.
void remove_ours(const std::string& file, const std::string& text,
                 const std::optional<sqlite::FileId>& id) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return;
  const bool ours = id_of(fd) == id && still_names(file, id) && begin_of(fd) == text;
  ::close(fd);
  if (ours) ::unlink(file.c_str());
}

bool write_text(int fd, std::string_view text) {
  return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// The temporary file, under a name that nobody has.
int create_beside(const std::string& file, std::string& name) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  int fd = -1;
  for (int i = 0; i < 100; ++i) {
    name = fmt::format("{}.{}.{}", file, ::getpid(), i);
    fd = ::open(name.c_str(), kFlags, 0644);
    if (fd >= 0 || errno != EEXIST) break;
  }
  return fd;
}

Error locked_by_another(const std::string& file, std::string_view text) {
  if (line_of(text).empty() || !is_pid(text)) {
    return make_error(Errc::config, "not_ours",
                      fmt::format("the pidfile {} is locked by another program", file),
                      "name another file");
  }
  return make_error(
      Errc::io, "already_running",
      fmt::format("a proxy runs already with the pidfile {}, as process {}", file, line_of(text)));
}

}  // namespace

Result<PidFile> PidFile::take(const std::string& file) {
  for (;;) {
    const int fd =
        ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (fd < 0) return failed_to("pidfile", "open the pidfile " + file);
    PidFile taken(file, fd);  // its text is empty yet: nothing of it is removed
    struct stat info {};
    if (::fstat(fd, &info) != 0) return failed_to("pidfile", "look at the pidfile " + file);
    if (!S_ISREG(info.st_mode)) return not_ours("pidfile", file, "is no regular file");
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return locked_by_another(file, begin_of(fd));
    // Its last owner may have removed it between the two calls: then the lock is on a file that
    // nobody else will find.
    if (!still_names(file, id_of(fd))) continue;
    if (!is_pid(begin_of(fd))) return not_ours("pidfile", file, "holds no process id");
    taken.text_ = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd, 0) == 0 && write_text(fd, taken.text_)) return taken;
    auto error = failed_to("pidfile", "write the pidfile " + file);
    ::unlink(file.c_str());  // ours by then, with half a number in it
    return error;
  }
}

PidFile::PidFile(PidFile&& other) noexcept
    : file_(std::move(other.file_)),
      text_(std::move(other.text_)),
      fd_(std::exchange(other.fd_, -1)) {}

PidFile::~PidFile() {
  if (fd_ < 0) return;
  if (!text_.empty()) remove_ours(file_, text_, id_of(fd_));
  ::close(fd_);
}

Status ReadyFile::may_take(const std::string& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) return {};  // writing it tells why
  if (!S_ISREG(info.st_mode)) return not_ours("ready_file", file, "is no regular file");
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return failed_to("ready_file", "read the ready file " + file);
  const std::string text = begin_of(fd);
  ::close(fd);
  return is_url(text) ? Status() : not_ours("ready_file", file, "holds no URL");
}

Result<ReadyFile> ReadyFile::write(const std::string& file, const std::string& url) {
  OFFSYNC_TRY(may_take(file));
  std::string part;
  const int fd = create_beside(file, part);
  if (fd < 0) return failed_to("ready_file", "create " + part);
  std::string text = url + "\n";
  const bool written = write_text(fd, text);
  const auto id = id_of(fd);
  ::close(fd);
  if (written && id && ::rename(part.c_str(), file.c_str()) == 0) {
    return ReadyFile(file, std::move(text), *id);
  }
  auto error = failed_to("ready_file", "write " + file);
  ::unlink(part.c_str());
  return error;
}

ReadyFile::ReadyFile(ReadyFile&& other) noexcept
    : file_(std::move(other.file_)),
      text_(std::move(other.text_)),
      id_(std::exchange(other.id_, std::nullopt)) {}

ReadyFile::~ReadyFile() {
  if (id_) remove_ours(file_, text_, id_);
}

}  // namespace offsync::proxy
