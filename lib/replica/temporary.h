// A database that is there for a while only. Internal to lib/replica.
#pragma once

#include <cstdio>
#include <string>
#include <utility>

namespace offsync {

// What an earlier one of this name left goes, too.
struct TemporaryDatabase {
  explicit TemporaryDatabase(std::string name) : file(std::move(name)) { remove(); }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;
  ~TemporaryDatabase() { remove(); }
  void remove() const {
    for (const char* end : {"", "-wal", "-shm", "-journal"}) std::remove((file + end).c_str());
  }
  const std::string file;
};

}  // namespace offsync
