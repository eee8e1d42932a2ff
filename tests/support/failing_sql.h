// SQL that fails: the n-th thing that SQLite is asked to do on any connection of this process
// (prepare a statement, begin to run it, give its next row) is refused, once. What a commit does is
// left to the tests of disks: it is never refused. Or something else happens just before it.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <utility>

namespace offsync::test {

class FailingSql {
 public:
  // As long as this object lives, connections that are opened can fail. One at a time.
  FailingSql() { sqlite3_auto_extension(entry()); }
  ~FailingSql() {
    state() = {};
    sqlite3_cancel_auto_extension(entry());
  }
  FailingSql(const FailingSql&) = delete;
  FailingSql& operator=(const FailingSql&) = delete;

  // The n-th request from now; 0: none.
  static void fail_at(std::uint64_t n) { state() = {n, false, false, {}}; }
  // Instead of failing, `act` is called: what another process does just then. Not on the connection
  // that is asked.
  static void act_at(std::uint64_t n, std::function<void()> act) {
    state() = {n, false, false, std::move(act)};
  }
  // Whether it has come so far: failed, or acted.
  static bool failed() { return state().failed; }

 private:
  struct State {
    std::uint64_t left = 0;
    bool failed = false;
    bool now = false;  // what runs is to fail
    std::function<void()> act;
  };
  static State& state() {
    static State state;
    return state;
  }
  static bool due() {
    State& s = state();
    if (s.left == 0 || --s.left > 0) return false;
    s.failed = true;
    if (!s.act) return true;
    s.act();
    return false;
  }

  static void (*entry())() { return reinterpret_cast<void (*)()>(&install); }
  static int install(sqlite3* db, char** /*error*/, const sqlite3_api_routines* /*api*/) {
    sqlite3_set_authorizer(db, authorize, nullptr);
    sqlite3_trace_v2(db, SQLITE_TRACE_STMT | SQLITE_TRACE_ROW, trace, nullptr);
    sqlite3_progress_handler(db, 1, progress, nullptr);
    return SQLITE_OK;
  }

  // Called while a statement is prepared; once or twice for each.
  static int authorize(void*, int action, const char*, const char*, const char*, const char*) {
    const bool counts = action == SQLITE_SELECT || action == SQLITE_INSERT ||
                        action == SQLITE_UPDATE || action == SQLITE_DELETE ||
                        action == SQLITE_PRAGMA;
    return counts && due() ? SQLITE_DENY : SQLITE_OK;
  }
  static int trace(unsigned /*what*/, void*, void* statement, void*) {
    const char* sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    const bool ends =
        sql == nullptr || std::strcmp(sql, "COMMIT") == 0 || std::strcmp(sql, "ROLLBACK") == 0;
    if (!ends && due()) state().now = true;
    return 0;
  }
  static int progress(void*) {
    const bool stop = state().now;
    state().now = false;
    return stop ? 1 : 0;
  }
};

}  // namespace offsync::test
