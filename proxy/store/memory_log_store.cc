#include "proxy/store/memory_log_store.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <set>
#include <utility>

#include "base/limits.h"
#include "proxy/store/commit_check.h"
#include "proxy/store/residue.h"
#include "proxy/store/space_epoch.h"
#include "wire/line_mark.h"

namespace offsync::proxy {
namespace {

Error taken(const std::string& space, const LogEntry& entry) {
  return make_error(Errc::internal, "constraint",
                    "the log of the space " + space + " has an event " + entry.id + " of " +
                        entry.source + " already",
                    "please report this bug");
}

}  // namespace

SpaceState MemoryLog::state_of(std::string_view name) const {
  SpaceState state;
  state.epoch = space_epoch(epoch_, name);
  state.log = space_epoch(name_, name);
  if (const Space* space = find_space(name)) {
    state.number = space->number;
    state.head = space->head;
    state.oldest = space->oldest;
    state.applied = space->applied;
    state.clock = space->clock;
    state.gone_line = space->gone_line;
    state.gone_event = space->gone_event;
  }
  return state;
}

const MemoryLog::Space* MemoryLog::find_space(std::string_view space) const {
  const auto it = spaces_.find(space);
  return it == spaces_.end() ? nullptr : &it->second;
}

std::shared_ptr<MemoryLog> MemoryLog::copy(std::string epoch) const {
  const std::shared_lock lock(mutex_);
  std::shared_ptr<MemoryLog> other(new MemoryLog(std::move(epoch), name_));
  other->spaces_ = spaces_;
  return other;
}

void MemoryLog::tell_others(const LogStore* appended, const std::string& space) {
  const std::lock_guard lock(followers_mutex_);
  for (const auto& [store, moved] : followers_) {
    if (store != appended) moved(space);
  }
}

void MemoryLogStore::follow(MovedFn moved) {
  const std::lock_guard lock(log_->followers_mutex_);
  std::erase_if(log_->followers_, [this](const auto& follower) { return follower.first == this; });
  if (moved) log_->followers_.emplace_back(this, std::move(moved));
}

Result<SpaceState> MemoryLogStore::space(std::string_view space) {
  const std::shared_lock lock(log_->mutex_);
  return log_->state_of(space);
}

Result<std::vector<std::string>> MemoryLogStore::spaces() {
  const std::shared_lock lock(log_->mutex_);
  std::vector<std::string> names;
  for (const auto& [name, space] : log_->spaces_) names.push_back(name);
  return names;
}

std::vector<Status> MemoryLogStore::append(std::span<const Commit> commits) {
  std::vector<Status> statuses;
  statuses.reserve(commits.size());
  {
    const std::lock_guard lock(log_->mutex_);
    for (const Commit& commit : commits) statuses.push_back(put(commit));
  }
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (statuses[i]) log_->tell_others(this, commits[i].space);
  }
  return statuses;
}

Status MemoryLogStore::put(const Commit& commit) {
  const Space* found = log_->find_space(commit.space);
  OFFSYNC_TRY(
      check_next(commit, found != nullptr ? found->number : 0, found != nullptr ? found->head : 0));
  std::set<MemoryLog::Identity> fresh;
  for (const LogEntry& entry : commit.entries) {
    const MemoryLog::Identity identity(entry.source, entry.id);
    const bool known = found != nullptr && found->sequences.contains(identity);
    if (known || !fresh.insert(identity).second) return taken(commit.space, entry);
  }
  Space& space = log_->spaces_[commit.space];
  for (const LogEntry& entry : commit.entries) {
    space.log.emplace(entry.sequence, entry);
    space.sequences.emplace(MemoryLog::Identity(entry.source, entry.id), entry.sequence);
  }
  ++space.number;
  space.head += commit.entries.size();
  space.clock = std::max(space.clock, commit.clock);
  for (const EntityState& entity : commit.entities) {
    space.entities.insert_or_assign(entity.subject, entity.record);
  }
  put_clients(space, commit);
  for (const OpenConflict& conflict : commit.opened) {
    space.open.emplace(conflict.sequence, conflict);
  }
  for (const std::string& id : commit.resolved) {
    std::erase_if(space.open, [&](const auto& open) { return open.second.id == id; });
  }
  return {};
}

void MemoryLogStore::put_clients(Space& space, const Commit& commit) {
  for (const ClientMark& mark : commit.marks) {
    MemoryLog::Client& client = space.clients[mark.source];
    client.mark = std::max(client.mark, mark.clientseq);
  }
  for (const Rejection& rejection : commit.rejections) {
    auto& kept = space.clients[rejection.source].rejections;
    kept.insert_or_assign(rejection.clientseq, rejection);
    if (kept.size() > limits::kRejectionsKept) kept.erase(kept.begin());
  }
}

Result<std::vector<LogEntry>> MemoryLogStore::read(std::string_view space, std::uint64_t after,
                                                   std::size_t max_events, std::size_t max_bytes) {
  const std::shared_lock lock(log_->mutex_);
  std::vector<LogEntry> entries;
  const Space* found = log_->find_space(space);
  if (found == nullptr) return entries;
  std::size_t bytes = 0;
  for (auto it = found->log.upper_bound(after); it != found->log.end(); ++it) {
    bytes += it->second.line.size();
    if (!entries.empty() && (entries.size() >= max_events || bytes > max_bytes)) break;
    entries.push_back(it->second);
  }
  return entries;
}

std::optional<KnownEvent> MemoryLogStore::find_event(const Space& space,
                                                     const MemoryLog::Identity& identity) {
  const auto it = space.sequences.find(identity);
  if (it == space.sequences.end()) return std::nullopt;
  const std::uint64_t sequence = it->second;
  if (const auto entry = space.log.find(sequence); entry != space.log.end()) {
    return KnownEvent{sequence, entry->second.line, {}};
  }
  return KnownEvent{sequence, {}, space.residues.at(sequence)};
}

std::optional<Rejection> MemoryLogStore::find_rejection(const Space& space,
                                                        const Questions::Decided& decided) {
  const auto client = space.clients.find(decided.source);
  if (client == space.clients.end()) return std::nullopt;
  const auto it = client->second.rejections.find(decided.clientseq);
  if (it == client->second.rejections.end()) return std::nullopt;
  return it->second;
}

Result<Facts> MemoryLogStore::look(std::string_view space, const Questions& questions) {
  const std::shared_lock lock(log_->mutex_);
  static const Space nothing;
  const Space* found = log_->find_space(space);
  const Space& there = found != nullptr ? *found : nothing;
  Facts facts;
  facts.at = log_->state_of(space);
  for (const EventName& name : questions.events) {
    facts.events.push_back(find_event(there, {name.source, name.id}));
  }
  for (const std::string& subject : questions.subjects) {
    const auto it = there.entities.find(subject);
    facts.entities.push_back(it == there.entities.end() ? std::nullopt : std::optional(it->second));
  }
  for (const std::string& source : questions.sources) {
    const auto it = there.clients.find(source);
    facts.marks.push_back(it == there.clients.end() ? 0 : it->second.mark);
  }
  for (const Questions::Decided& decided : questions.rejections) {
    facts.rejections.push_back(find_rejection(there, decided));
  }
  return facts;
}

Status MemoryLogStore::snapshot(std::string_view space, const SnapshotSink& sink) {
  SpaceState at;
  MemoryLog::ByName<std::string> entities;
  std::map<std::uint64_t, OpenConflict> open;
  {
    const std::shared_lock lock(log_->mutex_);
    const Space* found = log_->find_space(space);
    at = log_->state_of(space);
    if (found != nullptr) {
      entities = found->entities;
      open = found->open;
      at.head_line =
          found->log.empty() ? found->gone_line : line_mark(found->log.rbegin()->second.line);
    }
  }
  if (!sink.begin(at, entities.size(), open.size())) return {};
  for (const auto& [subject, record] : entities) {
    if (!sink.entity(record)) return {};
  }
  for (const auto& [sequence, conflict] : open) {
    if (!sink.conflict(conflict.line)) return {};
  }
  return {};
}

Result<std::vector<OpenConflict>> MemoryLogStore::open_conflicts(std::string_view space) {
  const std::shared_lock lock(log_->mutex_);
  std::vector<OpenConflict> open;
  const Space* found = log_->find_space(space);
  if (found == nullptr) return open;
  for (const auto& [sequence, conflict] : found->open) open.push_back(conflict);
  return open;
}

Status MemoryLogStore::set_applied(std::string_view space, std::uint64_t sequence) {
  const std::lock_guard lock(log_->mutex_);
  const auto it = log_->spaces_.find(space);
  OFFSYNC_TRY(check_applied(space, sequence, it == log_->spaces_.end() ? 0 : it->second.head));
  if (it != log_->spaces_.end()) it->second.applied = std::max(it->second.applied, sequence);
  return {};
}

Status MemoryLogStore::compact(std::string_view space, std::uint64_t upto) {
  const std::lock_guard lock(log_->mutex_);
  const auto it = log_->spaces_.find(space);
  if (it == log_->spaces_.end()) return {};
  Space& found = it->second;
  upto = std::min(upto, found.head);
  const auto end = found.log.upper_bound(upto);
  if (end != found.log.begin()) {
    const LogEntry& last = std::prev(end)->second;
    found.gone_line = line_mark(last.line);
    found.gone_event = name_mark(last.source, last.id);
  }
  for (auto entry = found.log.begin(); entry != end; ++entry) {
    found.residues.emplace(entry->first, residue_of(entry->second.line));
  }
  found.log.erase(found.log.begin(), end);
  found.oldest = std::max(found.oldest, upto + 1);
  return {};
}

}  // namespace offsync::proxy
