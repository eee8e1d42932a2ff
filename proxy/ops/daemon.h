// Going into the background.
#pragma once

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

}  // namespace offsync::proxy
