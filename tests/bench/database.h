// The least around SQLite that a bare loop needs. Everything throws Failure.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace offsync::bench {

class Database {
 public:
  explicit Database(const std::string& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void exec(const char* sql);
  sqlite3* raw() { return db_; }
  [[noreturn]] void fail();

 private:
  sqlite3* db_ = nullptr;
};

class Query {
 public:
  Query(Database& db, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Texts and blobs must stay until the next run().
  Query& text(int index, std::string_view value);
  Query& blob(int index, std::string_view value);
  Query& number(int index, std::int64_t value);
  // Runs it to its first row, or its end where it gives none.
  bool step();
  std::int64_t column(int index);
  // Runs it once and makes it ready for the next time.
  void run();

 private:
  Database& db_;
  sqlite3_stmt* query_ = nullptr;
};

}  // namespace offsync::bench
