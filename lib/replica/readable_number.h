// A number out of a file that may be damaged. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <optional>

#include "sqlite/db.h"

namespace offsync {

// What `sql` gives first; nothing where it cannot be read.
inline std::optional<std::int64_t> readable_number(sqlite::Db& db, const char* sql) {
  auto get = db.prepare(sql);
  if (!get) return std::nullopt;
  const auto row = get->step();
  if (!row || !*row) return std::nullopt;
  return get->integer(0);
}

}  // namespace offsync
