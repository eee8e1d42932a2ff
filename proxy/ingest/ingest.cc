#include "proxy/ingest/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "event/decoder.h"
#include "event/id_in.h"
#include "proxy/ingest/decider.h"
#include "proxy/ingest/known_logs.h"
#include "proxy/store/commit_check.h"

namespace offsync::proxy {
namespace {

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

// The spaces in whose logs there may be what this ingest has not appended. Thread-safe.
class MovedSpaces {
 public:
  void add(const std::string& space) {
    const std::lock_guard lock(mutex_);
    spaces_.insert(space);
    any_ = true;
  }
  bool any() const { return any_; }
  std::set<std::string> take() {
    const std::lock_guard lock(mutex_);
    any_ = false;
    return std::exchange(spaces_, {});
  }

 private:
  std::mutex mutex_;
  std::set<std::string> spaces_;
  std::atomic<bool> any_ = false;
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
  Impl(LogStore& log_store, Clock& wall, PublishFn publish, const IngestOptions& given,
       IngestHooks given_hooks)
      : store(log_store),
        clock(wall),
        options(given),
        hooks(std::move(given_hooks)),
        logs_(log_store, std::move(publish), options) {
    store.follow([this](const std::string& space) { note_moved(space); });
  }
  ~Impl() { store.follow({}); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Request decode(const std::string& space, std::vector<std::string> lines);
  void wait(Waiting& mine);
  bool catch_up();

  LogStore& store;
  Clock& clock;
  const IngestOptions options;
  const IngestHooks hooks;
  MovedSpaces moved;

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
  Status try_commit(KnownLog& known, std::span<const Slice> slices);
  Status append(const Commit& commit);
  Result<Decided> decide(const SpaceLog& log, std::span<const Slice> slices);
  bool take_moved();
  void note_moved(const std::string& space);

  std::mutex decoders_mutex_;
  std::vector<std::unique_ptr<Decoder>> decoders_;

  std::mutex mutex_;
  bool leading_ = false;
  std::deque<Waiting*> queue_;

  // The leader's alone.
  KnownLogs logs_;
  DecisionTools tools_{logs_.recent(), options};
};

Ingest::Ingest(LogStore& store, Clock& clock, PublishFn publish, IngestOptions options,
               IngestHooks hooks)
    : impl_(std::make_unique<Impl>(store, clock, std::move(publish), options, std::move(hooks))) {}
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

bool Ingest::catch_up() {
  return !impl_->moved.any() || impl_->catch_up();
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
      candidate.outcome.id = id_in(lines[i]);
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

void Ingest::Impl::note_moved(const std::string& space) {
  moved.add(space);
  if (hooks.wake) hooks.wake();
}

// As the leader. False where something is still to be caught up with.
bool Ingest::Impl::take_moved() {
  std::set<std::string> left;
  for (const std::string& space : moved.take()) {
    try {
      if (!logs_.catch_up(space)) left.insert(space);
    } catch (const std::exception&) {
      left.insert(space);
    }
  }
  for (const std::string& space : left) moved.add(space);
  return left.empty();
}

// As the leader, unless there is one: that one does it before its next group, or the next call.
bool Ingest::Impl::catch_up() {
  std::unique_lock lock(mutex_);
  if (leading_) return false;
  leading_ = true;
  lock.unlock();
  const bool done = take_moved();
  lock.lock();
  leading_ = false;
  if (!queue_.empty()) queue_.front()->wake.notify_one();
  return done;
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
  if (moved.any()) take_moved();
  for (Parts& parts : group) {
    try {
      commit_space(parts);
    } catch (const std::exception& thrown) {
      const std::string& space = parts.front().waiting->request.space;
      logs_.distrust(logs_.of(space));
      note_moved(space);
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
  KnownLog& known = logs_.of(name);
  std::vector<Slice> slices;
  slices.reserve(parts.size());
  for (const Part& part : parts) slices.push_back(part.slice);

  Status status = contended(name);
  for (int tries = 0; tries < kTries; ++tries) {
    status = try_commit(known, slices);
    if (status) break;
    known.current = false;
    if (status.error().code != "behind") break;
    status = contended(name);
  }
  // If the commit is in the store all the same, nobody may ever send it again.
  if (!status && status.error().code == "unknown" && !logs_.catch_up(known)) note_moved(name);
  for (Part& part : parts) {
    if (status) {
      part.waiting->next = part.slice.end;
      part.waiting->epoch = known.log.epoch;
    } else {
      part.waiting->error = partly(status.error(), *part.waiting);
    }
  }
}

Status Ingest::Impl::try_commit(KnownLog& known, std::span<const Slice> slices) {
  if (!known.current) OFFSYNC_TRY(logs_.catch_up(known));
  OFFSYNC_ASSIGN(Decided decided, decide(known.log, slices));
  if (!decided.nothing()) OFFSYNC_TRY(append(decided.commit));
  logs_.keep(known, std::move(decided));
  return {};
}

// Commits are faster than the milliseconds of the Clock port.
Status Ingest::Impl::append(const Commit& commit) {
  const auto begun = std::chrono::steady_clock::now();
  Status status = std::move(store.append(std::span(&commit, 1)).front());
  const auto took = std::chrono::steady_clock::now() - begun;
  if (hooks.committed) {
    hooks.committed(std::chrono::duration_cast<std::chrono::microseconds>(took), status.ok());
  }
  return status;
}

Result<Decided> Ingest::Impl::decide(const SpaceLog& log, std::span<const Slice> slices) {
  Decider decider(log, clock.wall_ms(), slices, logs_.cache(), tools_);
  while (!decider.questions().empty()) {
    OFFSYNC_ASSIGN(Facts facts, store.look(log.space, decider.questions()));
    if (facts.at.number != log.number) return behind(log.space, facts.at.number, log.number + 1);
    OFFSYNC_TRY(decider.take(std::move(facts)));
  }
  return decider.finish();
}

}  // namespace offsync::proxy
