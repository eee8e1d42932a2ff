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
// SQLite's own tools takes them from the WAL) leaves that 0. The first page says whether there can
// be such pages: it is marked, in the file only, where every page has its seal, and then a page
// without is damage. The mark holds together with what others change of the header, and the WAL
// never has it: they cannot write pages and leave it, as the first page is in each WAL of ours
// (adopt.h). Where there is no mark, pages without a seal are let through.
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

// xOpen of a main database. Whether it is sealed (it is new, or its header or another page says so)
// is seen here.
int open_sealed_file(sqlite3_vfs* base, const char* path, sqlite3_file* file, int flags,
                     int* out_flags);

// Gives a first page of kPageBytes its seal; it does not say that all others have theirs.
void seal_first_page(char* page);

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
// Whether the file says that all its pages are sealed.
bool all_sealed(sqlite3* db);
// Whether it will say so when its first page is next written.
void say_all_sealed(sqlite3* db, bool say);
// Counts the file's pages without a seal, and those with a wrong one; with `seal` each of the
// former but the first gets its own, and is synced. A code of SQLite's.
struct BarePages {
  bool seal = false;
  std::uint64_t count = 0, broken = 0;
};
int bare_pages(sqlite3* db, BarePages& found);
// How many pages without a seal were read.
std::uint64_t unsealed_reads(sqlite3* db);

}  // namespace offsync::sqlite
