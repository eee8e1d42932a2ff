#include <algorithm>

#include "replica/pages.h"
#include "replica/store.h"

namespace offsync {
namespace {

struct Row {
  std::uint64_t number = 0;
  std::string key, text;
};

// Takes rows until there are enough for a page; false: that was the last one.
template <class Take>
Result<bool> fill(sqlite::Statement& next, std::vector<Row>& page, const Take& take) {
  page.clear();
  for (std::size_t bytes = 0; page.size() < kPageRows && bytes < kPageBytes;) {
    OFFSYNC_ASSIGN(const bool found, next.step());
    if (!found) return false;
    page.push_back(take(next));
    bytes += page.back().text.size();
  }
  next.reset();
  return true;
}

}  // namespace

Status ReplicaPlace::check(ReplicaStore& store) {
  OFFSYNC_ASSIGN(const ReplicaRow row, store.load_row());
  if (!known_) {
    known_ = true;
    epoch_ = row.epoch;
    log_after_ = row.log_after;
  }
  if (row.epoch == epoch_ && (whole_state_ || row.log_after == log_after_)) return {};
  return make_error(
      Errc::partial, "log_replaced",
      "another process has fetched the state of " + store.file() + " anew while it was read",
      "run it again");
}

Status Replica::for_each_entity(std::string_view prefix, View view, const EntityFn& fn) {
  ReplicaStore& store = impl_->store;
  ReplicaPlace place(true);
  EntityDecoder decoder;  // of its own, because fn may ask for other entities
  std::vector<Row> page;
  std::string from(prefix);
  bool any = false;
  for (bool more = true, first = true; more; first = false) {
    OFFSYNC_TRY(store.read_page(place, [&]() -> Status {
      OFFSYNC_ASSIGN(sqlite::Statement next,
                     store.prepare(first ? "SELECT subject, confirmed, visible FROM entity"
                                           " WHERE subject >= ? ORDER BY subject"
                                         : "SELECT subject, confirmed, visible FROM entity"
                                           " WHERE subject > ? ORDER BY subject"));
      next.bind(1, from);
      OFFSYNC_ASSIGN(more, fill(next, page, [&](const sqlite::Statement& row) {
                       const int column = view == View::visible && !row.null(2) ? 2 : 1;
                       return Row{0, std::string(row.text(0)), std::string(row.text(column))};
                     }));
      return {};
    }));
    for (const Row& row : page) {
      if (!row.key.starts_with(prefix)) return {};
      if (any && row.key <= from) return out_of_order(store);
      any = true;
      from = row.key;
      if (row.text.empty()) continue;
      auto record = decoder.decode(row.text);
      if (!record) {
        return store.damaged("an entity cannot be read (" + record.error().detail + ")");
      }
      if (!record->entity.empty() && !fn(record->subject, record->entity)) return {};
    }
  }
  return {};
}

Status Replica::for_each_log(const LogFilter& filter, const LineFn& fn) {
  ReplicaStore& store = impl_->store;
  ReplicaPlace place(false);
  const std::uint64_t last = INT64_MAX;
  std::uint64_t after = std::min(filter.after, last);
  std::vector<Row> page;
  for (bool more = true; more;) {
    OFFSYNC_TRY(store.read_page(place, [&]() -> Status {
      OFFSYNC_ASSIGN(sqlite::Statement next,
                     store.prepare("SELECT sequence, line FROM log"
                                   " WHERE sequence > ? AND sequence <= ? ORDER BY sequence"));
      next.bind(1, after).bind(2, std::min(filter.until, last));
      OFFSYNC_ASSIGN(more, fill(next, page, [](const sqlite::Statement& row) {
                       return Row{row.uinteger(0), {}, std::string(row.text(1))};
                     }));
      return {};
    }));
    for (const Row& row : page) {
      if (row.number <= after) return out_of_order(store);
      after = row.number;
      if (!fn(row.number, row.text)) return {};
    }
  }
  return {};
}

Status Replica::for_each_pending(const PendingFn& fn) {
  return for_each_numbered<PendingEvent>(
      impl_->store, "SELECT " OFFSYNC_PENDING_COLUMNS " FROM pending WHERE n > ? ORDER BY n",
      read_pending, fn);
}

}  // namespace offsync
