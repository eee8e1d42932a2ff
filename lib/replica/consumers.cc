#include "replica/store.h"

namespace offsync {
namespace {

Cursor read_cursor(const sqlite::Statement& statement, int column) {
  return {std::string(statement.text(column)), statement.uinteger(column + 1)};
}

}  // namespace

Result<std::vector<Replica::Consumer>> Replica::consumers() {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(sqlite::Statement * next,
                 impl_->store.use("SELECT name, epoch, sequence FROM consumer ORDER BY name"));
  std::vector<Consumer> found;
  for (;;) {
    OFFSYNC_ASSIGN(const bool row, next->step());
    if (!row) return found;
    found.push_back({std::string(next->text(0)), read_cursor(*next, 1)});
  }
}

Result<std::optional<Cursor>> Replica::consumer(std::string_view name) {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 impl_->store.use("SELECT epoch, sequence FROM consumer WHERE name = ?"));
  get->bind(1, name);
  OFFSYNC_ASSIGN(const bool found, get->step());
  std::optional<Cursor> cursor;
  if (found) cursor = read_cursor(*get, 0);
  get->reset();
  return cursor;
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
