// The file of a store as its only writer left it. Internal to store/sqlite.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "sqlite/db.h"
#include "sqlite/wal_index.h"

namespace offsync::proxy {

// Sees that somebody writes into the file, or cuts it or its WAL, under a proxy that uses it. That
// another program checkpoints is no change. What nothing is known of (a file that is none of the
// system's) was not changed.
class OwnFile {
 public:
  explicit OwnFile(std::string name) : name_(std::move(name)) {}

  // io `replaced`, from the first change on. Whoever writes asks this before.
  Status check(sqlite::Db& db) const;
  // What is there now, after something was written, or may have been.
  void note(sqlite::Db& db);
  // After a failure nobody knows what was written.
  void forget() { seen_.reset(); }

 private:
  struct Seen {
    off_t size = 0;
    std::int64_t changed_ns = 0;
    sqlite::WalIndex wal;
  };
  std::optional<Seen> look(sqlite::Db& db) const;
  static bool is_same(const Seen& before, const Seen& now);

  const std::string name_;
  std::optional<Seen> seen_;
};

}  // namespace offsync::proxy
