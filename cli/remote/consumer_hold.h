// That one process at a time acts as a consumer: two would run a command each for every event.
#pragma once

#include <string>

#include "base/result.h"
#include "sqlite/db.h"

namespace offsync::cli {

// As long as it lives, nobody else holds the same name at the same replica, by whatever path. It
// ends with the process, however that ends: the kernel keeps it.
class ConsumerHold {
 public:
  // `replica` is the replica's file. Errors: partial `in_use`, which names the process where it can
  // be known; as of sqlite::FileLock::open.
  static Result<ConsumerHold> take(const std::string& replica, const std::string& name);
  ConsumerHold(ConsumerHold&&) noexcept = default;
  ConsumerHold& operator=(ConsumerHold&&) = delete;
  ~ConsumerHold();

 private:
  ConsumerHold(sqlite::FileLock lock, std::string file)
      : lock_(std::move(lock)), file_(std::move(file)) {}
  sqlite::FileLock lock_;
  std::string file_;
};

}  // namespace offsync::cli
