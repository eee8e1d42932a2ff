// What is asked of the sealed file of a connection.
#include <sqlite3.h>

#include "sqlite/seal_operations.h"
#include "sqlite/sealed_file.h"

namespace offsync::sqlite {

bool has_seals(sqlite3* db) {
  int reserved = -1;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  return reserved == kSealBytes;
}

void begin_seals(sqlite3* db) {
  sqlite3_file_control(db, "main", kBeginSeals, nullptr);
}

void ask_for_seals(sqlite3* db) {
  int reserve = kSealBytes;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
}

void forgive_seals(sqlite3* db, Forgive pages) {
  sqlite3_file_control(db, "main", kForgive, &pages);
}

Forgive forgiven(sqlite3* db) {
  Forgive pages = Forgive::none;
  sqlite3_file_control(db, "main", kForgiven, &pages);
  return pages;
}

bool all_sealed(sqlite3* db) {
  bool whole = false;
  sqlite3_file_control(db, "main", kIsWhole, &whole);
  return whole;
}

void say_all_sealed(sqlite3* db, bool say) {
  sqlite3_file_control(db, "main", kMakeWhole, &say);
}

int bare_pages(sqlite3* db, BarePages& found) {
  return sqlite3_file_control(db, "main", kSealBare, &found);
}

std::uint64_t unsealed_reads(sqlite3* db) {
  std::uint64_t count = 0;
  sqlite3_file_control(db, "main", kUnsealed, &count);
  return count;
}

std::uint32_t broken_seal(sqlite3* db) {
  std::uint32_t page = 0;
  sqlite3_file_control(db, "main", kBrokenSeal, &page);
  return page;
}

}  // namespace offsync::sqlite
