#include "sqlite/wal_index.h"

#include <sqlite3.h>

namespace offsync::sqlite {

sqlite3_file* file_of(Db& db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db.raw(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return file;
}

bool has_wal_index(sqlite3_file* file) {
  return file != nullptr && file->pMethods != nullptr && file->pMethods->iVersion >= 2;
}

std::optional<WalIndex> wal_index_of(sqlite3_file* file) {
  // sqlite.org/walformat.html#the_wal_index_file_format
  constexpr int kIndexBytes = 32 * 1024, kLastFrameAt = 16, kUseAt = 32, kCopiedAt = 96;
  constexpr int kBeingCopiedAt = 128;
  if (!has_wal_index(file)) return std::nullopt;
  volatile void* index = nullptr;
  const int rc = file->pMethods->xShmMap(file, 0, kIndexBytes, 0, &index);
  if (rc != SQLITE_OK || index == nullptr) return std::nullopt;
  file->pMethods->xShmBarrier(file);
  const auto number = [&](int at) {
    return *reinterpret_cast<const volatile std::uint32_t*>(
        static_cast<const volatile char*>(index) + at);
  };
  WalIndex seen{
      number(kLastFrameAt), number(kCopiedAt), number(kBeingCopiedAt), number(kUseAt), {}};
  for (std::size_t i = 0; i < seen.salts.size(); ++i) {
    seen.salts[i] = static_cast<const volatile char*>(index)[kUseAt + i];
  }
  return seen;
}

}  // namespace offsync::sqlite
