#include <fmt/format.h>

#include "event/checks.h"
#include "replica/states.h"
#include "replica/store.h"

namespace offsync {
namespace {

// name, epoch and sequence
Result<Replica::Consumer> read_consumer(const ReplicaStore& store, sqlite::Statement& row) {
  if (!is_place(row, 1)) return store.damaged(wrong_consumer(row.text(0)));
  return Replica::Consumer{std::string(row.text(0)), {std::string(row.text(1)), row.uinteger(2)}};
}

}  // namespace

bool is_place(const sqlite::Statement& row, int column) {
  return is_epoch(row.text(column)) && row.is_integer(column + 1) && row.integer(column + 1) >= 0;
}

std::string wrong_consumer(std::string_view name) {
  return fmt::format("the place of its consumer {} cannot be", printable(name));
}

Result<std::vector<Replica::Consumer>> Replica::consumers() {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(sqlite::Statement * next,
                 impl_->store.use("SELECT name, epoch, sequence FROM consumer ORDER BY name"));
  std::vector<Consumer> found;
  for (;;) {
    OFFSYNC_ASSIGN(const bool row, next->step());
    if (!row) return found;
    OFFSYNC_ASSIGN(Consumer one, read_consumer(impl_->store, *next));
    found.push_back(std::move(one));
  }
}

Result<std::optional<Cursor>> Replica::consumer(std::string_view name) {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 impl_->store.use("SELECT name, epoch, sequence FROM consumer WHERE name = ?"));
  get->bind(1, name);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return std::optional<Cursor>();
  OFFSYNC_ASSIGN(Consumer one, read_consumer(impl_->store, *get));
  get->reset();
  return std::optional(std::move(one.cursor));
}

Status Replica::move_consumer(std::string_view name, const Cursor& to) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_ASSIGN(sqlite::Statement * put,
                 impl_->store.use("INSERT OR REPLACE INTO consumer(name, epoch, sequence)"
                                  " VALUES (?, ?, ?)"));
  put->bind(1, name).bind(2, to.epoch).bind(3, to.sequence);
  OFFSYNC_TRY(put->run());
  return write->commit();
}

Result<std::optional<Cursor>> Replica::forget_consumer(std::string_view name) {
  OFFSYNC_ASSIGN(const std::optional<Cursor> was, consumer(name));
  if (!was) return was;
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  OFFSYNC_ASSIGN(sqlite::Statement * drop, impl_->store.use("DELETE FROM consumer WHERE name = ?"));
  drop->bind(1, name);
  OFFSYNC_TRY(drop->run());
  OFFSYNC_TRY(write->commit());
  return was;
}

}  // namespace offsync
