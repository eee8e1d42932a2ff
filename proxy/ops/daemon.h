// Going into the background, and the files that tell others about a running proxy.
#pragma once

#include <string>

#include "base/result.h"

namespace offsync::proxy {

// Two forks, so that the process has no terminal and never gets one. The process that began it
// waits, and ends with what the daemon says: 0 by ready(), or the daemon's own exit code. Until
// then stderr is that of the caller.
class Daemon {
 public:
  // Returns in the daemon only. Call it before any thread exists. Errors: io `fork`.
  static Result<Daemon> begin();
  Daemon(Daemon&& other) noexcept;
  Daemon& operator=(Daemon&&) = delete;
  ~Daemon();

  void ready();
  void failed(int exit_code);

 private:
  explicit Daemon(int fd) : fd_(fd) {}
  void tell(int exit_code);
  int fd_;
};

// A file with the process id, locked as long as the process lives. A file that nobody has locked is
// stale and is taken over. Removed on destruction.
class PidFile {
 public:
  // Errors: io `already_running`, `pidfile`.
  static Result<PidFile> take(const std::string& file);
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

 private:
  PidFile(std::string file, int fd) : file_(std::move(file)), fd_(fd) {}
  std::string file_;
  int fd_;
};

// Writes `text` under a temporary name and moves it to `file`: nobody reads half of it.
Status write_whole(const std::string& file, const std::string& text);

}  // namespace offsync::proxy
