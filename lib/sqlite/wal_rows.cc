#include "sqlite/wal_rows.h"

#include <sqlite3.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "sqlite/leaf_rows.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_format.h"
#include "sqlite/wal_index.h"
#include "sqlite/wal_tail.h"

namespace offsync::sqlite {
namespace {

// The latest versions of pages. A frame's checksum goes on from that of the one in front of it, so
// behind a damaged frame the next but one can be checked again.
class WalPages final : public PageSource {
 public:
  WalPages(std::string bytes, sqlite3_file* database)
      : bytes_(std::move(bytes)), database_(database) {
    if (bytes_.size() < wal::kHeader) return;
    std::memcpy(header_.bytes.data(), bytes_.data(), wal::kHeader);
    read_frames();
    if (header_.valid() || !pages_.empty()) return;
    header_.bytes[3] ^= 1;  // a damaged header may name the wrong order of words
    read_frames();
  }

  std::uint32_t count() const override { return pages_.empty() ? 0 : pages_.rbegin()->first; }
  bool read(std::uint32_t number, Page& page) const override {
    const auto found = pages_.find(number);
    if (found == pages_.end()) return !broken_.contains(number) && read_database(number, page);
    std::memcpy(page.data(), bytes_.data() + found->second.at, page.size());
    return true;
  }
  // Each page, and whether there is a later version that cannot be read.
  std::map<std::uint32_t, bool> doubtful() const {
    std::map<std::uint32_t, bool> all;
    for (const auto& [number, version] : pages_) {
      const auto broken = broken_.find(number);
      all[number] = broken != broken_.end() && broken->second > version.frame;
    }
    return all;
  }

 private:
  bool read_database(std::uint32_t number, Page& page) const {
    if (database_ == nullptr || number == 0) return false;
    const sqlite3_int64 at = (static_cast<sqlite3_int64>(number) - 1) * kPageBytes;
    return database_->pMethods->xRead(database_, page.data(), kPageBytes, at) == SQLITE_OK;
  }

  struct Version {
    std::size_t at = 0;
    std::uint32_t frame = 0;
  };

  bool frame_at(std::uint32_t number, wal::Frame& frame) const {
    const auto at = static_cast<std::size_t>(wal::place_of(number));
    if (at + wal::kFrame > bytes_.size()) return false;
    std::memcpy(frame.bytes.data(), bytes_.data() + at, wal::kFrame);
    return true;
  }

  // Frames of an earlier use of the file stand behind those of this one.
  std::string salt() const {
    wal::Frame first;
    return std::string(header_.valid() || !frame_at(1, first) ? header_.salt() : first.salt());
  }

  void read_frames() {
    const std::string ours = salt();
    std::map<std::uint32_t, Version> open;  // of a commit of which the end is still to come
    wal::Sum before = header_.sum();
    wal::Frame frame;
    for (std::uint32_t number = 1; frame_at(number, frame); ++number) {
      const bool whole = frame.sum_behind(before, header_.big()) == frame.sum();
      before = frame.sum();
      if (!whole) broken_[frame.page()] = number;
      if (!whole || frame.salt() != ours) continue;
      open[frame.page()] = {static_cast<std::size_t>(wal::place_of(number)) + wal::kFrameHeader,
                            number};
      if (!frame.commits()) continue;
      for (const auto& [page, version] : open) pages_[page] = version;
      open.clear();
    }
  }

  const std::string bytes_;
  sqlite3_file* const database_;
  wal::Header header_;
  std::map<std::uint32_t, Version> pages_;
  std::map<std::uint32_t, std::uint32_t> broken_;  // the last frame of each that cannot be read
};

Result<Db> open_to_read(const std::string& file) {
  OpenOptions options;
  options.read_only = true;
  return Db::open(file, options);
}

}  // namespace

bool wal_is_damaged(const std::string& file) {
  auto db = open_to_read(file);
  if (!db) return false;
  const Status whole = check_wal_tail(*db);
  return !whole && whole.error().code == "corrupt";
}

Status for_each_wal_row(const std::string& file, const std::set<std::size_t>& wanted,
                        const std::function<Status(const WalRow&)>& fn) {
  std::ifstream wal(behind_links(file) + "-wal", std::ios::binary);
  auto db = open_to_read(file);
  // Its seals are seen once it has read.
  const bool readable = db && db->exec("SELECT 1 FROM sqlite_schema LIMIT 1");
  const WalPages pages(std::string(std::istreambuf_iterator<char>(wal), {}),
                       readable && has_seals(db->raw()) ? file_of(*db) : nullptr);
  const auto free = free_pages(pages);
  const std::set<std::uint32_t> known = free.value_or(std::set<std::uint32_t>{});
  Page page;
  for (const auto& [number, doubtful] : pages.doubtful()) {
    if (known.contains(number) || !pages.read(number, page)) continue;
    const bool unsure = doubtful || !free;
    OFFSYNC_TRY(for_each_row_of(pages, page, known, wanted, [&](const FoundRow& row) {
      return fn({row, unsure});
    }));
  }
  return {};
}

}  // namespace offsync::sqlite
