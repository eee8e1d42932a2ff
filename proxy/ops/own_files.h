// The files that tell others about a running proxy. What another program wrote is never
// overwritten, and what somebody else has put there is not removed.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "sqlite/db.h"

namespace offsync::proxy {

// A file with the process id, locked as long as the process lives. One that nobody has locked is
// stale and is taken over, if it is empty or holds a number. Removed on destruction.
class PidFile {
 public:
  // Errors: io `already_running`; config `not_ours` for a file with anything else in it, which
  // stays as it is; io, auth `pidfile`.
  static Result<PidFile> take(const std::string& file);
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

 private:
  PidFile(std::string file, int fd) : file_(std::move(file)), fd_(fd) {}
  std::string file_, text_;
  int fd_;
};

// A file with the URL of a proxy that listens. Removed on destruction.
class ReadyFile {
 public:
  // That `file` may be written: it is not there, is empty, or holds a URL. Errors: config
  // `not_ours`; auth, io `ready_file`.
  static Status may_take(const std::string& file);
  // Asks that, too. Nobody reads half of it: it is written under a temporary name and moved.
  static Result<ReadyFile> write(const std::string& file, const std::string& url);
  ReadyFile(ReadyFile&& other) noexcept;
  ReadyFile& operator=(ReadyFile&&) = delete;
  ~ReadyFile();

 private:
  ReadyFile(std::string file, std::string text, sqlite::FileId id)
      : file_(std::move(file)), text_(std::move(text)), id_(id) {}
  std::string file_, text_;
  std::optional<sqlite::FileId> id_;
};

}  // namespace offsync::proxy
