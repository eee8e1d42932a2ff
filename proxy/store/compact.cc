#include "proxy/store/compact.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"
#include "base/limits.h"
#include "base/rfc3339.h"
#include "event/decoder.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kPageBytes = 4 * 1024 * 1024;
constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;

// The last event in front of the first one that was recorded at `since_ms` or later.
Result<std::uint64_t> last_before(LogStore& store, const std::string& space, const SpaceState& at,
                                  std::int64_t since_ms) {
  Decoder decoder;
  std::uint64_t last = at.oldest - 1;
  while (last < at.head) {
    OFFSYNC_ASSIGN(const auto entries, store.read(space, last, limits::kPageEvents, kPageBytes));
    if (entries.empty()) break;
    for (const LogEntry& entry : entries) {
      OFFSYNC_ASSIGN(const EventView* event, decoder.decode(entry.line));
      const auto recorded = parse_rfc3339(event->recordedtime);
      if (!recorded || *recorded >= since_ms) return last;
      last = entry.sequence;
    }
  }
  return last;
}

// Up to which sequence is to be forgotten.
Result<std::uint64_t> end_of(LogStore& store, const CompactTask& task, const SpaceState& at,
                             std::int64_t now_ms) {
  if (task.keep) return at.head - std::min(*task.keep, at.head);
  if (task.before) return std::min(*task.before - 1, at.head);
  return last_before(store, task.space, at,
                     now_ms - static_cast<std::int64_t>(*task.days) * kDayMs);
}

}  // namespace

Result<std::string> compact_log(LogStore& store, const CompactTask& task, std::int64_t now_ms) {
  OFFSYNC_ASSIGN(const auto spaces, store.spaces());
  if (std::find(spaces.begin(), spaces.end(), task.space) == spaces.end()) {
    return make_error(Errc::no_input, "no_space", "the store has no space " + task.space,
                      "see which it has with: offsync-proxy check");
  }
  OFFSYNC_ASSIGN(const SpaceState at, store.space(task.space));
  OFFSYNC_ASSIGN(const std::uint64_t upto, end_of(store, task, at, now_ms));
  if (upto < at.oldest) {
    return fmt::format("space {}: nothing to forget, it has events {} to {}\n", task.space,
                       at.oldest, at.head);
  }
  if (!task.dry_run) OFFSYNC_TRY(store.compact(task.space, upto));
  return fmt::format("space {}: {} {} to {}, {} left\n", task.space,
                     task.dry_run ? "would forget events" : "forgot events", at.oldest, upto,
                     at.head == upto ? "none is" : counted(at.head - upto, "is", "are"));
}

}  // namespace offsync::proxy
