#include "proxy/ingest/known_logs.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kCacheBytes = 64 * 1024 * 1024;  // of entity records
constexpr std::size_t kRecentEvents = 16 * 1024;       // some megabytes
constexpr std::size_t kLogsKept = 4096;

}  // namespace

KnownLogs::KnownLogs(LogStore& store, PublishFn publish, const IngestOptions& options)
    : store_(store),
      publish_(std::move(publish)),
      options_(options),
      cache_(kCacheBytes),
      recent_(kRecentEvents) {}

KnownLog& KnownLogs::of(const std::string& space) {
  const auto it = logs_.find(space);
  if (it != logs_.end()) return it->second;
  KnownLog& known = logs_[space];
  known.log.space = space;
  return known;
}

void KnownLogs::make_room() {
  if (logs_.size() < kLogsKept) return;
  // Only what is current may go: of the others something may still have to be published. Nobody
  // brings up the states of those that go.
  std::erase_if(logs_, [](const auto& log) { return log.second.current; });
  cache_.clear();
}

Status KnownLogs::catch_up(const std::string& space) {
  const auto it = logs_.find(space);
  if (it != logs_.end() && it->second.begun) return catch_up(it->second);
  OFFSYNC_ASSIGN(const SpaceState state, store_.space(space));
  if (publish_) publish_({space, state.epoch, state.head, {}});
  return {};
}

Status KnownLogs::catch_up(KnownLog& known) {
  known.current = false;
  OFFSYNC_ASSIGN(const SpaceState state, store_.space(known.log.space));
  if (!known.begun || known.log.epoch != state.epoch) begin(known, state);
  OFFSYNC_TRY(take_up_to(known, state.head));
  known.log.clock = std::max(known.log.clock, state.clock);
  known.log.number = state.number;
  known.log.head = state.head;
  known.current = true;
  return {};
}

// What was appended before is in no cached state and was never published here: who follows the log
// already, reads it.
void KnownLogs::begin(KnownLog& known, const SpaceState& state) {
  if (known.begun) cache_.drop(known.log.space);
  known.log.epoch = state.epoch;
  known.log.clock = 0;
  known.told = state.head;
  tell(known, state.head, {});
  known.begun = true;
}

Status KnownLogs::take_up_to(KnownLog& known, std::uint64_t head) {
  while (known.told < head) {
    OFFSYNC_ASSIGN(
        std::vector<LogEntry> entries,
        store_.read(known.log.space, known.told, limits::kPageEvents, options_.commit_bytes));
    // What came since the look at the head is of a later moment than the log that we then know.
    while (!entries.empty() && entries.back().sequence > head) entries.pop_back();
    const bool gap = entries.empty() || entries.front().sequence != known.told + 1;
    if (gap) cache_.drop(known.log.space);  // some were compacted meanwhile
    fold(known, entries);
    const std::uint64_t upto = entries.empty() ? head : entries.back().sequence;
    tell(known, upto, std::move(entries));
    known.told = upto;
  }
  return {};
}

void KnownLogs::fold(KnownLog& known, std::span<const LogEntry> entries) {
  const std::string& space = known.log.space;
  for (const LogEntry& entry : entries) {
    const auto event = decoder_.decode(entry.line);
    if (!event) {
      cache_.drop(space);  // whatever it has changed
      continue;
    }
    if (!(*event)->writes()) continue;
    recent_.note(space, **event);
    std::optional<EntityCache::Item> item = cache_.take(space, (*event)->subject);
    if (!item) continue;
    item->entity.fold(**event);
    item->bytes += entry.line.size();  // of its record at most
    cache_.put(space, (*event)->subject, std::move(*item));
  }
}

void KnownLogs::keep(KnownLog& known, Decided&& decided) {
  SpaceLog& log = known.log;
  for (auto& [subject, item] : decided.entities) cache_.put(log.space, subject, std::move(item));
  recent_.note(std::move(decided.written));
  log.clock = decided.commit.clock;
  if (decided.nothing()) return;
  log.number = decided.commit.number;
  std::vector<LogEntry>& entries = decided.commit.entries;
  if (entries.empty()) return;
  log.head = entries.back().sequence;
  tell(known, log.head, std::move(entries));
  known.told = log.head;
}

void KnownLogs::distrust(KnownLog& known) {
  known.current = false;
  cache_.drop(known.log.space);
}

void KnownLogs::tell(const KnownLog& known, std::uint64_t head, std::vector<LogEntry> entries) {
  if (publish_) publish_({known.log.space, known.log.epoch, head, std::move(entries)});
}

}  // namespace offsync::proxy
