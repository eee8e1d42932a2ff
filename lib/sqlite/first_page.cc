#include "sqlite/first_page.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/descriptor.h"
#include "base/system_error.h"
#include "sqlite/openable.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_index.h"
#include "sqlite/wal_mark.h"
#include "sqlite/wal_vfs.h"

namespace offsync::sqlite {
namespace {

// sqlite.org/fileformat2.html#the_database_header
constexpr std::size_t kChangesAt = 24, kSizeAt = 28, kFreeAt = 32, kFreeBytes = 8, kValidForAt = 92;

void put_number(char* at, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = static_cast<char>(value >> shift & 0xff);
}

class File {
 public:
  File(const std::string& name, int flags) : fd_(::open(name.c_str(), flags | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool read(char* page) const {
    return fd_ >= 0 && ::pread(fd_, page, kPageBytes, 0) == kPageBytes;
  }
  bool write(const char* page) const {
    return fd_ >= 0 && ::pwrite(fd_, page, kPageBytes, 0) == kPageBytes && ::fsync(fd_) == 0;
  }
  int descriptor() const { return fd_; }
  std::uint32_t pages() const {
    struct stat info {};
    if (fd_ < 0 || ::fstat(fd_, &info) != 0) return 0;
    return static_cast<std::uint32_t>((info.st_size + kPageBytes - 1) / kPageBytes);
  }

 private:
  const int fd_;
};

Error failed(const std::string& what) {
  const int error = errno;
  return make_error(kind_of_errno(error), "io", what + ": " + std::strerror(error),
                    "check the disk, then run it again");
}

bool is_table(char kind) {
  return kind == 0x05 || kind == 0x0d;
}
bool is_index(char kind) {
  return kind == 0x02 || kind == 0x0a;
}

}  // namespace

bool first_page_lost(const std::string& file) {
  if (!must_be_openable(file, {})) return false;
  // A Db cannot be had of it.
  sqlite3* db = nullptr;
  const std::string path = file.starts_with('/') ? file : "./" + file;
  const std::string vfs = wal_vfs(*sqlite3_vfs_find(nullptr));
  bool lost = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, vfs.c_str()) == SQLITE_OK;
  if (lost) {
    const int rc = sqlite3_exec(db, "SELECT 1 FROM sqlite_schema", nullptr, nullptr, nullptr);
    // Where its seal went, too, as others write it, only SQLite sees that it makes no sense.
    lost = rc != SQLITE_OK && (broken_seal(db) == 1 || (rc & 0xff) == SQLITE_CORRUPT);
  }
  sqlite3_close_v2(db);
  return lost;
}

Status copy_file(const std::string& file, const std::string& to) {
  std::error_code error;
  if (std::filesystem::copy_file(file, to, error)) {
    give_to_owner_of(file, File(to, O_RDONLY).descriptor());
    return {};
  }
  return make_error(kind_of_errno(error.value()), "io",
                    "cannot copy " + file + " to " + to + ": " + error.message(),
                    "make room there, then run it again");
}

Status put_first_page(const std::string& file, const std::string& like) {
  std::array<char, kPageBytes> page{};
  const File to(file, O_RDWR);
  if (!File(like, O_RDONLY).read(page.data())) return failed("cannot read " + like);
  put_number(page.data() + kSizeAt, to.pages());
  for (std::size_t i = 0; i < kFreeBytes; ++i) page[kFreeAt + i] = 0;
  // SQLite believes the size where these two are the same.
  for (std::size_t i = 0; i < 4; ++i) page[kValidForAt + i] = page[kChangesAt + i];
  for (std::size_t i = 0; i < kWalMarkBytes; ++i) page[kWalMarkAt + i] = 0;
  seal_first_page(page.data());
  if (to.write(page.data())) return {};
  return failed("cannot write to " + file);
}

bool roots_fit(Db& db) {
  auto roots = db.prepare(
      "SELECT name, rootpage, type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%'"
      " FROM sqlite_schema WHERE rootpage > 0");
  if (!roots) return false;
  sqlite3_file* const file = file_of(db);
  std::array<char, kPageBytes> page{};
  for (;;) {
    const auto row = roots->step();
    if (!row) return false;
    if (!*row) return true;
    const sqlite3_int64 at = (roots->integer(1) - 1) * kPageBytes;
    const int rc = file->pMethods->xRead(file, page.data(), kPageBytes, at);
    if (rc == SQLITE_IOERR_SHORT_READ) return false;
    if (rc != SQLITE_OK) continue;
    if (roots->integer(2) != 0 ? !is_table(page[0]) : !is_index(page[0])) return false;
  }
}

}  // namespace offsync::sqlite
