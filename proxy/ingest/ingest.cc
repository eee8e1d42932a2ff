#include "proxy/ingest/ingest.h"

#include <atomic>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <set>
#include <utility>

#include "base/limits.h"
#include "event/decoder.h"
#include "event/id_in.h"
#include "proxy/ingest/group_commit.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kIdleDecoders = 16;

struct Submitted : Waiting {
  Ingest::Done done;
};
using Queue = std::deque<std::unique_ptr<Submitted>>;

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

Error stopping() {
  return make_error(Errc::partial, "stopping", "the proxy is stopping", "send again");
}

Result<Ingest::Answer> answer_of(Submitted& submitted) {
  if (submitted.error) return std::move(*submitted.error);
  Ingest::Answer answer;
  answer.epoch = std::move(submitted.epoch);
  answer.outcomes.reserve(submitted.request.candidates.size());
  for (Candidate& candidate : submitted.request.candidates) {
    answer.outcomes.push_back(std::move(candidate.outcome));
  }
  return answer;
}

}  // namespace

struct Ingest::Impl {
  Impl(LogStore& log_store, Clock& clock, PublishFn publish, const IngestOptions& given,
       IngestHooks given_hooks)
      : store(log_store),
        options(given),
        hooks(std::move(given_hooks)),
        group_(log_store, clock, std::move(publish), options, hooks.committed,
               [this](const std::string& space) { note_moved(space); }) {
    store.follow([this](const std::string& space) { note_moved(space); });
  }
  ~Impl() { store.follow({}); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Request decode(const std::string& space, std::vector<std::string> lines);
  void add(std::unique_ptr<Submitted> submitted);
  bool work();
  bool catch_up();
  void stop();

  LogStore& store;
  const IngestOptions options;
  const IngestHooks hooks;
  MovedSpaces moved;
  std::atomic<std::size_t> waiting{0};

 private:
  std::unique_ptr<Decoder> take_decoder();
  void give_back(std::unique_ptr<Decoder> decoder);
  void note_moved(const std::string& space);
  bool lead_if_free();
  bool take_queue();
  void lead() noexcept;
  void answer_those_over();
  bool take_moved();

  std::mutex decoders_mutex_;
  std::vector<std::unique_ptr<Decoder>> decoders_;

  std::mutex mutex_;
  bool leading_ = false, stopped_ = false;
  Queue inbox_;  // somebody leads while there is anything

  // The leader's alone.
  Queue queue_;
  GroupCommit group_;
};

Ingest::Ingest(LogStore& store, Clock& clock, PublishFn publish, IngestOptions options,
               IngestHooks hooks)
    : impl_(std::make_unique<Impl>(store, clock, std::move(publish), options, std::move(hooks))) {}
Ingest::~Ingest() = default;

void Ingest::submit(const std::string& space, std::vector<std::string> lines, std::string author,
                    Done done) {
  if (lines.empty()) {
    auto state = impl_->store.space(space);
    if (!state) return done(state.error());
    return done(Answer{std::move(state->epoch), {}});
  }
  auto submitted = std::make_unique<Submitted>();
  submitted->request = impl_->decode(space, std::move(lines));
  submitted->request.author = std::move(author);
  submitted->done = std::move(done);
  impl_->add(std::move(submitted));
}

Result<Ingest::Answer> Ingest::submit(const std::string& space, std::vector<std::string> lines,
                                      std::string author) {
  const auto promise = std::make_shared<std::promise<Result<Answer>>>();
  auto answer = promise->get_future();
  submit(space, std::move(lines), std::move(author),
         [promise](Result<Answer> given) { promise->set_value(std::move(given)); });
  return answer.get();
}

bool Ingest::work() {
  return impl_->work();
}

bool Ingest::catch_up() {
  return !impl_->moved.any() || impl_->catch_up();
}

void Ingest::stop() {
  impl_->stop();
}

std::size_t Ingest::waiting() const {
  return impl_->waiting;
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

void Ingest::Impl::note_moved(const std::string& space) {
  moved.add(space);
  if (hooks.wake) hooks.wake();
}

// False where another thread leads.
bool Ingest::Impl::lead_if_free() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(leading_, true);
}

void Ingest::Impl::add(std::unique_ptr<Submitted> submitted) {
  {
    std::unique_lock lock(mutex_);
    if (stopped_) {
      lock.unlock();
      return submitted->done(stopping());
    }
    inbox_.push_back(std::move(submitted));
    ++waiting;
    if (std::exchange(leading_, true)) return;
  }
  lead();
}

bool Ingest::Impl::work() {
  if (lead_if_free()) lead();
  return !moved.any();
}

bool Ingest::Impl::catch_up() {
  if (!lead_if_free()) return false;
  const bool done = take_moved();
  {
    const std::lock_guard lock(mutex_);
    leading_ = !inbox_.empty() && !hooks.take_over;
    if (inbox_.empty()) return done;
  }
  if (hooks.take_over) {
    hooks.take_over();
  } else {
    lead();
  }
  return done;
}

// The commit under way may take long; who is not in it is told now.
void Ingest::Impl::stop() {
  Queue refused;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    refused.swap(inbox_);
  }
  waiting -= refused.size();
  for (const auto& submitted : refused) submitted->done(stopping());
}

// As the leader. False where something is still to be caught up with.
bool Ingest::Impl::take_moved() {
  std::set<std::string> left;
  for (const std::string& space : moved.take()) {
    try {
      if (!group_.logs().catch_up(space)) left.insert(space);
    } catch (const std::exception&) {
      left.insert(space);
    }
  }
  for (const std::string& space : left) moved.add(space);
  return left.empty();
}

// As the leader, which it is until nobody waits. What comes in while a group is committed is the
// next group. Without memory for its lists nobody would ever lead again: better to be restarted.
void Ingest::Impl::lead() noexcept {
  for (;;) {
    if (moved.any()) take_moved();
    if (!take_queue()) return;
    std::vector<Waiting*> all;
    for (const auto& submitted : queue_) {
      if (!submitted->over()) all.push_back(submitted.get());
    }
    group_.commit(all);
    answer_those_over();
  }
}

// False where nobody waits: then we lead no more. Of those who were not all in one commit the rest
// is refused where it stops.
bool Ingest::Impl::take_queue() {
  const std::lock_guard lock(mutex_);
  for (auto& submitted : inbox_) queue_.push_back(std::move(submitted));
  inbox_.clear();
  if (stopped_) {
    for (const auto& submitted : queue_) submitted->error = partly(stopping(), *submitted);
  }
  leading_ = !queue_.empty();
  return leading_;
}

void Ingest::Impl::answer_those_over() {
  Queue left;
  for (auto& submitted : queue_) {
    if (!submitted->over()) {
      left.push_back(std::move(submitted));
      continue;
    }
    --waiting;
    submitted->done(answer_of(*submitted));
  }
  queue_ = std::move(left);
}

}  // namespace offsync::proxy
