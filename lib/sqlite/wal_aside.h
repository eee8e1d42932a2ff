// A WAL that is not what belongs to its file, for who makes the file usable again.
#pragma once

#include <string>

#include "base/result.h"

namespace offsync::sqlite {

struct WalAside {
  std::string file;    // where it is kept; empty: nothing is wrong with it
  bool other = false;  // it is not of this file, and is not beside it any more
};

// A WAL that is not of this file gets another name beside it: what the file has alone counts. One
// that is damaged is copied there, as its end will be lost. Takes the FileLock. What cannot be told
// is left to whoever reads the file. Errors: io.
Result<WalAside> set_wal_aside(const std::string& file);

// Puts one back that was taken away, where the file cannot be made usable either.
void put_wal_back(const std::string& file, const WalAside& aside);

}  // namespace offsync::sqlite
