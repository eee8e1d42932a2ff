#include "bench/database.h"

#include "bench/failure.h"

namespace offsync::bench {

Database::Database(const std::string& file) {
  if (sqlite3_open(file.c_str(), &db_) != SQLITE_OK) {
    const std::string why = sqlite3_errmsg(db_);
    sqlite3_close(db_);
    throw Failure("cannot open " + file + ": " + why);
  }
}

Database::~Database() {
  sqlite3_close(db_);
}

void Database::exec(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void Database::fail() {
  throw Failure(std::string("SQLite in a bare loop: ") + sqlite3_errmsg(db_));
}

Query::Query(Database& db, const char* sql) : db_(db) {
  if (sqlite3_prepare_v3(db.raw(), sql, -1, SQLITE_PREPARE_PERSISTENT, &query_, nullptr) !=
      SQLITE_OK) {
    db.fail();
  }
}

Query::~Query() {
  sqlite3_finalize(query_);
}

Query& Query::text(int index, std::string_view value) {
  sqlite3_bind_text(query_, index, value.data(), static_cast<int>(value.size()), nullptr);
  return *this;
}

Query& Query::blob(int index, std::string_view value) {
  sqlite3_bind_blob(query_, index, value.data(), static_cast<int>(value.size()), nullptr);
  return *this;
}

Query& Query::number(int index, std::int64_t value) {
  sqlite3_bind_int64(query_, index, value);
  return *this;
}

bool Query::step() {
  const int rc = sqlite3_step(query_);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) db_.fail();
  return rc == SQLITE_ROW;
}

std::int64_t Query::column(int index) {
  return sqlite3_column_int64(query_, index);
}

void Query::run() {
  step();
  sqlite3_reset(query_);
}

}  // namespace offsync::bench
