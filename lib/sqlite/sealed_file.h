// A database file whose pages are sealed: the last 8 of the 4,096 bytes of each, which SQLite
// leaves alone ("reserved space"), hold a checksum of the rest and of the page's place. It is made
// where a page is written and looked at where one is read, so that a byte that changed on the disk,
// wherever it is, is an error (SQLITE_IOERR_DATA) and never another answer. The WAL has checksums
// of SQLite's own, which are looked at when it is opened.
//
// A backup by SQLite's own tools writes fields of the first page's header, and leaves its seal:
// they do not count in it.
//
// In memory, and so in the WAL, the 8 bytes are 0. Who writes pages without us (a backup by
// SQLite's own tools takes them from the WAL) leaves that 0, which is let through: such a page
// is sealed when it is next written.
//
// Internal to lib/sqlite.
#pragma once

#include <cstdint>

#include "sqlite/db.h"

struct sqlite3;
struct sqlite3_file;
struct sqlite3_vfs;

namespace offsync::sqlite {

using Forgive = OpenOptions::Forgive;

inline constexpr int kPageBytes = 4096;
inline constexpr int kSealBytes = 8;

// How many bytes a file of `base` needs with us around it.
int sealed_file_bytes(const sqlite3_vfs& base);

// xOpen of a main database. Whether it is sealed (it is new, or its header says so) is seen here.
int open_sealed_file(sqlite3_vfs* base, const char* path, sqlite3_file* file, int flags,
                     int* out_flags);

// --- of the main database of a connection -----------------------------------------------------
// Whether SQLite sees room for the seals in each page.
bool has_seals(sqlite3* db);
// From here on pages are sealed and looked at; what is there must have room for that.
void begin_seals(sqlite3* db);
// Asks SQLite for room in all pages that it writes from here on: all of a new file, and all after
// a VACUUM.
void ask_for_seals(sqlite3* db);
// Whose broken seals are let through from here on, for who takes what there is.
void forgive_seals(sqlite3* db, Forgive pages);
Forgive forgiven(sqlite3* db);
// The page whose seal was last found broken; 0: none.
std::uint32_t broken_seal(sqlite3* db);
// How many pages without a seal were read.
std::uint64_t unsealed_reads(sqlite3* db);

}  // namespace offsync::sqlite
