#include "proxy/store/sqlite/belongs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "proxy/store/sqlite/schema.h"
#include "sqlite/sealed_file.h"

namespace offsync::proxy {
namespace {

Error not_of_one_state(const sqlite::Db& db, const std::string& why) {
  return make_error(Errc::io, "corrupt",
                    fmt::format("{0}-wal is not of this {0}: {1}", db.file(), why));
}

Result<std::int64_t> number(sqlite::Statement& statement) {
  OFFSYNC_ASSIGN(const bool row, statement.step());
  const std::int64_t value = row ? statement.integer(0) : 0;
  statement.reset();
  return value;
}

class Spaces {
 public:
  Spaces(sqlite::Db& db, LogReader& reader) : db_(db), reader_(reader) {}

  Result<std::string> problem() {
    OFFSYNC_ASSIGN(count_, db_.prepare("SELECT count(*) FROM event INDEXED BY event_by_id"
                                       " WHERE key >> 40 = ?"));
    OFFSYNC_ASSIGN(among_, db_.prepare("SELECT count(*) FROM event WHERE key > ? AND key <= ?"));
    OFFSYNC_ASSIGN(const auto names, reader_.spaces());
    for (const std::string& name : names) {
      OFFSYNC_ASSIGN(const auto row, reader_.space(name));
      if (!row) return fmt::format("the space {} cannot be found by its name", name);
      OFFSYNC_ASSIGN(const std::string wrong, problem_of(*row));
      if (!wrong.empty()) return fmt::format("the log of the space {} {}", name, wrong);
    }
    return std::string();
  }

 private:
  Result<std::string> problem_of(const SpaceRow& row) {
    constexpr std::uint64_t kAtTheEnd = 100;
    OFFSYNC_ASSIGN(const std::int64_t count, number(count_.bind(1, row.space_id)));
    if (static_cast<std::uint64_t>(count) != row.head) {
      return fmt::format("ends at {} and has {} events", row.head, count);
    }
    const std::uint64_t end = std::min(row.head, kAtTheEnd);
    among_.bind(1, key_of(row.space_id, row.head - end)).bind(2, key_of(row.space_id, row.head));
    OFFSYNC_ASSIGN(const std::int64_t there, number(among_));
    if (static_cast<std::uint64_t>(there) == end) return std::string();
    return fmt::format("ends at {}, and of its last {} events there are {}", row.head, end, there);
  }

  sqlite::Db& db_;
  LogReader& reader_;
  sqlite::Statement count_, among_;
};

}  // namespace

Status check_belongs(sqlite::Db& db, LogReader& reader) {
  const auto problem = Spaces(db, reader).problem();
  if (problem) return problem->empty() ? Status() : not_of_one_state(db, *problem);
  // A page that is not as it was written is damage, which hinders only who needs it.
  const bool fits = problem.error().code != "corrupt" || sqlite::broken_seal(db.raw()) != 0;
  return fits ? Status() : not_of_one_state(db, problem.error().detail);
}

}  // namespace offsync::proxy
