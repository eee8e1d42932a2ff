#include "proxy/store/sqlite/own_file.h"

#include <sys/stat.h>

namespace offsync::proxy {
namespace {

// sqlite.org/fileformat2.html#walformat
constexpr off_t kWalHeader = 32, kFrame = 24 + 4096;

Error changed(const std::string& what) {
  return make_error(Errc::io, "replaced",
                    what + " was changed by another program while it was used",
                    "nothing more is written to it; restart the proxy, which goes on with what is "
                    "there");
}

}  // namespace

std::optional<OwnFile::Seen> OwnFile::look(sqlite::Db& db) const {
  struct stat info {};
  if (::stat(name_.c_str(), &info) != 0) return std::nullopt;
  const auto index = sqlite::wal_index_of(sqlite::file_of(db));
  return Seen{info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
              index.value_or(sqlite::WalIndex())};
}

bool OwnFile::is_same(const Seen& before, const Seen& now) {
  const bool checkpointed = before.wal.copied != now.wal.copied || before.wal.use != now.wal.use;
  return checkpointed || (before.size == now.size && before.changed_ns == now.changed_ns);
}

Status OwnFile::check(sqlite::Db& db) const {
  if (!seen_) return {};
  const auto now = look(db);
  if (!now) return {};  // that it is gone, others see
  if (!is_same(*seen_, *now)) {
    OFFSYNC_TRY(db.in_place());  // a file that was replaced may be put back
    return changed(name_);
  }
  const std::string wal = sqlite::behind_links(name_) + "-wal";
  struct stat info {};
  if (now->wal.last_frame == 0 || ::stat(wal.c_str(), &info) != 0) return {};
  const bool whole = info.st_size >= kWalHeader + static_cast<off_t>(now->wal.last_frame) * kFrame;
  return whole ? Status() : changed(wal);
}

void OwnFile::note(sqlite::Db& db) {
  const auto now = look(db);
  // Without a checkpoint it was not we who wrote to it: that stays to be seen.
  if (seen_ && now && !is_same(*seen_, *now)) return;
  seen_ = now;
}

}  // namespace offsync::proxy
