#include "proxy/hub/hub.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>

#include "proxy/http/problems.h"
#include "proxy/hub/stream.h"

namespace offsync::proxy {
namespace {

constexpr std::int64_t kStopMs = 1000;
constexpr std::uint64_t kWakeup = 0;  // epoll data of the eventfd; subscriber ids begin at 1

struct Joined {
  std::unique_ptr<Channel> channel;
  SubscribeRequest request;
};
struct Published {
  std::string space, epoch;
  std::uint64_t head;
  std::vector<LogEntry> entries;
};
struct AppliedMark {
  std::string space;
  std::uint64_t sequence;
};
struct ReadAnswer {
  std::uint64_t id;
  ReadResult result;
};
using Message = std::variant<Joined, Published, AppliedMark, ReadAnswer>;

Problem expired(std::string_view space, std::uint64_t after) {
  return problem_of(
      kExpired,
      fmt::format("events of the space {} right behind sequence {} are not kept any more; fetch "
                  "the state and go on from its cursor",
                  space, after));
}

}  // namespace

ReadResult read_for_stream(LogStore& store, const ReadRequest& request) {
  ReadResult out;
  const auto fail = [&](ReadResult::Kind kind) {
    out.kind = kind;
    if (kind == ReadResult::Kind::expired) out.problem = expired(request.space, request.after);
    return out;
  };
  const auto entries =
      store.read(request.space, request.after, limits::kPageEvents, request.max_bytes);
  if (!entries) return fail(ReadResult::Kind::failed);
  if (entries->empty()) {
    const auto at = store.space(request.space);
    if (!at) return fail(ReadResult::Kind::failed);
    if (at->epoch != request.epoch || request.after + 1 < at->oldest) {
      return fail(ReadResult::Kind::expired);
    }
    return out;
  }
  if (entries->front().sequence != request.after + 1) return fail(ReadResult::Kind::expired);
  out.frames = Frames(request.epoch, *entries);
  return out;
}

struct Hub::Impl {
  Impl(LogStore& s, Clock& c, Log& l, Metrics& m, HubOptions o, std::size_t max)
      : store(s), clock(c), log(l), metrics(m), options(o), max_streams(max), core(o) {}

  LogStore& store;
  Clock& clock;
  Log& log;
  Metrics& metrics;
  const HubOptions options;
  const std::size_t max_streams;
  std::atomic<std::size_t> reserved{0};

  // Of the hub's own thread
  HubCore core;
  std::unordered_map<HubCore::Id, Stream> streams;
  std::vector<std::string_view> pieces;
  int epoll = -1;
  int wakeup = -1;

  // Between the threads
  std::mutex mutex;
  std::vector<Message> inbox;
  std::map<std::string, std::size_t, std::less<>> wanted;  // streams by space, those in the inbox
                                                           // included
  bool stopping = false;
  std::condition_variable reads_wanted;
  std::deque<ReadRequest> reads;
  std::thread writer, reader;

  Status start();
  void stop();
  void send(Message message);
  void run();
  bool take_inbox();
  void take(Joined joined);
  void handle_event(const epoll_event& event);
  void write_to(HubCore::Id id);
  void drop(HubCore::Id id);
  void ask_reads();
  void run_reader();
};

Status Hub::Impl::start() {
  epoll = ::epoll_create1(EPOLL_CLOEXEC);
  wakeup = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeup;
  if (epoll < 0 || wakeup < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) != 0) {
    return make_error(Errc::io, "hub",
                      fmt::format("cannot set up the hub's epoll: {}", std::strerror(errno)));
  }
  writer = std::thread([this] { run(); });
  reader = std::thread([this] { run_reader(); });
  return {};
}

void Hub::Impl::stop() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  if (wakeup >= 0) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(wakeup, &one, sizeof one);
  }
  reads_wanted.notify_all();
  if (writer.joinable()) writer.join();
  if (reader.joinable()) reader.join();
  streams.clear();
}

void Hub::Impl::send(Message message) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex);
    wake = inbox.empty();
    inbox.push_back(std::move(message));
  }
  if (!wake) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wakeup, &one, sizeof one);
}

void Hub::Impl::run() {
  const auto step = std::clamp<std::int64_t>(options.heartbeat_ms / 8, 5, 1000);
  std::int64_t next_tick = clock.steady_ms() + step;
  std::int64_t end_by = -1;
  std::vector<epoll_event> events(512);
  bool busy = false;
  for (;;) {
    const auto now = clock.steady_ms();
    const auto wait = busy ? 0 : std::clamp<std::int64_t>(next_tick - now, 0, step);
    const int n =
        ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), static_cast<int>(wait));
    for (int i = 0; i < n; ++i) handle_event(events[static_cast<std::size_t>(i)]);
    const bool stop_asked = take_inbox();
    if (stop_asked) {
      core.close_all();
      if (end_by < 0) end_by = clock.steady_ms() + kStopMs;
    }
    if (clock.steady_ms() >= next_tick) {
      for (const auto id : core.tick(clock.steady_ms())) {
        metrics.streams_cut++;
        log.write(LogLevel::info, "stream_cut",
                  {{"space", streams.at(id).space()}, {"reason", "it takes no bytes"}});
        drop(id);
      }
      next_tick = clock.steady_ms() + step;
    }
    const auto ready = core.take_ready();
    for (const auto id : ready) write_to(id);
    busy = !ready.empty();
    ask_reads();
    if (end_by >= 0 && (core.subscribers() == 0 || clock.steady_ms() >= end_by)) return;
  }
}

// Returns whether the hub shall stop.
bool Hub::Impl::take_inbox() {
  std::vector<Message> messages;
  bool stop_asked = false;
  {
    const std::lock_guard lock(mutex);
    messages.swap(inbox);
    stop_asked = stopping;
  }
  for (auto& message : messages) {
    if (auto* joined = std::get_if<Joined>(&message)) {
      take(std::move(*joined));
    } else if (auto* published = std::get_if<Published>(&message)) {
      core.publish(published->space, published->epoch,
                   Frames(published->epoch, published->entries));
      core.moved(published->space, published->epoch, published->head);
    } else if (auto* mark = std::get_if<AppliedMark>(&message)) {
      core.applied(mark->space, mark->sequence);
    } else if (auto* answer = std::get_if<ReadAnswer>(&message)) {
      core.read_done(answer->id, std::move(answer->result));
    }
  }
  return stop_asked;
}

void Hub::Impl::take(Joined joined) {
  const auto space = joined.request.space;
  const auto id = core.subscribe(std::move(joined.request), clock.steady_ms());
  epoll_event event{};
  // Edge-triggered: a write that was not taken whole is followed by one EPOLLOUT.
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = id;
  const int fd = joined.channel->fd();
  streams.emplace(id, Stream(std::move(joined.channel), space));
  metrics.streams++;
  metrics.streams_opened++;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) drop(id);
}

void Hub::Impl::handle_event(const epoll_event& event) {
  if (event.data.u64 == kWakeup) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto n = ::read(wakeup, &count, sizeof count);
    return;
  }
  const auto at = streams.find(event.data.u64);
  if (at == streams.end()) return;
  if ((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    drop(event.data.u64);
    return;
  }
  if (((event.events & EPOLLIN) != 0 && !at->second.read_away()) || !at->second.flush()) {
    drop(event.data.u64);
    return;
  }
  core.writable(event.data.u64);  // with TLS a write may have waited for what came
}

void Hub::Impl::write_to(HubCore::Id id) {
  const auto at = streams.find(id);
  if (at == streams.end()) return;
  if (core.gather(id, pieces)) {
    const auto n = at->second.write(pieces);
    core.wrote(id, n > 0 ? static_cast<std::size_t>(n) : 0, clock.steady_ms());
    if (n < 0) {
      drop(id);
      return;
    }
    metrics.stream_bytes += static_cast<std::uint64_t>(n);
  }
  if (core.finished(id) && at->second.end()) drop(id);
}

void Hub::Impl::drop(HubCore::Id id) {
  const auto at = streams.find(id);
  if (at == streams.end()) return;
  const auto space = at->second.space();
  core.unsubscribe(id);
  streams.erase(at);  // closes it, which takes it out of the epoll set
  metrics.streams--;
  reserved--;
  const std::lock_guard lock(mutex);
  const auto count = wanted.find(space);
  if (count != wanted.end() && --count->second == 0) wanted.erase(count);
}

void Hub::Impl::ask_reads() {
  std::vector<ReadRequest> asked;
  while (auto request = core.next_read()) asked.push_back(std::move(*request));
  if (asked.empty()) return;
  {
    const std::lock_guard lock(mutex);
    for (auto& request : asked) reads.push_back(std::move(request));
  }
  reads_wanted.notify_one();
}

void Hub::Impl::run_reader() {
  for (;;) {
    ReadRequest request;
    {
      std::unique_lock lock(mutex);
      reads_wanted.wait(lock, [&] { return stopping || !reads.empty(); });
      if (stopping) return;
      request = std::move(reads.front());
      reads.pop_front();
    }
    auto result = read_for_stream(store, request);
    if (result.kind == ReadResult::Kind::failed) {
      log.write(LogLevel::error, "stream_read_failed",
                {{"space", request.space}, {"after", request.after}});
    }
    send(ReadAnswer{request.id, std::move(result)});
  }
}

Hub::Hub(LogStore& store, Clock& clock, Log& log, Metrics& metrics, HubOptions options,
         std::size_t max_streams)
    : impl_(std::make_unique<Impl>(store, clock, log, metrics, options, max_streams)) {}
Hub::~Hub() {
  impl_->stop();
  // Not before: a commit may be published while the hub stops.
  if (impl_->epoll >= 0) ::close(impl_->epoll);
  if (impl_->wakeup >= 0) ::close(impl_->wakeup);
}
Status Hub::start() {
  return impl_->start();
}
void Hub::stop() {
  impl_->stop();
}

bool Hub::reserve() {
  if (impl_->reserved.fetch_add(1) < impl_->max_streams) return true;
  impl_->reserved--;
  return false;
}

void Hub::release() {
  impl_->reserved--;
}

void Hub::add(std::unique_ptr<Channel> channel, SubscribeRequest request) {
  {
    // From here on this space's commits are published: before the first read for this stream.
    const std::lock_guard lock(impl_->mutex);
    ++impl_->wanted[request.space];
  }
  impl_->send(Joined{std::move(channel), std::move(request)});
}

void Hub::publish(const std::string& space, const std::string& epoch, std::uint64_t head,
                  std::vector<LogEntry> entries) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->wanted.contains(space)) return;
  }
  impl_->send(Published{space, epoch, head, std::move(entries)});
}

void Hub::applied(const std::string& space, std::uint64_t sequence) {
  impl_->send(AppliedMark{space, sequence});
}

}  // namespace offsync::proxy
