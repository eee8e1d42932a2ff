#include "crash/recording.h"

#include <sqlite3.h>

#include <stdexcept>

#include "support/raw_sqlite.h"

namespace offsync::test {

Recorder::Recorder(SimDisk& disk, std::function<std::string()> look)
    : disk_(disk), look_(std::move(look)), now_(std::make_shared<const std::string>()) {
  disk_.before_operation([this](std::string_view operation, std::string_view file) {
    if (!within_) return;
    // A file's kind is its ending: /replica.db, /replica.db-wal, /replica.db-journal.
    std::string before = std::string(operation) + " " + std::string(file.substr(file.rfind('.')));
    recording_.cuts.push_back({disk_.save(), recording_.steps.size(), std::move(before)});
  });
}

Recorder::~Recorder() {
  disk_.before_operation({});
}

void Recorder::step(Step step, const std::function<void()>& act) {
  within_ = true;
  act();
  within_ = false;
  step.before = now_;
  step.after = now_ = std::make_shared<const std::string>(look_());
  recording_.steps.push_back(std::move(step));
}

// The last cut is after everything: the machine was idle, and all had been acknowledged.
Recording Recorder::finish(Step idle) {
  recording_.cuts.push_back({disk_.save(), recording_.steps.size(), "nothing"});
  step(std::move(idle), [] {});
  return std::move(recording_);
}

namespace {

class Rows {
 public:
  Rows(sqlite3* db, const std::string& sql) {
    rc_ = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr);
  }
  ~Rows() { sqlite3_finalize(statement_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  bool prepared() const { return rc_ == SQLITE_OK; }
  void append_to(std::string& text) {
    const int columns = sqlite3_column_count(statement_);
    while ((rc_ = sqlite3_step(statement_)) == SQLITE_ROW) {
      for (int i = 0; i < columns; ++i) append_cell(text, i);
      text += '\n';
    }
    if (rc_ != SQLITE_DONE) throw std::runtime_error(sqlite3_errstr(rc_));
  }

 private:
  void append_cell(std::string& text, int column) {
    if (sqlite3_column_type(statement_, column) == SQLITE_NULL) {
      text += "NULL|";
      return;
    }
    const void* bytes = sqlite3_column_blob(statement_, column);
    text.append(static_cast<const char*>(bytes),
                static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
    text += '|';
  }
  sqlite3_stmt* statement_ = nullptr;
  int rc_ = SQLITE_OK;
};

}  // namespace

Dump dump(const std::string& file, const std::vector<std::string>& queries, bool check_integrity) {
  Dump all;
  RawDb db(file);
  if (check_integrity) Rows(db.handle(), "PRAGMA integrity_check").append_to(all.integrity);
  for (const std::string& sql : queries) {
    Rows rows(db.handle(), sql);
    if (!rows.prepared()) return {"", all.integrity};
    all.text += sql + ":\n";
    rows.append_to(all.text);
  }
  return all;
}

}  // namespace offsync::test
