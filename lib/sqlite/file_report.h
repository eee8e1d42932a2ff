// What was found in a database file of which all was read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace offsync::sqlite {

struct PagesRead {
  // Of the database; those that are in the WAL alone have checksums of SQLite's own.
  std::uint64_t pages = 0;
  // Written by SQLite's own tools, a backup for instance: nobody can know whether they are as they
  // were written. Each gets its seal when it is next written by us.
  std::uint64_t unsealed = 0;
  bool wal = true;  // all that was committed to the WAL can be read
};

struct FileReport : PagesRead {
  std::vector<std::string> problems;  // with their places; at most kMostProblems
  bool more = false;                  // there are more problems than that
  bool bad_pages = false;             // some of them are pages, each of which is named once

  static constexpr std::size_t kMostProblems = 100;
  void add(std::string problem);
  // An error that ended the reading of `place`, which may be empty. Which page it is about is known
  // where there are bad ones.
  void add_end(const std::string& place, const Error& error);
};

}  // namespace offsync::sqlite
