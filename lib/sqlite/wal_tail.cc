#include "sqlite/wal_tail.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sqlite/db.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_index.h"

namespace offsync::sqlite {
namespace {

// sqlite.org/fileformat2.html#walformat
constexpr int kHeader = 32, kFrameHeader = 24, kFrame = kFrameHeader + kPageBytes;

std::uint32_t big_endian(const char* at) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

struct Sum {
  std::uint32_t first = 0, second = 0;
  friend bool operator==(const Sum&, const Sum&) = default;
};

struct Frame {
  std::array<char, kFrame> bytes{};
  bool repeats(const Frame& other) const {
    return std::equal(bytes.begin(), bytes.begin() + 16, other.bytes.begin()) &&
           std::equal(bytes.begin() + kFrameHeader, bytes.end(),
                      other.bytes.begin() + kFrameHeader);
  }
  std::string_view salt() const { return {bytes.data() + 8, 8}; }
  bool commits() const { return big_endian(bytes.data() + 4) != 0; }
  Sum sum() const { return {big_endian(bytes.data() + 16), big_endian(bytes.data() + 20)}; }
};

class WalTail {
 public:
  WalTail(sqlite3_file* database, sqlite3_file* wal) : database_(database), wal_(wal) {}

  // The frame behind which commits are lost (0: the WAL's header); nothing: there are none.
  std::optional<std::uint32_t> lost_behind() {
    for (;;) {
      const auto last = last_frame();
      if (!last || !read(header_.data(), kHeader, 0)) return std::nullopt;
      const auto broken = lost_behind(*last);
      if (!broken) return std::nullopt;
      // Who wrote these frames has told of the first commit before the second: so this is damage,
      // or news.
      if (last_frame() == last) return broken;
    }
  }

 private:
  // As all processes that have the file open know it. Where there is nothing by which they could,
  // nobody writes, and the frames themselves tell.
  std::optional<std::uint32_t> last_frame() {
    if (!has_wal_index(database_)) return last_whole();
    const auto index = wal_index_of(database_);
    return index ? std::optional(index->last_frame) : std::nullopt;
  }

  std::optional<std::uint32_t> last_whole() {
    if (!read(header_.data(), kHeader, 0)) return std::nullopt;
    if (!header_valid()) return 0;
    std::uint32_t last = 0;
    for (Sum sum = header_sum(); read(last + 1) && goes_on(sum); ++last) sum = frame_.sum();
    return last;
  }

  bool read(char* to, int count, sqlite3_int64 at) {
    return wal_->pMethods->xRead(wal_, to, count, at) == SQLITE_OK;
  }
  bool read(std::uint32_t number) {
    return read(frame_.bytes.data(), kFrame,
                kHeader + static_cast<sqlite3_int64>(number - 1) * kFrame);
  }

  Sum add(Sum sum, const char* bytes, int count) const {
    const bool big = (header_[3] & 1) != 0;
    for (int at = 0; at < count; at += 8) {
      const auto word = [&](int place) {
        const std::uint32_t value = big_endian(bytes + place);
        return big ? value : __builtin_bswap32(value);
      };
      sum.first += word(at) + sum.second;
      sum.second += word(at + 4) + sum.first;
    }
    return sum;
  }

  Sum header_sum() const {
    return {big_endian(header_.data() + 24), big_endian(header_.data() + 28)};
  }
  bool header_valid() const {
    return (big_endian(header_.data()) & ~1U) == 0x377f0682 &&
           add({}, header_.data(), 24) == header_sum();
  }

  // A damaged header may name the wrong order of bytes for the checksums.
  std::optional<std::uint32_t> lost_behind(std::uint32_t last) {
    const auto broken = damage(last);
    if (broken || header_valid()) return broken;
    header_[3] ^= 1;
    return header_valid() && has_commit() ? std::optional(0U) : damage(last);
  }

  bool has_commit() {
    Sum sum = header_sum();
    for (std::uint32_t number = 1; read(number) && goes_on(sum); ++number) {
      if (frame_.commits()) return true;
      sum = frame_.sum();
    }
    return false;
  }

  // The place of the damage, where from it on the frames go on to a second commit, each from the
  // one before: its checksum is of all that stands in front of it. What killed writers and losses
  // of power left does not go on so: each of them left one commit at most that nobody was told of,
  // and the next who wrote did so over its beginning. The header is synced before the first frame
  // is written, so one commit behind a broken one tells. Of what is damaged either its checksum or
  // the rest is as it was.
  std::optional<std::uint32_t> damage(std::uint32_t last) {
    if (last > 0 && !read(last)) return std::nullopt;
    Sum stored = last > 0 ? frame_.sum() : header_sum(), computed = stored;
    std::optional<std::uint32_t> broken;
    if (last == 0 && !header_valid()) {
      broken = 0;
      computed = add({}, header_.data(), 24);
    }
    int commits = 0;
    Frame commit;
    for (std::uint32_t number = last + 1; commits < (broken == 0U ? 1 : 2); ++number) {
      if (!read(number) || other_salt() > 1) return std::nullopt;
      if (!goes_on(stored) && !goes_on(computed)) {
        if (broken) return std::nullopt;
        broken = number;
        commits = 0;
        computed = sum_behind(stored);
      } else {
        computed = frame_.sum();
      }
      stored = frame_.sum();
      if (!frame_.commits()) continue;
      // Copies of a frame that commits fill a sector of the disk.
      if (commits == 0 || !frame_.repeats(commit)) ++commits;
      commit = frame_;
    }
    return broken;
  }

  Sum sum_behind(Sum before) const {
    return add(add(before, frame_.bytes.data(), 8), frame_.bytes.data() + kFrameHeader, kPageBytes);
  }
  bool goes_on(Sum before) const {
    return sum_behind(before) == frame_.sum() && (other_salt() == 0 || !header_valid());
  }
  // In how many bytes it is another one than the header's. Frames of an earlier use of the file
  // have another one.
  int other_salt() const {
    int other = 0;
    for (std::size_t i = 0; i < 8; ++i) other += frame_.salt()[i] != header_[16 + i] ? 1 : 0;
    return other;
  }

  sqlite3_file* database_;
  sqlite3_file* wal_;
  std::array<char, kHeader> header_{};
  Frame frame_{};
};

}  // namespace

Status check_wal_tail(Db& db) {
  OFFSYNC_TRY(db.exec("SELECT 1 FROM sqlite_schema LIMIT 1"));  // opens the WAL, if there is one
  sqlite3_file* const database = file_of(db);
  sqlite3_file* wal = nullptr;
  sqlite3_file_control(db.raw(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (database == nullptr || wal == nullptr || wal->pMethods == nullptr) return {};
  const std::optional<std::uint32_t> lost = WalTail(database, wal).lost_behind();
  if (!lost) return {};
  return make_error(Errc::io, "corrupt",
                    db.file() + "-wal is damaged: " +
                        (*lost == 0 ? "its header" : "frame " + std::to_string(*lost)) +
                        " is not as it was written, and commits behind it cannot be read",
                    "restore it from a copy, or set both files aside");
}

}  // namespace offsync::sqlite
