#include "sqlite/wal_aside.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/free_name.h"
#include "base/system_error.h"
#include "sqlite/db.h"
#include "sqlite/first_page.h"
#include "sqlite/wal_mark.h"
#include "sqlite/wal_tail.h"

namespace offsync::sqlite {
namespace {

struct Look {
  bool fits = true, whole = true;
};

Look look_at(const std::string& file) {
  OpenOptions options;
  options.read_only = true;
  auto db = Db::open(file, options);
  if (!db) return {};
  const auto fits = wal_fits(*db);
  if (!fits) return {};
  return {*fits, !*fits || check_wal_tail(*db)};
}

}  // namespace

Result<WalAside> set_wal_aside(const std::string& name) {
  const std::string file = behind_links(name), wal = file + "-wal";
  OFFSYNC_ASSIGN(const bool there, exists(wal));
  if (!there) return WalAside{};
  OFFSYNC_ASSIGN(FileLock lock, FileLock::beside(file));
  OFFSYNC_TRY(lock.lock());
  const Look look = look_at(file);
  if (look.fits && look.whole) return WalAside{};
  if (look.fits) {
    const WalAside kept{free_name(wal + ".damaged"), false};
    OFFSYNC_TRY(copy_file(wal, kept.file));
    return kept;
  }
  const WalAside moved{free_name(wal + ".aside"), true};
  if (std::rename(wal.c_str(), moved.file.c_str()) != 0) {
    return make_error(kind_of_errno(errno), "io",
                      "cannot rename " + wal + " to " + moved.file + ": " + std::strerror(errno),
                      "check the permissions of the folder, then run it again");
  }
  std::remove((file + "-shm").c_str());  // it is of that WAL
  return moved;
}

void put_wal_back(const std::string& name, const WalAside& aside) {
  if (!aside.other) return;
  const std::string file = behind_links(name);
  for (const char* end : {"-wal", "-shm"}) std::remove((file + end).c_str());
  (void)std::rename(aside.file.c_str(), (file + "-wal").c_str());
}

}  // namespace offsync::sqlite
