// Readers go page by page: whoever takes what was read may take his time, behind a pager or a pipe,
// and as long as a read transaction is open nobody can cut the WAL. Internal to lib/replica.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "replica/store.h"

namespace offsync {

inline constexpr std::size_t kPageRows = 500;
inline constexpr std::size_t kPageBytes = 1024 * 1024;

// The reader goes on behind what it had last. Where an index is damaged, that might be for ever.
inline Error out_of_order(const ReplicaStore& store) {
  return store.damaged("its rows stand out of order");
}

// Events of a table by their numbers, until `fn` returns false; nothing is held open meanwhile.
// `sql` takes those behind a number, `read` makes an event (with `n` and `line`) of a row.
template <class Event, class Read, class Fn>
Status for_each_numbered(ReplicaStore& store, const char* sql, const Read& read, const Fn& fn) {
  ReplicaPlace place(true);
  std::int64_t after = INT64_MIN;
  std::vector<Event> page;
  for (bool more = true; more;) {
    page.clear();
    OFFSYNC_TRY(store.read_page(place, [&]() -> Status {
      OFFSYNC_ASSIGN(sqlite::Statement next, store.prepare(sql));
      next.bind(1, after);
      for (std::size_t bytes = 0; page.size() < kPageRows && bytes < kPageBytes;) {
        OFFSYNC_ASSIGN(more, next.step());
        if (!more) break;
        page.push_back(read(next));
        bytes += page.back().line.size();
      }
      return {};
    }));
    for (const Event& event : page) {
      const auto n = static_cast<std::int64_t>(event.n);
      if (n <= after) return out_of_order(store);
      after = n;
      if (!fn(event)) return {};
    }
  }
  return {};
}

}  // namespace offsync
