#include "replica/behind_damage.h"

#include <algorithm>

#include "base/counted.h"
#include "replica/gather.h"
#include "replica/states.h"
#include "wire/answer_limits.h"

namespace offsync {
namespace {

using Kind = sqlite::FoundValue::Kind;

constexpr std::size_t kSettingsColumns = 18, kNextAt = 6;
constexpr std::uint64_t kMostMissing = 1'000'000;  // by name

// The number of the next event, of what is like the settings.
std::optional<std::uint64_t> next_of(const sqlite::FoundRow& row) {
  constexpr Kind kLike[] = {Kind::null,    Kind::text,    Kind::text,   Kind::text,
                            Kind::integer, Kind::integer, Kind::integer};
  if (row.columns.size() != kSettingsColumns || row.rowid != 1) return std::nullopt;
  for (std::size_t i = 0; i <= kNextAt; ++i) {
    if (row.columns[i].kind != kLike[i]) return std::nullopt;
  }
  const auto next = static_cast<std::uint64_t>(row.columns[kNextAt].integer);
  return next < limits::kMaxSequence ? std::optional(next) : std::nullopt;
}

Result<bool> has(ReplicaStore& store, std::uint64_t n) {
  OFFSYNC_ASSIGN(sqlite::Statement * find, store.use("SELECT 1 FROM pending WHERE n = ?"));
  find->bind(1, n);
  OFFSYNC_ASSIGN(const bool found, find->step());
  find->reset();
  return found;
}

// Whether it was not there.
Result<bool> put(sqlite::Statement& statement, const sqlite::FoundRow& row, ReplicaStore& store) {
  const auto n = static_cast<std::uint64_t>(row.rowid);
  OFFSYNC_ASSIGN(const bool there, has(store, n));
  if (there) return false;
  bind_row(statement, row);
  OFFSYNC_TRY(statement.run());
  return has(store, n);
}

Status doubt(ReplicaStore& store, std::uint64_t n) {
  OFFSYNC_ASSIGN(
      sqlite::Statement * doubtful,
      store.use("UPDATE pending SET state = " OFFSYNC_REJECTED ", sequence = 0, code = 'doubtful',"
                " detail = 'it was in a damaged WAL, and may have been sent or dropped"
                " since: look at it, then retry or drop it' WHERE n = ?"));
  doubtful->bind(1, n);
  return doubtful->run();
}

}  // namespace

Result<BehindDamage> read_behind_damage(const std::string& file) {
  auto lock = sqlite::FileLock::beside(file);
  if (!lock) return BehindDamage{};  // whoever opens it says why
  OFFSYNC_TRY(lock->lock());
  BehindDamage behind;
  behind.damaged = sqlite::wal_is_damaged(file);
  if (!behind.damaged) return behind;
  OFFSYNC_TRY(sqlite::for_each_wal_row(file, {kPendingColumns, kSettingsColumns},
                                       [&](const sqlite::WalRow& found) -> Status {
                                         if (is_like_pending(found.row))
                                           behind.queue.push_back(found);
                                         if (const auto next = next_of(found.row)) {
                                           behind.next = std::max(*next, behind.next.value_or(0));
                                         }
                                         return {};
                                       }));
  return behind;
}

Result<PutBehind> put_behind(ReplicaStore& store, const BehindDamage& behind, std::uint64_t next) {
  PutBehind done;
  OFFSYNC_ASSIGN(
      sqlite::Statement insert,
      store.prepare("INSERT OR IGNORE INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const sqlite::WalRow& found : behind.queue) {
    OFFSYNC_ASSIGN(const bool is_new, put(insert, found.row, store));
    if (!is_new) continue;
    ++done.found;
    if (!found.doubtful) continue;
    ++done.doubtful;
    OFFSYNC_TRY(doubt(store, static_cast<std::uint64_t>(found.row.rowid)));
  }
  const std::uint64_t end = behind.next.value_or(0);
  done.unknown = behind.damaged && (end == 0 || (end > next && end - next > kMostMissing));
  for (std::uint64_t n = next; !done.unknown && n < end; ++n) {
    OFFSYNC_ASSIGN(const bool there, has(store, n));
    if (!there) done.missing.push_back(n);
  }
  if (done.found > 0) {
    done.mended.push_back("the queue, which lacked " + counted(done.found, "event") +
                          " behind the damage");
  }
  if (!done.missing.empty()) {
    done.mended.push_back(
        "the numbers " + ranges_of(done.missing) +
        ", given behind the damage: their events were sent, dropped, or are lost");
  }
  return done;
}

}  // namespace offsync
