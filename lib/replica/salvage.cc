#include "replica/salvage.h"

#include <algorithm>

#include "base/free_name.h"
#include "event/decoder.h"
#include "replica/readable_number.h"
#include "replica/schema.h"
#include "replica/soundness.h"
#include "replica/states.h"
#include "replica/temporary.h"
#include "sqlite/db.h"
#include "sqlite/first_page.h"
#include "sqlite/take_content.h"

namespace offsync {
namespace {

// So many numbers are tried, below the greatest that is known.
constexpr std::uint64_t kMostTries = 5'000'000;
constexpr std::uint64_t kPieceRows = 1000;

class Salvage {
 public:
  Salvage(sqlite::Db& from, std::string file, std::string fresh, bool free_unknown)
      : from_(from),
        file_(std::move(file)),
        fresh_(std::move(fresh)),
        free_unknown_(free_unknown) {}

  Result<Salvaged> run() {
    OFFSYNC_TRY(attach());
    OFFSYNC_TRY(from_.exec("PRAGMA fresh.synchronous=OFF"));
    OFFSYNC_ASSIGN(const std::vector<std::string> missing, schema::missing_tables(from_));
    // Even settings of which a part is wrong say where the remote is.
    const bool settings = take("INSERT INTO fresh.replica SELECT * FROM main.replica WHERE 1");
    Gathered certain;
    if (!free_unknown_) {
      OFFSYNC_ASSIGN(certain, gather(from_, true));
    }
    RowNumbers rows;
    OFFSYNC_ASSIGN(rows.queue, take_rows({"pending", "n", settings ? "next" : ""}));
    OFFSYNC_ASSIGN(rows.former, take_rows({"former", "n", settings ? "next" : ""}));
    OFFSYNC_ASSIGN(rows.events, take_rows({"log", "sequence", settings ? "cursor" : ""}));
    OFFSYNC_ASSIGN(Soundness sound, look_for_damage(file_, rows));
    // The page of a row may be sound, and the way to it not.
    for (const std::uint64_t n : certain.queue) sound.queue.erase(n);
    for (const std::uint64_t n : certain.former) sound.former.erase(n);
    for (const std::uint64_t n : certain.events) sound.events.erase(n);
    if (certain.queue.empty()) {
      OFFSYNC_ASSIGN(const Gathered doubtful, gather(from_, false));
      sound.queue.insert(doubtful.queue.begin(), doubtful.queue.end());
    }
    Salvaged done{sound.problems, 0, {}, {}, {}};
    if (!sound.events.empty()) {
      done.problems.push_back(std::to_string(sound.events.size()) +
                              " events of the received log, on a damaged page");
    }
    OFFSYNC_ASSIGN(done.lost, note_lost(from_, file_));
    take_if(sound.base, "INSERT INTO fresh.base SELECT * FROM main.base WHERE 1");
    take_if(sound.state, "INSERT INTO fresh.entity SELECT * FROM main.entity WHERE 1");
    take_if(sound.state, "INSERT INTO fresh.conflict SELECT * FROM main.conflict WHERE 1");
    take_if(sound.consumers, "INSERT INTO fresh.consumer SELECT * FROM main.consumer WHERE 1");
    if (settings && (!sound.settings || !sound.newest)) {
      // Without a node it goes on under another source.
      OFFSYNC_TRY(from_.exec("UPDATE fresh.replica SET node = 0, epoch = '', log = '', clock = 0"));
    }
    // The whole state is to be fetched.
    if (!sound.log || !sound.base)
      OFFSYNC_TRY(from_.exec("UPDATE fresh.replica SET cursor = NULL"));
    OFFSYNC_ASSIGN(done.doubtful, doubt(sound));
    OFFSYNC_ASSIGN(done.lost_former, find_lost_former(from_, file_));
    for (const std::string& table : missing) done.problems.push_back(schema::missing_text(table));
    return done;
  }

 private:
  Status attach() {
    OFFSYNC_ASSIGN(sqlite::Statement attach, from_.prepare("ATTACH ? AS fresh"));
    return attach.bind(1, fresh_).run();
  }

  bool take(const char* sql) { return from_.exec(sql).ok(); }
  void take_if(bool sound, const char* sql) {
    if (sound) static_cast<void>(take(sql));
  }

  std::uint64_t number(const std::string& sql) {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(readable_number(from_, sql.c_str()).value_or(0), 0));
  }

  struct Table {
    std::string name, key;
    std::string most;  // the setting that says how far its numbers may go; empty: none can be read
  };

  // Each by its number: a page that cannot be read hides no other one.
  Result<std::vector<std::uint64_t>> take_rows(const Table& table) {
    std::vector<std::uint64_t> taken;
    const std::string from = " FROM main." + table.name;
    const std::uint64_t told =
        table.most.empty() ? 0 : number("SELECT " + table.most + " FROM fresh.replica");
    const std::uint64_t found = number("SELECT max(" + table.key + ")" + from);
    // A setting may be wrong as well, and a number too great hides all that there are.
    const bool wrong = found > 0 && told > found + kMostTries;
    const std::uint64_t most = (wrong ? found : std::max(told, found)) + 1;
    const std::uint64_t least = number("SELECT min(" + table.key + ")" + from);
    const std::uint64_t first = std::max(least, most > kMostTries ? most - kMostTries : 0);
    for (std::uint64_t n = first; n < most + 1000; n += kPieceRows) {
      const std::uint64_t end = std::min(n + kPieceRows, most + 1000);
      // A row that cannot be read may undo what was taken with it.
      if (!take_piece(table, n, end)) {
        for (std::uint64_t one = n; one < end; ++one) take_piece(table, one, one + 1);
      }
    }
    auto there = from_.prepare("SELECT " + table.key + " FROM fresh." + table.name + " ORDER BY 1");
    if (!there) return taken;
    for (;;) {
      OFFSYNC_ASSIGN(const bool row, there->step());
      if (!row) return taken;
      taken.push_back(there->uinteger(0));
    }
  }

  // In one transaction; false: nothing of it was taken.
  bool take_piece(const Table& table, std::uint64_t begin, std::uint64_t end) {
    auto put = from_.prepare("INSERT OR IGNORE INTO fresh." + table.name + " SELECT * FROM main." +
                             table.name + " WHERE " + table.key + " = ?");
    if (!put || !from_.exec("BEGIN")) return false;
    for (std::uint64_t n = begin; n < end && from_.in_transaction(); ++n) {
      put->bind(1, n);
      static_cast<void>(put->run());
      put->reset();
    }
    return from_.in_transaction() && from_.exec("COMMIT");
  }

  // How many of the queue say something at all.
  Result<std::uint64_t> doubt(const Soundness& sound) {
    std::uint64_t doubtful = 0;
    Decoder decoder;
    OFFSYNC_ASSIGN(sqlite::Statement find,
                   from_.prepare("SELECT line FROM fresh.pending WHERE n = ?"));
    for (const std::uint64_t n : sound.former) {
      OFFSYNC_TRY(from_.exec("DELETE FROM fresh.former WHERE n = " + std::to_string(n)));
    }
    for (const std::uint64_t n : sound.events) {
      OFFSYNC_TRY(from_.exec("DELETE FROM fresh.log WHERE sequence = " + std::to_string(n)));
    }
    for (const std::uint64_t n : sound.queue) {
      find.bind(1, n);
      OFFSYNC_ASSIGN(const bool there, find.step());
      doubtful += there && decoder.decode(find.text(0)) ? 1 : 0;
      find.reset();
      OFFSYNC_TRY(from_.exec("UPDATE fresh.pending SET state = " OFFSYNC_REJECTED
                             ", sequence = 0, code = 'doubtful',"
                             " detail = 'it was on a damaged page: look whether it says what it"
                             " should, then retry or drop it' WHERE n = " +
                             std::to_string(n)));
    }
    return doubtful;
  }

  sqlite::Db& from_;
  const std::string file_, fresh_;
  const bool free_unknown_;
};

Result<Salvaged> salvage_into(const std::string& file, const std::string& fresh,
                              bool free_unknown) {
  sqlite::OpenOptions as_it_is;
  as_it_is.forgive = sqlite::OpenOptions::Forgive::all;
  OFFSYNC_ASSIGN(sqlite::Db damaged, sqlite::Db::open(file, as_it_is));
  OFFSYNC_TRY(sqlite::check_format(damaged, schema::kApplicationId, schema::steps()));
  sqlite::OpenOptions create;
  create.create = true;
  OFFSYNC_ASSIGN(sqlite::Db made, sqlite::Db::open(fresh, create));
  OFFSYNC_TRY(sqlite::migrate(made, schema::kApplicationId, schema::steps()));
  OFFSYNC_ASSIGN(Salvaged done, Salvage(damaged, file, fresh, free_unknown).run());
  const bool queue_lost = !done.lost.numbers.empty() || done.lost.more > 0 || done.lost.unknown;
  if (queue_lost || !done.lost_former.names.empty() || done.lost_former.unknown) {
    const std::string real = sqlite::behind_links(file);
    done.aside = free_name(real + ".damaged");
    OFFSYNC_TRY(sqlite::copy_file(real, done.aside));
  }
  OFFSYNC_ASSIGN(sqlite::Db to, sqlite::Db::open(file, as_it_is));
  OFFSYNC_TRY(sqlite::migrate(to, schema::kApplicationId, schema::steps()));
  OFFSYNC_TRY(sqlite::take_content(to, made));
  return done;
}

}  // namespace

Result<Salvaged> salvage(const std::string& file, bool free_unknown) {
  OFFSYNC_ASSIGN(sqlite::FileLock lock, sqlite::FileLock::beside(file));
  OFFSYNC_TRY(lock.lock());
  const TemporaryDatabase fresh(file + ".repair");
  return salvage_into(file, fresh.file, free_unknown);
}

}  // namespace offsync
