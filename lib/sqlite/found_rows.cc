#include "sqlite/found_rows.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>

#include "sqlite/leaf_rows.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_format.h"
#include "sqlite/wal_index.h"

namespace offsync::sqlite {
namespace {

// The pages as of the last commit: the WAL's before the file's.
class Pages final : public PageSource {
 public:
  explicit Pages(Db& db) : db_(db), file_(file_of(db)) {
    sqlite3_int64 size = 0;
    if (file_->pMethods->xFileSize(file_, &size) == SQLITE_OK) {
      count_ = static_cast<std::uint32_t>(size / kPageBytes);
    }
    note_frames();
  }

  std::uint32_t count() const override { return count_; }

  bool read(std::uint32_t number, Page& page) const override {
    if (number == 0 || number > count_) return false;
    if (const auto frame = frames_.find(number); frame != frames_.end()) {
      return wal_->pMethods->xRead(wal_, page.data(), kPageBytes, frame->second) == SQLITE_OK;
    }
    const sqlite3_int64 at = (static_cast<sqlite3_int64>(number) - 1) * kPageBytes;
    const int rc = file_->pMethods->xRead(file_, page.data(), kPageBytes, at);
    return rc == SQLITE_OK && broken_seal(db_.raw()) != number;
  }

 private:
  void note_frames() {
    const auto index = wal_index_of(file_);
    sqlite3_file_control(db_.raw(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal_);
    if (!index || wal_ == nullptr || wal_->pMethods == nullptr) return;
    for (std::uint32_t frame = 1; frame <= index->last_frame; ++frame) {
      std::array<char, wal::kFrameHeader> head;
      const sqlite3_int64 at = wal::place_of(frame);
      if (wal_->pMethods->xRead(wal_, head.data(), wal::kFrameHeader, at) != SQLITE_OK) return;
      const std::uint32_t number = wal::big_endian(head.data());
      frames_[number] = at + wal::kFrameHeader;
      count_ = std::max(count_, number);
    }
  }

  Db& db_;
  sqlite3_file* const file_;
  sqlite3_file* wal_ = nullptr;
  std::uint32_t count_ = 0;
  std::map<std::uint32_t, sqlite3_int64> frames_;
};

}  // namespace

Result<bool> for_each_found_row(Db& db, const std::set<std::size_t>& wanted,
                                const std::function<Status(const FoundRow&)>& fn) {
  const Pages pages(db);
  const auto free = free_pages(pages);
  const std::set<std::uint32_t> known = free.value_or(std::set<std::uint32_t>{});
  Page page;
  for (std::uint32_t number = 2; number <= pages.count(); ++number) {
    if (known.contains(number) || !pages.read(number, page)) continue;
    OFFSYNC_TRY(for_each_row_of(pages, page, known, wanted, fn));
  }
  return free.has_value();
}

}  // namespace offsync::sqlite
