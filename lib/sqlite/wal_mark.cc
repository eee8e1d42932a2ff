#include "sqlite/wal_mark.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "sqlite/db.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_format.h"

namespace offsync::sqlite {
namespace {

using wal::big_endian;
using wal::kSaltBytes;

constexpr std::uint32_t kMostEmpty = 1 << 20;  // WALs between two; salts of others are at random

using Mark = std::array<char, kWalMarkBytes>;

std::string_view salts_of(const Mark& mark) {
  return {mark.data(), kSaltBytes};
}

std::uint32_t frames_of(const Mark& mark) {
  return big_endian(mark.data() + kSaltBytes);
}

class WalFit {
 public:
  WalFit(sqlite3_file* database, sqlite3_file* wal) : database_(database), wal_(wal) {}

  bool is_sure_not_to() {
    for (;;) {
      const auto before = frames();
      if (before.last == 0 || !read_marks() || fits(before.last)) return false;
      const Mark seen = file_;
      // Not while somebody copies the WAL, or begins it anew.
      if (frames() == before && read_marks() && file_ == seen) return first_page_counts();
    }
  }

 private:
  struct Frames {
    std::uint32_t last = 0;
    std::array<char, kSaltBytes> salts{};
    bool operator==(const Frames&) const = default;
  };

  // Without an index nobody writes.
  Frames frames() {
    if (const auto index = wal_index_of(database_)) return {index->last_frame, index->salts};
    sqlite3_int64 size = 0;
    if (has_wal_index(database_) || wal_->pMethods->xFileSize(wal_, &size) != SQLITE_OK) return {};
    if (size < wal::kHeader) return {};
    return {static_cast<std::uint32_t>((size - wal::kHeader) / wal::kFrame), {}};
  }

  static bool read(sqlite3_file* file, char* to, std::size_t count, sqlite3_int64 at) {
    return file->pMethods->xRead(file, to, static_cast<int>(count), at) == SQLITE_OK;
  }

  // False where one of them is not there.
  bool read_marks() {
    if (!read(database_, file_.data(), file_.size(), kWalMarkAt) || file_ == Mark{}) return false;
    std::array<char, wal::kHeader + wal::kFrameHeader + kWalMarkAt + kWalMarkBytes> begin;
    if (!read(wal_, begin.data(), begin.size(), 0)) return false;
    const char* const frame = begin.data() + wal::kHeader;
    std::memcpy(salts_.data(), begin.data() + wal::kSaltAt, kSaltBytes);
    std::memcpy(begun_on_.data(), frame + wal::kFrameHeader + kWalMarkAt, kWalMarkBytes);
    return big_endian(frame) == 1 &&
           std::memcmp(frame + wal::kFrameSaltAt, salts_.data(), kSaltBytes) == 0;
  }

  bool fits(std::uint32_t last) const {
    const std::string_view salts(salts_.data(), salts_.size());
    if (salts == salts_of(file_)) return last >= frames_of(file_);
    if (begun_on_ == file_) return true;
    // SQLite counts in the first of the salts: by one a WAL, and also where nothing came into one.
    // Who has the first page from before begins with an older mark than the file's, or with none.
    const std::uint32_t of_file = big_endian(file_.data());
    const std::uint32_t ahead = big_endian(salts_.data()) - of_file;
    const std::uint32_t stale = of_file - big_endian(begun_on_.data());
    return ahead == 1 || (ahead != 0 && ahead <= kMostEmpty &&
                          (begun_on_ == Mark{} || (stale != 0 && stale <= kMostEmpty)));
  }

  // What is not as it was written the WAL may make good.
  bool first_page_counts() {
    std::array<char, kPageBytes> page;
    return read(database_, page.data(), page.size(), 0);
  }

  sqlite3_file* const database_;
  sqlite3_file* const wal_;
  Mark file_{}, begun_on_{};
  std::array<char, kSaltBytes> salts_{};
};

}  // namespace

void put_wal_mark(char* first_page, const WalIndex& index) {
  char* to = first_page + kWalMarkAt;
  std::memcpy(to, index.salts.data(), kSaltBytes);
  to += kSaltBytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    *to++ = static_cast<char>(index.being_copied >> shift & 0xff);
  }
}

Result<bool> wal_fits(Db& db) {
  OFFSYNC_TRY(db.exec("SELECT 1 FROM sqlite_schema LIMIT 1"));  // opens the WAL, if there is one
  sqlite3_file* const database = file_of(db);
  sqlite3_file* wal = nullptr;
  sqlite3_file_control(db.raw(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (database == nullptr || wal == nullptr || wal->pMethods == nullptr) return true;
  return !WalFit(database, wal).is_sure_not_to();
}

Status check_wal_fits(Db& db) {
  OFFSYNC_ASSIGN(const bool fits, wal_fits(db));
  if (fits) return {};
  return make_error(Errc::io, "corrupt",
                    fmt::format("{0}-wal is not of this {0}: it goes on from another file, or from "
                                "another state of this one",
                                db.file()),
                    "");
}

}  // namespace offsync::sqlite
