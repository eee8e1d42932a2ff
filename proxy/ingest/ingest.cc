#include "proxy/ingest/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "event/decoder.h"
#include "proxy/ingest/decider.h"
#include "proxy/ingest/entity_cache.h"
#include "proxy/store/commit_check.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kCacheBytes = 64 * 1024 * 1024;  // of entity records
constexpr std::size_t kRecentEvents = 16 * 1024;       // some megabytes
constexpr std::size_t kSpacesKept = 4096;
constexpr std::size_t kIdleDecoders = 16;
constexpr int kTries = 20;  // to append where other proxies append, too

struct Waiting {
  Request request;
  std::size_t next = 0;  // the first candidate not yet decided
  std::string epoch;
  std::optional<Error> error;
  bool done = false;
  std::condition_variable wake;
};

// A space as its last commit left it.
struct KnownSpace {
  SpaceLog log;
  bool loaded = false;          // `log` is what the store holds, as far as we know
  bool published_any = false;   // `published` means something
  std::uint64_t published = 0;  // everything up to here was given to publish()
};

Error contended(const std::string& space) {
  return make_error(
      Errc::partial, "busy",
      fmt::format("other proxies appended to the space {} first, {} times", space, kTries),
      "send again");
}

// Where an earlier part of the request is durable, "nothing was decided" would be a lie.
Error partly(Error error, const Waiting& waiting) {
  if (waiting.next == 0) return error;
  error.kind = Errc::partial;
  error.code = "unknown";
  error.detail = fmt::format("after {} of {} events: {}", waiting.next,
                             waiting.request.candidates.size(), error.detail);
  error.hint = "send again: what was taken is recognised";
  return error;
}

}  // namespace

struct Ingest::Impl {
  Impl(LogStore& log_store, Clock& wall, PublishFn on_commit, const IngestOptions& given)
      : store(log_store), clock(wall), publish(std::move(on_commit)), options(given) {}

  Request decode(const std::string& space, std::vector<std::string> lines);
  void wait(Waiting& mine);
  void catch_up();

  // A commit of unknown outcome could not be looked for yet.
  std::atomic<bool> behind = false;
  LogStore& store;
  Clock& clock;
  const PublishFn publish;
  const IngestOptions options;

 private:
  struct Part {
    Waiting* waiting;
    Slice slice;
  };
  using Parts = std::vector<Part>;

  std::unique_ptr<Decoder> take_decoder();
  void give_back(std::unique_ptr<Decoder> decoder);
  std::vector<Parts> next_group();
  void lead_once(std::unique_lock<std::mutex>& lock);
  void commit_group(std::vector<Parts>& group);
  void commit_space(Parts& parts);
  Status try_commit(KnownSpace& space, std::span<const Slice> slices);
  Result<Decided> decide(const SpaceLog& log, std::span<const Slice> slices);
  Status load(KnownSpace& space);
  bool load_all();
  void keep(KnownSpace& space, Decided&& decided);
  void forget(KnownSpace& space);
  KnownSpace& known(const std::string& name);

  std::mutex decoders_mutex_;
  std::vector<std::unique_ptr<Decoder>> decoders_;

  std::mutex mutex_;
  bool leading_ = false;
  std::deque<Waiting*> queue_;

  // The leader's alone.
  EntityCache cache{kCacheBytes};
  RecentEvents recent_{kRecentEvents};
  DecisionTools tools_{recent_, options};
  std::unordered_map<std::string, KnownSpace> spaces_;
};

Ingest::Ingest(LogStore& store, Clock& clock, PublishFn publish, IngestOptions options)
    : impl_(std::make_unique<Impl>(store, clock, std::move(publish), options)) {}
Ingest::~Ingest() = default;

Result<Ingest::Answer> Ingest::submit(const std::string& space, std::vector<std::string> lines,
                                      std::string author) {
  Answer answer;
  if (lines.empty()) {
    OFFSYNC_ASSIGN(const SpaceState state, impl_->store.space(space));
    answer.epoch = state.epoch;
    return answer;
  }
  Waiting mine;
  mine.request = impl_->decode(space, std::move(lines));
  mine.request.author = std::move(author);
  impl_->wait(mine);
  if (mine.error) return std::move(*mine.error);
  answer.epoch = std::move(mine.epoch);
  answer.outcomes.reserve(mine.request.candidates.size());
  for (Candidate& candidate : mine.request.candidates) {
    answer.outcomes.push_back(std::move(candidate.outcome));
  }
  return answer;
}

void Ingest::catch_up() {
  if (impl_->behind) impl_->catch_up();
}

// In the submitter's thread, without a lock: the greater part of the work on an event.
Request Ingest::Impl::decode(const std::string& space, std::vector<std::string> lines) {
  Request request;
  request.space = space;
  request.candidates.resize(lines.size());
  std::unique_ptr<Decoder> decoder = take_decoder();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Candidate& candidate = request.candidates[i];
    candidate.outcome.line = i + 1;
    auto event = decoder->decode(lines[i]);
    if (event) {
      candidate.outcome.id = (*event)->id;
      candidate.event = OwnedEvent(**event);
      candidate.event.economize();
    } else {
      candidate.outcome.code = event.error().code;
      candidate.outcome.detail = event.error().message();
    }
    lines[i] = {};  // so that a request is never there twice
  }
  give_back(std::move(decoder));
  return request;
}

std::unique_ptr<Decoder> Ingest::Impl::take_decoder() {
  {
    const std::lock_guard lock(decoders_mutex_);
    if (!decoders_.empty()) {
      auto decoder = std::move(decoders_.back());
      decoders_.pop_back();
      return decoder;
    }
  }
  return std::make_unique<Decoder>();
}

void Ingest::Impl::give_back(std::unique_ptr<Decoder> decoder) {
  const std::lock_guard lock(decoders_mutex_);
  if (decoders_.size() < kIdleDecoders) decoders_.push_back(std::move(decoder));
}

void Ingest::Impl::wait(Waiting& mine) {
  std::unique_lock lock(mutex_);
  queue_.push_back(&mine);
  while (!mine.done) {
    if (leading_) {
      mine.wake.wait(lock);
    } else {
      leading_ = true;
      lead_once(lock);
      leading_ = false;
      // Whoever waits at the front leads next; we, if we have not been served.
      if (!queue_.empty() && queue_.front() != &mine) queue_.front()->wake.notify_one();
    }
  }
}

// False where something is still to be loaded.
bool Ingest::Impl::load_all() {
  try {
    bool all = true;
    for (auto& [name, space] : spaces_) {
      if (!space.loaded && space.published_any && !load(space)) all = false;
    }
    return all;
  } catch (const std::exception&) {
    return false;
  }
}

// As the leader, unless there is one: then the next call does it.
void Ingest::Impl::catch_up() {
  std::unique_lock lock(mutex_);
  if (leading_) return;
  leading_ = true;
  lock.unlock();
  behind = !load_all();
  lock.lock();
  leading_ = false;
  if (!queue_.empty()) queue_.front()->wake.notify_one();
}

// Commits one group. The lock is held on entry and on return, not while committing: that is when
// the next group queues up.
void Ingest::Impl::lead_once(std::unique_lock<std::mutex>& lock) {
  std::vector<Parts> group = next_group();
  lock.unlock();
  commit_group(group);
  lock.lock();
  for (const Parts& parts : group) {
    for (const Part& part : parts) {
      Waiting& waiting = *part.waiting;
      if (!waiting.error && waiting.next < waiting.request.candidates.size()) continue;
      std::erase(queue_, &waiting);
      waiting.done = true;
      waiting.wake.notify_one();
    }
  }
}

// The next candidates of all who wait, in order, up to the bounds of a commit; by space. They stay
// in the queue until they are answered.
std::vector<Ingest::Impl::Parts> Ingest::Impl::next_group() {
  std::vector<Parts> group;
  std::unordered_map<std::string_view, std::size_t> by_space;
  std::size_t events = 0;
  std::size_t bytes = 0;
  for (Waiting* waiting : queue_) {
    auto& candidates = waiting->request.candidates;
    std::size_t end = waiting->next;
    while (end < candidates.size()) {
      const std::size_t more = candidates[end].event.content().size();
      if (events > 0 && (events >= options.commit_events || bytes + more > options.commit_bytes)) {
        break;
      }
      ++events;
      bytes += more;
      ++end;
    }
    if (end == waiting->next) break;
    const auto [it, fresh] = by_space.emplace(waiting->request.space, group.size());
    if (fresh) group.emplace_back();
    group[it->second].push_back({waiting, {&waiting->request, waiting->next, end}});
    if (end < candidates.size()) break;
  }
  return group;
}

void Ingest::Impl::commit_group(std::vector<Parts>& group) {
  for (Parts& parts : group) {
    try {
      commit_space(parts);
    } catch (const std::exception& thrown) {
      forget(known(parts.front().waiting->request.space));
      behind = true;
      for (Part& part : parts) {
        part.waiting->error =
            make_error(Errc::internal, "unknown",
                       std::string("the commit was left half done: ") + thrown.what(),
                       "send again: what was taken is recognised");
      }
    }
  }
}

void Ingest::Impl::commit_space(Parts& parts) {
  const std::string& name = parts.front().waiting->request.space;
  KnownSpace& space = known(name);
  std::vector<Slice> slices;
  slices.reserve(parts.size());
  for (const Part& part : parts) slices.push_back(part.slice);

  Status status = contended(name);
  for (int tries = 0; tries < kTries; ++tries) {
    status = try_commit(space, slices);
    if (status) break;
    forget(space);
    if (status.error().code != "behind") break;
    status = contended(name);
  }
  // If the commit is in the store all the same, nobody may ever send it again.
  if (!status && status.error().code == "unknown" && !load(space)) behind = true;
  for (Part& part : parts) {
    if (status) {
      part.waiting->next = part.slice.end;
      part.waiting->epoch = space.log.epoch;
    } else {
      part.waiting->error = partly(status.error(), *part.waiting);
    }
  }
}

Status Ingest::Impl::try_commit(KnownSpace& space, std::span<const Slice> slices) {
  if (!space.loaded) OFFSYNC_TRY(load(space));
  OFFSYNC_ASSIGN(Decided decided, decide(space.log, slices));
  if (!decided.nothing()) OFFSYNC_TRY(store.append(decided.commit));
  keep(space, std::move(decided));
  return {};
}

Result<Decided> Ingest::Impl::decide(const SpaceLog& log, std::span<const Slice> slices) {
  Decider decider(log, clock.wall_ms(), slices, cache, tools_);
  while (!decider.questions().empty()) {
    OFFSYNC_ASSIGN(Facts facts, store.look(log.space, decider.questions()));
    if (facts.at.number != log.number)
      return proxy::behind(log.space, facts.at.number, log.number + 1);
    OFFSYNC_TRY(decider.take(std::move(facts)));
  }
  return decider.finish();
}

// What the store holds. Where that is more than we have published (a commit of ours whose outcome
// stayed unknown, or another proxy's), the rest is published now: the log goes out without gaps.
Status Ingest::Impl::load(KnownSpace& space) {
  OFFSYNC_ASSIGN(const SpaceState state, store.space(space.log.space));
  space.log.epoch = state.epoch;
  if (!space.published_any) space.published = state.head;
  space.published_any = true;
  while (space.published < state.head) {
    OFFSYNC_ASSIGN(
        const std::vector<LogEntry> entries,
        store.read(space.log.space, space.published, limits::kPageEvents, options.commit_bytes));
    if (entries.empty()) break;
    if (publish) publish(space.log.space, space.log.epoch, entries);
    space.published = entries.back().sequence;
  }
  space.log.clock = std::max(space.log.clock, state.clock);
  space.log.number = state.number;
  space.log.head = state.head;
  space.loaded = true;
  return {};
}

void Ingest::Impl::keep(KnownSpace& space, Decided&& decided) {
  SpaceLog& log = space.log;
  for (auto& [subject, item] : decided.entities) cache.put(log.space, subject, std::move(item));
  recent_.note(std::move(decided.written));
  log.clock = decided.commit.clock;
  if (decided.nothing()) return;
  log.number = decided.commit.number;
  const std::vector<LogEntry>& entries = decided.commit.entries;
  if (entries.empty()) return;
  log.head = entries.back().sequence;
  if (publish) publish(log.space, log.epoch, entries);
  space.published = log.head;
}

void Ingest::Impl::forget(KnownSpace& space) {
  space.loaded = false;
  cache.drop(space.log.space);
}

KnownSpace& Ingest::Impl::known(const std::string& name) {
  const auto it = spaces_.find(name);
  if (it != spaces_.end()) return it->second;
  if (spaces_.size() >= kSpacesKept) {
    // Only what is loaded may go: of the others something may still have to be published.
    std::erase_if(spaces_, [](const auto& space) { return space.second.loaded; });
  }
  KnownSpace& space = spaces_[name];
  space.log.space = name;
  return space;
}

}  // namespace offsync::proxy
