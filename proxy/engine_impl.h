// The engine's insides, shared by its loop (engine.cc) and by what it does with requests and
// answers (exchange.cc). Internal to engine.*.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy/engine.h"
#include "proxy/http/channel.h"
#include "proxy/http/connection.h"
#include "proxy/http/listener.h"
#include "proxy/http/workers.h"

namespace offsync::proxy {

inline constexpr std::size_t kReadBytes = 64 * 1024;

// epoll's data: of the two others, and the first of the connections.
inline constexpr std::uint64_t kWakeup = 0, kListener = 1, kFirstConnection = 2;

// A request with its answer. Either the loop has it, or who makes the answer, never both.
struct Exchange {
  std::uint64_t connection = 0;
  std::int64_t since = 0;
  ApiRequest asked;
  ApiAnswer answer;
  bool begun = false;  // the beginning of the answer was taken
  std::string piece;   // what comes next of it
  bool more = false;
  std::optional<Error> failed;
};
using SharedExchange = std::shared_ptr<Exchange>;

struct Connection {
  Connection(std::unique_ptr<Channel> c, const ConnectionRules& rules, std::int64_t now)
      : channel(std::move(c)), http(rules, now), open_by(now + rules.header_ms) {}
  // When expire() is due: a handshake has no more time than a head.
  std::optional<std::int64_t> deadline() const { return opening() ? open_by : http.deadline(); }
  bool opening() const {
    return channel && !channel->open() && http.state() == HttpConnection::State::idle;
  }
  void expire(std::int64_t now) { opening() ? http.abandon() : http.expire(now); }

  std::uint64_t id = 0;
  std::unique_ptr<Channel> channel;  // null where the hub has it
  HttpConnection http;
  std::int64_t open_by;
  std::string client;
  std::uint32_t interest = 0;  // of epoll
  SharedExchange exchange;
  bool working = false;  // another thread has the exchange
  bool ended_writing = false;
  std::size_t body_bytes = 0;  // that the worker has
  std::size_t held = 0;        // as counted in all
};

struct HttpEngine::Impl {
  Impl(const Parts& p, const ConnectionRules& r, const ServingLimits& l, std::size_t threads)
      : parts(p), rules(r), limits(l), workers(threads), bytes(kReadBytes, '\0') {}

  const Parts parts;
  const ConnectionRules rules;
  const ServingLimits limits;
  Workers workers;
  int epoll = -1;
  int wakeup = -1;
  std::thread thread;
  std::atomic<std::int64_t> drain_ms{-1};  // at least 0: it stops

  // Between the threads
  std::mutex mutex;
  std::vector<SharedExchange> done;

  // Of the loop
  std::optional<HttpListener> listener;
  bool listening = false;  // in the epoll set
  std::int64_t listen_at = -1;
  std::uint64_t next_id = kFirstConnection;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections;
  std::int64_t due = INT64_MAX;  // no deadline is before it
  std::int64_t looked = 0;
  std::int64_t end_by = -1;
  std::int64_t refuse_at = -1;  // what waits for a commit, so that it is told before the end
  std::string bytes;

  std::int64_t now() { return parts.clock.steady_ms(); }
  Status start(int fd);
  void stop();
  void wake() const;
  void run();
  int wait_ms();
  void listen(bool on);
  void accept();
  bool make_room();
  void handle_event(const epoll_event& event);
  void read_from(Connection& connection);
  void tell_off(Connection& connection);
  void advance(Connection& connection);
  bool flush(Connection& connection);
  void begin_request(Connection& connection);
  void refuse(Connection& connection);
  void hand_over(Connection& connection, void (Impl::*job)(const SharedExchange&));
  void make_answer(const SharedExchange& exchange);
  void finished(const SharedExchange& exchange);
  void make_piece(const SharedExchange& exchange);
  void take_done();
  void begin_answer(Connection& connection);
  void begin_stream(Connection& connection);
  void take_piece(Connection& connection);
  void settle(Connection& connection);
  void drop(Connection& connection);
  void look_at_deadlines();
  void begin_stop();
  void note(const Exchange& exchange, const Connection& connection);
};

}  // namespace offsync::proxy
