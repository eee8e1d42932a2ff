// Files of earlier formats, as SQL that the programs of their time left: tests/support/formats.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "support/raw_sqlite.h"

namespace offsync::test {

// Makes the database `file` from formats/<name>.sql.
inline void make_old_file(const std::string& file, const std::string& name) {
  const auto folder = std::filesystem::path(OFFSYNC_TEST_DATA) / "formats";
  std::ifstream in(folder / (name + ".sql"));
  std::stringstream sql;
  sql << in.rdbuf();
  RawDb db(file, "PRAGMA journal_mode=WAL");
  if (!in || sql.str().empty() || db.run(sql.str()) != SQLITE_OK) {
    throw std::runtime_error("cannot make " + file + " of " + name + ": " +
                             sqlite3_errmsg(db.handle()));
  }
}

}  // namespace offsync::test
