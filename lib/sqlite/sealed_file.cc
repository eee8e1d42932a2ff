#include "sqlite/sealed_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/crc32.h"
#include "sqlite/seal_operations.h"
#include "sqlite/wal_index.h"
#include "sqlite/wal_mark.h"

namespace offsync::sqlite {
namespace {

constexpr char kMark[4] = {'o', 's', 'e', 'l'};
constexpr int kContentBytes = kPageBytes - kSealBytes;
constexpr int kReservedAt = 20;  // in a database's header: how many bytes SQLite leaves alone
constexpr int kHeaderBytes = 100;
// What of the header a backup by SQLite's own tools writes, with our seal left as it was: the
// counters of changes and of the schema, the file's size, SQLite's version.
// What is wrong there SQLite sees itself, or does not need.
constexpr std::pair<std::size_t, std::size_t> kOthersWrite[] = {{24, 32}, {40, 44}, {92, 100}};
// Of the bytes that SQLite keeps "for expansion" in the header: the mark of a file of which every
// page is sealed, and a checksum of what kOthersWrite names, as it was then. Only the file has it.
constexpr std::size_t kWholeAt = 72, kWholeBytes = 8;
constexpr char kWholeMark[4] = {'o', 'a', 'l', 'l'};

// Ours, with the file of the VFS beneath behind it.
struct SealedFile {
  sqlite3_file head;
  bool sealed;
  bool make_whole;
  bool has_index;  // SQLite has mapped the index of its WAL
  Forgive forgive;
  std::uint32_t broken_page;
  std::uint64_t unsealed;
};

constexpr std::size_t kOurBytes =
    (sizeof(SealedFile) + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);

SealedFile& ours(sqlite3_file* file) {
  return *reinterpret_cast<SealedFile*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kOurBytes);
}
template <auto Method, class... Args>
int pass(sqlite3_file* file, Args... args) {
  sqlite3_file* beneath = real(file);
  return (beneath->pMethods->*Method)(beneath, args...);
}

std::array<char, kSealBytes> seal_of(const char* page, sqlite3_int64 at) {
  const auto place = static_cast<std::uint64_t>(at / kPageBytes);
  std::uint32_t sum = crc32({reinterpret_cast<const char*>(&place), sizeof place});
  std::size_t from = 0;
  if (at == 0) {
    for (const auto& [begin, end] : kOthersWrite) {
      sum = crc32({page + from, begin - from}, sum);
      from = end;
    }
  }
  sum = crc32({page + from, static_cast<std::size_t>(kContentBytes) - from}, sum);
  std::array<char, kSealBytes> seal{};
  std::memcpy(seal.data(), kMark, sizeof kMark);
  std::memcpy(seal.data() + sizeof kMark, &sum, sizeof sum);
  return seal;
}

std::array<char, kWholeBytes> whole_mark_of(const char* page) {
  std::uint32_t sum = 0;
  for (const auto& [begin, end] : kOthersWrite) sum = crc32({page + begin, end - begin}, sum);
  std::array<char, kWholeBytes> mark{};
  std::memcpy(mark.data(), kWholeMark, sizeof kWholeMark);
  std::memcpy(mark.data() + sizeof kWholeMark, &sum, sizeof sum);
  return mark;
}

bool has_seal(const char* page, sqlite3_int64 at) {
  return std::memcmp(page + kContentBytes, seal_of(page, at).data(), kSealBytes) == 0;
}

// Without a seal, as others write pages. A page of zeros was lost.
bool is_bare(const char* page) {
  const char* const end = page + kContentBytes;
  return std::all_of(end, end + kSealBytes, [](char byte) { return byte == 0; }) &&
         std::any_of(page, end, [](char byte) { return byte != 0; });
}

// Whether every page of the file has its seal. A new file has none without.
bool is_whole(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  if (pass<&sqlite3_io_methods::xFileSize>(file, &size) != SQLITE_OK) return false;
  if (size == 0) return true;
  std::array<char, kPageBytes> page;
  void* const to = page.data();
  if (pass<&sqlite3_io_methods::xRead>(file, to, kPageBytes, sqlite3_int64{0}) != SQLITE_OK) {
    return false;
  }
  return std::memcmp(page.data() + kWholeAt, whole_mark_of(page.data()).data(), kWholeBytes) == 0 &&
         has_seal(page.data(), 0);
}

// Whether a part of the WAL is in the file: another program may have copied it there, without
// seals, and the first page, of which the last copy counts, is still to come.
bool partly_copied(sqlite3_file* file) {
  if (!ours(file).has_index) return false;  // to ask would make one, which nobody would take away
  const auto index = wal_index_of(file);
  return index && index->copied > 0 && index->copied < index->last_frame;
}

// What is copied out of a WAL says which one that was.
void note_wal(sqlite3_file* file, char* first_page) {
  if (!ours(file).has_index) return;
  const auto index = wal_index_of(file);
  if (index && index->last_frame > 0) put_wal_mark(first_page, *index);
}

// Takes note of a page that is not as it was written; false: it is let through.
bool broken(SealedFile& file, sqlite3_int64 at) {
  file.broken_page = static_cast<std::uint32_t>(at / kPageBytes + 1);
  return file.forgive != Forgive::all &&
         (file.forgive != Forgive::first_page || file.broken_page != 1);
}

// The seal comes out of what SQLite gets. What no page of ours is (its header is read alone, at
// first) passes.
int check_page(SealedFile& file, char* page, int count, sqlite3_int64 at, bool all_sealed) {
  if (count < 512) return SQLITE_OK;
  bool sound = count == kPageBytes && at % kPageBytes == 0;
  if (sound) {
    const bool bare = is_bare(page) && !all_sealed;
    if (bare) ++file.unsealed;
    sound = bare || has_seal(page, at);
    std::memset(page + kContentBytes, 0, kSealBytes);
    if (at == 0) std::memset(page + kWholeAt, 0, kWholeBytes);
  }
  if (sound) return SQLITE_OK;
  return broken(file, at) ? SQLITE_IOERR_DATA : SQLITE_OK;
}

// SQLite fills up with zeros what a file does not have. Pages that are asked for were there once:
// only a new file has none.
int check_short(sqlite3_file* file, sqlite3_int64 at, int rc) {
  sqlite3_int64 size = 0;
  if (pass<&sqlite3_io_methods::xFileSize>(file, &size) != SQLITE_OK || size == 0) return rc;
  return broken(ours(file), at) ? SQLITE_IOERR_DATA : rc;
}

int read(sqlite3_file* file, void* to, int count, sqlite3_int64 at) {
  const int rc = pass<&sqlite3_io_methods::xRead>(file, to, count, at);
  if (!ours(file).sealed) return rc;
  if (rc == SQLITE_IOERR_SHORT_READ && count == kPageBytes) return check_short(file, at, rc);
  if (rc != SQLITE_OK) return rc;
  char* const page = static_cast<char*>(to);
  bool all_sealed = count == kPageBytes && is_bare(page) && !partly_copied(file) && is_whole(file);
  if (all_sealed) {  // unless that has come to be meanwhile
    if (const int again = pass<&sqlite3_io_methods::xRead>(file, to, count, at); again != SQLITE_OK)
      return again;
  }
  return check_page(ours(file), page, count, at, all_sealed);
}

int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 at) {
  if (!ours(file).sealed || count != kPageBytes || at % kPageBytes != 0) {
    return pass<&sqlite3_io_methods::xWrite>(file, from, count, at);
  }
  std::array<char, kPageBytes> page;
  std::memcpy(page.data(), from, kContentBytes);
  if (at == 0) {
    // What we write has its seal, so what was true stays true; but who copied what is there?
    const bool whole = (ours(file).make_whole || is_whole(file)) && !partly_copied(file);
    const auto mark = whole ? whole_mark_of(page.data()) : std::array<char, kWholeBytes>{};
    std::memcpy(page.data() + kWholeAt, mark.data(), kWholeBytes);
    note_wal(file, page.data());
  }
  const auto seal = seal_of(page.data(), at);
  std::memcpy(page.data() + kContentBytes, seal.data(), kSealBytes);
  return pass<&sqlite3_io_methods::xWrite>(file, static_cast<const void*>(page.data()), count, at);
}

// Whoever else checkpoints is kept out meanwhile.
int seal_bare_pages(sqlite3_file* file, BarePages& found) {
  sqlite3_int64 size = 0;
  int rc = pass<&sqlite3_io_methods::xFileSize>(file, &size);
  for (sqlite3_int64 at = 0; rc == SQLITE_OK && at + kPageBytes <= size; at += kPageBytes) {
    std::array<char, kPageBytes> page;
    void* const to = page.data();
    rc = pass<&sqlite3_io_methods::xRead>(file, to, kPageBytes, at);
    if (rc != SQLITE_OK) break;
    if (!is_bare(page.data())) {
      found.broken += has_seal(page.data(), at) ? 0 : 1;
      continue;
    }
    ++found.count;
    if (!found.seal || at == 0) continue;  // the first is sealed when it says that all are
    const auto seal = seal_of(page.data(), at);
    const void* const from = seal.data();
    rc = pass<&sqlite3_io_methods::xWrite>(file, from, kSealBytes, at + kContentBytes);
  }
  if (rc == SQLITE_OK && found.seal && found.count > 0)
    rc = pass<&sqlite3_io_methods::xSync>(file, SQLITE_SYNC_NORMAL);
  return rc;
}

int control(sqlite3_file* file, int operation, void* argument) {
  if (operation == kBeginSeals) {
    ours(file).sealed = true;
    return SQLITE_OK;
  }
  if (operation == kBrokenSeal) {
    *static_cast<std::uint32_t*>(argument) = ours(file).broken_page;
    return SQLITE_OK;
  }
  if (operation == kForgive) {
    ours(file).forgive = *static_cast<Forgive*>(argument);
    return SQLITE_OK;
  }
  if (operation == kForgiven) {
    *static_cast<Forgive*>(argument) = ours(file).forgive;
    return SQLITE_OK;
  }
  if (operation == kUnsealed) {
    *static_cast<std::uint64_t*>(argument) = ours(file).unsealed;
    return SQLITE_OK;
  }
  if (operation == kMakeWhole) {
    ours(file).make_whole = *static_cast<bool*>(argument);
    return SQLITE_OK;
  }
  if (operation == kIsWhole) {
    *static_cast<bool*>(argument) = is_whole(file);
    return SQLITE_OK;
  }
  if (operation == kSealBare) return seal_bare_pages(file, *static_cast<BarePages*>(argument));
  return pass<&sqlite3_io_methods::xFileControl>(file, operation, argument);
}

template <auto Method>
struct Pass;
template <class... Args, int (*sqlite3_io_methods::*Method)(sqlite3_file*, Args...)>
struct Pass<Method> {
  static int call(sqlite3_file* file, Args... args) { return pass<Method>(file, args...); }
};

int map_index(sqlite3_file* file, int region, int size, int extend, void volatile** index) {
  const int rc = pass<&sqlite3_io_methods::xShmMap>(file, region, size, extend, index);
  ours(file).has_index |= rc == SQLITE_OK;
  return rc;
}

int unmap_index(sqlite3_file* file, int remove) {
  ours(file).has_index = false;
  return pass<&sqlite3_io_methods::xShmUnmap>(file, remove);
}

void barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}

// Whole pages are read, or the header: there is no other way to look at a seal.
int characteristics(sqlite3_file* file) {
  constexpr int kSubpageRead = 0x8000;  // SQLITE_IOCAP_SUBPAGE_READ of later versions
  return pass<&sqlite3_io_methods::xDeviceCharacteristics>(file) & ~kSubpageRead;
}

// Version 2: with shared memory for the WAL, without memory maps, which would show pages unchecked.
constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = Pass<&sqlite3_io_methods::xClose>::call,
    .xRead = read,
    .xWrite = write,
    .xTruncate = Pass<&sqlite3_io_methods::xTruncate>::call,
    .xSync = Pass<&sqlite3_io_methods::xSync>::call,
    .xFileSize = Pass<&sqlite3_io_methods::xFileSize>::call,
    .xLock = Pass<&sqlite3_io_methods::xLock>::call,
    .xUnlock = Pass<&sqlite3_io_methods::xUnlock>::call,
    .xCheckReservedLock = Pass<&sqlite3_io_methods::xCheckReservedLock>::call,
    .xFileControl = control,
    .xSectorSize = Pass<&sqlite3_io_methods::xSectorSize>::call,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_index,
    .xShmLock = Pass<&sqlite3_io_methods::xShmLock>::call,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap_index,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

// Where the VFS beneath has no shared memory (who is alone keeps the index of the WAL to himself).
constexpr sqlite3_io_methods without_shared_memory() {
  sqlite3_io_methods methods = kMethods;
  methods.iVersion = 1;
  methods.xShmMap = nullptr;
  methods.xShmLock = nullptr;
  methods.xShmBarrier = nullptr;
  methods.xShmUnmap = nullptr;
  return methods;
}
constexpr sqlite3_io_methods kMethodsAlone = without_shared_memory();

bool has_shared_memory(const sqlite3_io_methods& methods) {
  return methods.iVersion >= 2 && methods.xShmMap != nullptr;
}

// Whether some page behind the first has a seal, which no other program writes. A few are looked
// at, spread over the file.
bool bears_seals(sqlite3_file* file, sqlite3_int64 size) {
  constexpr sqlite3_int64 kMost = 256;
  const sqlite3_int64 pages = size / kPageBytes, step = std::max<sqlite3_int64>(1, pages / kMost);
  std::array<char, kPageBytes> page;
  for (sqlite3_int64 number = 1; number < pages; number += step) {
    const sqlite3_int64 at = number * kPageBytes;
    if (file->pMethods->xRead(file, page.data(), kPageBytes, at) != SQLITE_OK) continue;
    if (has_seal(page.data(), at)) return true;
  }
  return false;
}

// A new file will be sealed; of one that is there the header says it, or, where that is damaged,
// the other pages.
bool is_sealed(sqlite3_file* file) {
  std::array<char, kHeaderBytes> header{};
  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) return true;
  if (size < kHeaderBytes) return size == 0;
  if (file->pMethods->xRead(file, header.data(), kHeaderBytes, 0) != SQLITE_OK) return true;
  return header[kReservedAt] == kSealBytes || bears_seals(file, size);
}

}  // namespace

int sealed_file_bytes(const sqlite3_vfs& base) {
  return static_cast<int>(kOurBytes) + base.szOsFile;
}

int open_sealed_file(sqlite3_vfs* base, const char* path, sqlite3_file* file, int flags,
                     int* out_flags) {
  SealedFile& made = ours(file);
  made = {};
  real(file)->pMethods = nullptr;
  const int rc = base->xOpen(base, path, real(file), flags, out_flags);
  // Even where it failed it must be closed, if it has methods.
  if (const sqlite3_io_methods* methods = real(file)->pMethods; methods != nullptr) {
    made.head.pMethods = has_shared_memory(*methods) ? &kMethods : &kMethodsAlone;
  }
  if (rc == SQLITE_OK && made.head.pMethods != nullptr) made.sealed = is_sealed(real(file));
  return rc;
}

void seal_first_page(char* page) {
  std::memset(page + kWholeAt, 0, kWholeBytes);
  std::memcpy(page + kContentBytes, seal_of(page, 0).data(), kSealBytes);
}

}  // namespace offsync::sqlite
