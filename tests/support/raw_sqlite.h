// SQLite's own interface, for tests of what is below lib/sqlite.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace offsync::test {

class RawDb {
 public:
  explicit RawDb(const std::string& file, const std::string& settings = "") {
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int rc = sqlite3_open_v2(file.c_str(), &db_, kFlags, nullptr);
    if (rc != SQLITE_OK) {
      sqlite3_close(db_);
      throw std::runtime_error("cannot open " + file + ": " + sqlite3_errstr(rc));
    }
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_extended_result_codes(db_, 1);
    if (!settings.empty()) run(settings);
  }
  ~RawDb() { sqlite3_close(db_); }
  RawDb(const RawDb&) = delete;
  RawDb& operator=(const RawDb&) = delete;

  // The result code; what it answered, cell by cell, is added to `answers`.
  int run(const std::string& sql, std::vector<std::string>* answers = nullptr) {
    const auto take = [](void* to, int count, char** cells, char** /*names*/) {
      auto* into = static_cast<std::vector<std::string>*>(to);
      for (int i = 0; into != nullptr && i < count; ++i) {
        into->emplace_back(cells[i] != nullptr ? cells[i] : "NULL");
      }
      return 0;
    };
    return sqlite3_exec(db_, sql.c_str(), take, answers, nullptr);
  }
  std::vector<std::string> ask(const std::string& sql) {
    std::vector<std::string> answers;
    if (run(sql, &answers) != SQLITE_OK) throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
    return answers;
  }
  std::string one(const std::string& sql) { return ask(sql).at(0); }
  sqlite3* handle() { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

// A file as a VFS gives it to SQLite.
class RawFile {
 public:
  explicit RawFile(const std::string& path, int type = SQLITE_OPEN_MAIN_DB, bool create = true)
      : vfs_(sqlite3_vfs_find(nullptr)),
        memory_(static_cast<std::size_t>(vfs_->szOsFile) / sizeof(std::uint64_t) + 1),
        // SQLite passes names that end with two NULs, and so do we.
        path_(path + std::string(2, '\0')) {
    const int flags = type | SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
    opened_ = vfs_->xOpen(vfs_, path_.c_str(), file(), flags, nullptr);
  }
  ~RawFile() {
    if (opened_ == SQLITE_OK) file()->pMethods->xClose(file());
  }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  int opened() const { return opened_; }
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
  const sqlite3_io_methods* operator->() { return file()->pMethods; }

  int write(const std::string& bytes, std::int64_t at) {
    return file()->pMethods->xWrite(file(), bytes.data(), static_cast<int>(bytes.size()), at);
  }
  int truncate(std::int64_t size) { return file()->pMethods->xTruncate(file(), size); }
  int sync() { return file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL); }
  std::string read() {
    sqlite3_int64 size = 0;
    file()->pMethods->xFileSize(file(), &size);
    std::string bytes(static_cast<std::size_t>(size), '?');
    file()->pMethods->xRead(file(), bytes.data(), static_cast<int>(size), 0);
    return bytes;
  }

 private:
  sqlite3_vfs* vfs_;
  std::vector<std::uint64_t> memory_;
  std::string path_;
  int opened_ = SQLITE_ERROR;
};

}  // namespace offsync::test
