#include "sqlite/wal_tail.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sqlite/db.h"
#include "sqlite/wal_format.h"
#include "sqlite/wal_index.h"

namespace offsync::sqlite {
namespace {

using wal::Frame;
using wal::kFrame;
using wal::kFrameHeader;
using wal::kHeader;
using wal::place_of;
using wal::Sum;

class WalTail {
 public:
  WalTail(sqlite3_file* database, sqlite3_file* wal) : database_(database), wal_(wal) {}

  // The frame behind which commits are lost (0: the WAL's header); nothing: there are none.
  std::optional<std::uint32_t> lost_behind() {
    for (;;) {
      const auto last = last_frame();
      if (!last || !read(header_.bytes.data(), kHeader, 0)) return std::nullopt;
      const auto broken = lost_behind(*last);
      if (!broken) return std::nullopt;
      // Who wrote these frames has told of the first commit before the second: so this is damage,
      // or news.
      if (last_frame() == last) return broken;
    }
  }

  // A page of the database, as of the last commit, that neither the file nor the WAL has; 0: none.
  std::uint32_t lacks() {
    for (;;) {
      const auto last = last_frame();
      const std::uint32_t there = file_pages();
      if (!last || *last == 0 || !read(header_.bytes.data(), kHeader, 0)) return 0;
      const std::uint32_t lacking = lacking_of(*last, there);
      if (lacking == 0 || (last_frame() == last && file_pages() == there)) return lacking;
    }
  }

 private:
  std::uint32_t file_pages() {
    sqlite3_int64 size = 0;
    const int rc = database_->pMethods->xFileSize(database_, &size);
    return rc == SQLITE_OK ? static_cast<std::uint32_t>(size / kPageBytes) : UINT32_MAX;
  }

  // Of pages that the file does not reach, each is in the WAL, until it is copied.
  std::uint32_t lacking_of(std::uint32_t last, std::uint32_t there) {
    constexpr std::uint32_t kNeverUsed = 0x40000000 / kPageBytes + 1;  // SQLite locks its bytes
    while (last > 0 && read_header(last) && !frame_.commits()) --last;
    const std::uint32_t pages = last > 0 ? frame_.pages() : 0;
    if (pages <= there) return 0;
    std::vector<bool> found(pages - there);
    for (std::uint32_t number = 1; number <= last; ++number) {
      if (!read_header(number)) return 0;
      if (frame_.page() > there && frame_.page() <= pages) found[frame_.page() - there - 1] = true;
    }
    if (kNeverUsed > there && kNeverUsed <= pages) found[kNeverUsed - there - 1] = true;
    const auto lacking = std::find(found.begin(), found.end(), false);
    return lacking == found.end() ? 0
                                  : there + 1 + static_cast<std::uint32_t>(lacking - found.begin());
  }

  // As all processes that have the file open know it. Where there is nothing by which they could,
  // nobody writes, and the frames themselves tell.
  std::optional<std::uint32_t> last_frame() {
    if (!has_wal_index(database_)) return last_whole();
    const auto index = wal_index_of(database_);
    return index ? std::optional(index->last_frame) : std::nullopt;
  }

  std::optional<std::uint32_t> last_whole() {
    if (!read(header_.bytes.data(), kHeader, 0)) return std::nullopt;
    if (!header_.valid()) return 0;
    std::uint32_t last = 0;
    for (Sum sum = header_.sum(); read(last + 1) && goes_on(sum); ++last) sum = frame_.sum();
    return last;
  }

  bool read(char* to, int count, sqlite3_int64 at) {
    return wal_->pMethods->xRead(wal_, to, count, at) == SQLITE_OK;
  }
  bool read(std::uint32_t number) { return read(frame_.bytes.data(), kFrame, place_of(number)); }
  // The rest of it is that of another one.
  bool read_header(std::uint32_t number) {
    return read(frame_.bytes.data(), kFrameHeader, place_of(number));
  }

  // A damaged header may name the wrong order of bytes for the checksums.
  std::optional<std::uint32_t> lost_behind(std::uint32_t last) {
    const auto broken = damage(last);
    if (broken || header_.valid()) return broken;
    header_.bytes[3] ^= 1;
    return header_.valid() && has_commit() ? std::optional(0U) : damage(last);
  }

  bool has_commit() {
    Sum sum = header_.sum();
    for (std::uint32_t number = 1; read(number) && goes_on(sum); ++number) {
      if (frame_.commits()) return true;
      sum = frame_.sum();
    }
    return false;
  }

  // The place of the damage, where behind it there is a commit, and behind that a frame that goes
  // on from it: its checksum is of all that stands in front of it. Who wrote that frame knew of
  // that commit, so it was on the disk. What killed writers and losses of power left does not go on
  // so: each of them left one commit at most that nobody was told of, and the next who wrote did so
  // over its beginning. The header is synced before the first frame is written, so one commit
  // behind a broken one tells. What is between the damage and that commit need not be as it was.
  std::optional<std::uint32_t> damage(std::uint32_t last) {
    if (last > 0 && !read(last)) return std::nullopt;
    begin(last);
    const bool header_broken = broken_.has_value();
    Frame commit;
    bool committed = false, ours = true;
    for (std::uint32_t number = last + 1; read_header(number); ++number) {
      const bool follows = std::exchange(ours, of_this_use());
      // Frames of an earlier use of the file go on from each other, too.
      if (!ours && !follows && !header_broken) {
        committed = false;
        stored_ = computed_ = frame_.sum();
        continue;
      }
      if (!read(number)) return std::nullopt;
      const bool linked = goes_on_from(stored_) || goes_on_from(computed_);
      if (!broken_ && !(linked && ours)) broken_ = number;
      // Copies of a frame that commits fill a sector of the disk.
      if (committed && linked && !frame_.repeats(commit)) return broken_;
      if (header_broken && linked && frame_.commits()) return broken_;
      committed = broken_ && frame_.commits() && (linked || (ours && within_sector(number)));
      if (committed) commit = frame_;
      computed_ = linked ? frame_.sum() : sum_behind(stored_);
      stored_ = frame_.sum();
    }
    return std::nullopt;
  }

  // Of what is damaged either its checksum or the rest may be as it was.
  void begin(std::uint32_t last) {
    broken_ = std::nullopt;
    stored_ = computed_ = last > 0 ? frame_.sum() : header_.sum();
    std::copy_n((last > 0 ? frame_.salt() : header_.salt()).data(), salt_.size(), salt_.data());
    if (last > 0 || header_.valid()) return;
    broken_ = 0;
    computed_ = header_.made_sum();
  }

  // A write may be torn where a sector of the disk ends: then what such a header says need not be
  // of one frame.
  static bool within_sector(std::uint32_t number) {
    constexpr int kSector = 512;
    return place_of(number) % kSector + kFrameHeader <= kSector;
  }

  Sum sum_behind(Sum before) const { return frame_.sum_behind(before, header_.big()); }
  bool goes_on_from(Sum before) const { return sum_behind(before) == frame_.sum(); }
  // As SQLite has it.
  bool goes_on(Sum before) const { return goes_on_from(before) && frame_.salt() == header_.salt(); }
  bool of_this_use() const { return frame_.salt() == std::string_view(salt_.data(), salt_.size()); }

  sqlite3_file* database_;
  sqlite3_file* wal_;
  wal::Header header_;
  Frame frame_{};
  std::array<char, 8> salt_{};  // of the frames of this use of the file
  // Of the frame before: its checksum as it stands there, and as it is of what stands there.
  Sum stored_, computed_;
  std::optional<std::uint32_t> broken_;  // where the damage begins
};

}  // namespace

Status check_wal_tail(Db& db) {
  OFFSYNC_TRY(db.exec("SELECT 1 FROM sqlite_schema LIMIT 1"));  // opens the WAL, if there is one
  sqlite3_file* const database = file_of(db);
  sqlite3_file* wal = nullptr;
  sqlite3_file_control(db.raw(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (database == nullptr || wal == nullptr || wal->pMethods == nullptr) return {};
  if (const std::uint32_t page = WalTail(database, wal).lacks(); page != 0) {
    return make_error(Errc::io, "corrupt",
                      db.file() + "-wal is damaged, or not of this " + db.file() + ": page " +
                          std::to_string(page) + " is in neither");
  }
  const std::optional<std::uint32_t> lost = WalTail(database, wal).lost_behind();
  if (!lost) return {};
  return make_error(Errc::io, "corrupt",
                    db.file() + "-wal is damaged: " +
                        (*lost == 0 ? "its header" : "frame " + std::to_string(*lost)) +
                        " is not as it was written, and commits behind it cannot be read");
}

}  // namespace offsync::sqlite
