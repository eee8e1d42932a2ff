// One event, one process: what a person or a script pays for `offsync emit`.
//
// In turn: `offsync emit` into a replica of 1,000 events and 50 entities; the sqlite3 shell, one
// row of as many bytes into a table of 1,000 rows (text key, WAL, synchronous=FULL); git commit
// --allow-empty in a repository with its default settings. From just before the process is started
// until it has been waited for; all on the same file system. Before each the file system is synced:
// git leaves its objects to be written later, and who comes behind it would pay for them with its
// own sync. 200 of each a round, of which the p50.
#include <fmt/format.h>

#include <algorithm>

#include "bench/bench.h"
#include "bench/failure.h"
#include "bench/generate.h"
#include "bench/stats.h"
#include "bench/temp_dir.h"

namespace offsync::bench {
namespace {

constexpr int kEntitiesThere = 50;
constexpr int kEventsThere = 1000;

class EmitProcess {
 public:
  explicit EmitProcess(const Setup& setup)
      : setup_(setup), dir_(setup.parent), path_(dir_.path()), rng_(7) {
    make_replica();
    make_database();
    make_repository();
  }

  void measure() {
    const int each = setup_.quick ? 3 : 200;
    std::vector<double> ours, sqlite, git;
    for (int round = 1; round <= setup_.rounds; ++round) {
      const auto settled = [this](double (EmitProcess::*one)()) {
        return [this, one] {
          settle_disk(path_);
          return (this->*one)();
        };
      };
      const auto times = take_turns(each, {{"emit", settled(&EmitProcess::emit)},
                                           {"sqlite3", settled(&EmitProcess::insert)},
                                           {"git commit", settled(&EmitProcess::commit)}});
      ours.push_back(median(times[0]));
      sqlite.push_back(median(times[1]));
      git.push_back(median(times[2]));
    }
    check();
    setup_.report.add({"emit_process.sqlite3", "ms", ours, "sqlite3 shell, one INSERT", sqlite,
                       Target::at_most(1.2)});
    setup_.report.add(
        {"emit_process.git", "ms", ours, "git commit --allow-empty", git, Target::below(1.0)});
  }

 private:
  std::string note() { return fmt::format("Buy {} litres of oat milk", rng_.below(1000)); }

  void make_replica() {
    run(setup_.offsync_command({"init", "--remote", "http://127.0.0.1:9/v1/spaces/bench"}, path_));
    std::string text;
    for (int i = 0; i < kEventsThere; ++i) {
      text += fmt::format(
          R"({{"type":"todo.changed","subject":"todo/{}","data":{{"set":{{"done":false,"note":"{}"}}}}}})",
          i % kEntitiesThere, note());
      text += '\n';
    }
    write_file(dir_ / "events", text);
    run(setup_.offsync_command({"emit", "--batch", dir_ / "events"}, path_));
  }

  void make_database() {
    const std::string sql = fmt::format(
        "PRAGMA journal_mode=WAL;"
        "CREATE TABLE event(id TEXT PRIMARY KEY, subject TEXT, line TEXT);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
        "INSERT INTO event SELECT printf('{}', i), 'todo/1', printf('%0{}d', i) FROM n",
        kEventsThere, "%036d", kRowBytes);
    run({{"sqlite3", "peer.db", sql}, path_});
    if (output_of({{"sqlite3", "peer.db", "PRAGMA journal_mode; PRAGMA synchronous"}, path_}) !=
        "wal\n2\n") {
      throw Failure("this sqlite3 does not commit with WAL and synchronous=FULL by itself");
    }
  }

  void make_repository() {
    run({{"git", "init", "-q", "peer"}, path_});
    run({{"git", "commit", "-q", "--allow-empty", "-m", "first"}, dir_ / "peer"});
  }

  double emit() {
    const std::string subject = subject_of(static_cast<std::uint32_t>(emitted_++) % kEntitiesThere);
    return 1e3 *
           run(setup_.offsync_command({"emit", "todo.changed", subject, "note=" + note()}, path_));
  }

  double insert() {
    const std::string line(kRowBytes, 'x');
    const std::string sql = fmt::format("INSERT INTO event VALUES('{:036}','todo/1','{}')",
                                        kEventsThere + ++inserted_, line);
    return 1e3 * run({{"sqlite3", "peer.db", sql}, path_});
  }

  double commit() {
    return 1e3 * run({{"git", "commit", "-q", "--allow-empty", "-m", note()}, dir_ / "peer"});
  }

  void check() {
    const std::string queue =
        output_of(setup_.offsync_command({"queue", "list", "-o", "ndjson"}, path_));
    const auto queued = std::count(queue.begin(), queue.end(), '\n');
    if (queued != kEventsThere + emitted_) {
      throw Failure(fmt::format("{} events were queued, but the queue has {}",
                                kEventsThere + emitted_, queued));
    }
  }

  static constexpr int kRowBytes = 330;  // what emit keeps of such an event: its canonical line

  const Setup& setup_;
  TempDir dir_;
  std::string path_;
  Rng rng_;
  int emitted_ = 0;
  int inserted_ = 0;
};

}  // namespace

void emit_process(const Setup& setup) {
  EmitProcess(setup).measure();
}

}  // namespace offsync::bench
