#include "proxy/engine.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proxy/api/parts.h"
#include "proxy/engine_impl.h"
#include "proxy/http/problems.h"
#include "proxy/ops/memory.h"

namespace offsync::proxy {
namespace {
using State = HttpConnection::State;
constexpr std::int64_t kLookMs = 20;  // all deadlines are looked at no more often
}  // namespace

// ---- the loop

Status HttpEngine::Impl::start(int fd) {
  listener.emplace(fd);
  epoll = ::epoll_create1(EPOLL_CLOEXEC);
  wakeup = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeup;
  if (epoll < 0 || wakeup < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) != 0) {
    return make_error(Errc::io, "serve",
                      fmt::format("cannot set up epoll: {}", std::strerror(errno)));
  }
  listen(true);
  thread = std::thread([this] { run(); });
  return {};
}

void HttpEngine::Impl::stop() {
  if (thread.joinable()) {
    wake();
    thread.join();
  }
}

void HttpEngine::Impl::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wakeup, &one, sizeof one);
}

void HttpEngine::Impl::run() {
  std::vector<epoll_event> events(256);
  for (;;) {
    const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < n; ++i) handle_event(events[static_cast<std::size_t>(i)]);
    take_done();
    if (parts.api.bytes().ebbed()) workers.run(give_memory_back);
    if (end_by < 0 && drain_ms >= 0) begin_stop();
    if (refuse_at >= 0 && now() >= refuse_at) {
      refuse_at = -1;
      parts.api.refuse_events();
    }
    look_at_deadlines();
    if (end_by >= 0 && (connections.empty() || now() >= end_by)) break;
  }
  for (const auto& [id, connection] : connections) parts.api.bytes().give(connection->held);
  connections.clear();
}

int HttpEngine::Impl::wait_ms() {
  auto until = due == INT64_MAX ? INT64_MAX : std::max(due, looked + kLookMs);
  if (listen_at >= 0) until = std::min(until, listen_at);
  if (end_by >= 0) until = std::min(until, end_by);
  if (refuse_at >= 0) until = std::min(until, refuse_at);
  if (until == INT64_MAX) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(until - now(), 0, 60'000));
}

void HttpEngine::Impl::begin_stop() {
  end_by = now() + drain_ms;
  refuse_at = end_by - drain_ms / 4;
  listen(false);
  listener.reset();
  listen_at = -1;
  std::vector<Connection*> all;
  for (const auto& [id, connection] : connections) all.push_back(connection.get());
  for (auto* connection : all) {
    connection->http.stop();
    if (connection->http.state() == State::closed) drop(*connection);
  }
}

void HttpEngine::Impl::look_at_deadlines() {
  const auto at = now();
  if (listen_at >= 0 && at >= listen_at) listen(true);
  if (at < due || at < looked + kLookMs) return;
  looked = at;
  due = INT64_MAX;
  std::vector<Connection*> late;
  for (const auto& [id, connection] : connections) {
    const auto deadline = connection->deadline();
    if (!deadline) continue;
    if (*deadline <= at) {
      late.push_back(connection.get());
    } else {
      due = std::min(due, *deadline);
    }
  }
  for (auto* connection : late) {
    connection->expire(at);
    advance(*connection);
  }
}

// ---- who comes

void HttpEngine::Impl::listen(bool on) {
  if (!listener || on == listening) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kListener;
  ::epoll_ctl(epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener->fd(), &event);
  listening = on;
  if (on) listen_at = -1;
}

// Closes who has been idle for longest, and has sent nothing that is not yet read.
bool HttpEngine::Impl::make_room() {
  for (;;) {
    Connection* oldest = nullptr;
    for (const auto& [id, connection] : connections) {
      if (connection->http.state() != State::idle) continue;
      const auto age = [](const Connection& c) { return std::pair(*c.http.deadline(), c.id); };
      if (oldest == nullptr || age(*connection) < age(*oldest)) {
        oldest = connection.get();
      }
    }
    if (oldest == nullptr) return false;
    read_from(*oldest);
    if (oldest->http.state() == State::idle) {
      drop(*oldest);
      return true;
    }
    advance(*oldest);
  }
}

void HttpEngine::Impl::accept() {
  constexpr int kAtOnce = 64;
  constexpr std::int64_t kPauseMs = 100;
  for (int i = 0; i < kAtOnce && listener; ++i) {
    using Result = HttpListener::Result;
    auto caller = connections.size() < limits.connections
                      ? listener->accept()
                      : HttpListener::Caller{Result::no_room, -1, {}};
    if (caller.result == Result::no_room) {
      if (!listener->waiting()) return;  // nobody to make room for
      if (make_room()) continue;
      listen(false);
      listen_at = now() + kPauseMs;
      return;
    }
    if (caller.result == Result::none) return;
    auto channel = parts.channels.make(caller.fd);
    if (!channel) continue;
    auto connection = std::make_unique<Connection>(std::move(channel), rules, now());
    connection->id = next_id++;
    connection->client = std::move(caller.address);
    epoll_event event{};
    event.events = connection->interest = EPOLLIN;
    event.data.u64 = connection->id;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, connection->channel->fd(), &event) != 0) continue;
    due = std::min(due, *connection->deadline());
    connections.emplace(connection->id, std::move(connection));
  }
}

void HttpEngine::Impl::drop(Connection& connection) {
  parts.api.bytes().give(connection.held);
  if (connection.http.reset()) {
    connection.channel->reset();
  } else if (connection.channel && connection.http.whole()) {
    connection.channel->notify_close();
  }
  connections.erase(connection.id);  // closes it, which takes it out of the epoll set
  listen(true);
}

// ---- bytes

void HttpEngine::Impl::handle_event(const epoll_event& event) {
  if (event.data.u64 == kWakeup) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto n = ::read(wakeup, &count, sizeof count);
    return;
  }
  if (event.data.u64 == kListener) return accept();
  const auto at = connections.find(event.data.u64);
  if (at == connections.end()) return;
  auto& connection = *at->second;
  if ((event.events & connection.channel->wants(true, false)) != 0 &&
      connection.http.wants_bytes()) {
    read_from(connection);
  } else if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) {
    return drop(connection);
  }
  advance(connection);
}

void HttpEngine::Impl::read_from(Connection& connection) {
  const auto n = connection.channel->read(bytes.data(), bytes.size());
  if (n == Channel::kNone) return;
  const bool in_clear = n > 0 && connection.channel->in_clear();
  if (n == Channel::kToldOff || (in_clear && connection.http.state() == State::idle)) {
    tell_off(connection);
  } else if (n > 0) {
    connection.http.receive(std::string_view(bytes).substr(0, static_cast<std::size_t>(n)), now());
  } else if (n == Channel::kEnded) {
    connection.http.peer_ended(now());
  } else {
    connection.http.abandon();
  }
}

// Who does not come to speak TLS where that is spoken.
void HttpEngine::Impl::tell_off(Connection& connection) {
  auto& http = connection.http;
  parts.metrics.handshakes_failed++;
  if (connection.channel->in_clear()) {
    return http.refuse(problem_of(
        kBadRequest, "plain HTTP came, and this port speaks TLS: ask for it with https://"));
  }
  parts.log.write(LogLevel::debug, "handshake_failed",
                  {{"client", connection.client}, {"reason", connection.channel->trouble()}});
  http.linger(now());
}

// False where the connection is broken.
bool HttpEngine::Impl::flush(Connection& connection) {
  while (!connection.http.output().empty()) {
    const auto n = connection.channel->write({connection.http.output()});
    if (n == Channel::kFailed) return false;
    if (n == Channel::kNone) return true;
    connection.http.wrote(static_cast<std::size_t>(n), now());
  }
  return true;
}

// Goes on with the connection until it waits for something. It may be gone then.
void HttpEngine::Impl::advance(Connection& connection) {
  for (;;) {
    if (!flush(connection)) return drop(connection);
    switch (connection.http.state()) {
      case State::ready:
        begin_request(connection);
        continue;
      case State::refused:
        refuse(connection);
        continue;
      case State::closed:
        return drop(connection);
      case State::lingering:
        if (!connection.ended_writing) connection.ended_writing = connection.channel->end_writing();
        break;
      case State::answering:
        if (!connection.working && connection.http.wants_piece()) {
          hand_over(connection, &Impl::make_piece);
        }
        break;
      default:
        break;
    }
    return settle(connection);
  }
}

// What epoll and the counts must know after a change.
void HttpEngine::Impl::settle(Connection& connection) {
  auto& http = connection.http;
  const auto now_held = http.held() + connection.body_bytes;
  ByteBudget& all = parts.api.bytes();
  if (now_held > connection.held) all.add(now_held - connection.held);
  if (now_held < connection.held) all.give(connection.held - now_held);
  connection.held = now_held;
  if (all.exceeded() && http.state() == State::body && http.held() > kReadBytes) {
    http.refuse(too_many_bytes());
    return advance(connection);
  }
  const bool to_write =
      !http.output().empty() || (http.state() == State::lingering && !connection.ended_writing);
  const auto wanted = connection.channel->wants(http.wants_bytes(), to_write);
  if (wanted != connection.interest) {
    epoll_event event{};
    event.events = connection.interest = wanted;
    event.data.u64 = connection.id;
    if (::epoll_ctl(epoll, EPOLL_CTL_MOD, connection.channel->fd(), &event) != 0) {
      return drop(connection);
    }
  }
  if (const auto deadline = http.deadline()) due = std::min(due, *deadline);
}

// ---- from outside

HttpEngine::HttpEngine(const Parts& parts, const ConnectionRules& rules,
                       const ServingLimits& limits, std::size_t threads)
    : impl_(std::make_unique<Impl>(parts, rules, limits, threads)) {}

HttpEngine::~HttpEngine() {
  stop(0);
  join();
  if (impl_->epoll >= 0) ::close(impl_->epoll);
  if (impl_->wakeup >= 0) ::close(impl_->wakeup);
}

Status HttpEngine::start(int listener) {
  return impl_->start(listener);
}

void HttpEngine::stop(std::int64_t drain_ms) {
  if (impl_->drain_ms < 0) impl_->drain_ms = drain_ms;
  impl_->stop();
}

void HttpEngine::join() {
  impl_->workers.stop();
}

}  // namespace offsync::proxy
