// Of HttpEngine: what becomes of requests, and how answers come to be.
#include <fmt/format.h>
#include <sys/epoll.h>

#include <exception>

#include "proxy/api/parts.h"
#include "proxy/engine_impl.h"
#include "proxy/http/problems.h"
#include "proxy/http/reason.h"

namespace offsync::proxy {

// ---- requests

void HttpEngine::Impl::begin_request(Connection& connection) {
  auto exchange = std::make_shared<Exchange>();
  auto [head, body] = connection.http.take_request();
  static_cast<RequestHead&>(exchange->asked) = std::move(head);
  exchange->asked.body = std::move(body);
  exchange->connection = connection.id;
  exchange->since = now();
  connection.exchange = exchange;
  const std::size_t waiting = workers.waiting() + parts.api.waiting();
  if (waiting >= limits.waiting || parts.api.bytes().exceeded()) {
    exchange->answer =
        parts.api.refuse(exchange->asked, busy("the proxy has more requests than it can answer"));
    return begin_answer(connection);
  }
  connection.body_bytes = exchange->asked.body.capacity();
  hand_over(connection, &Impl::make_answer);
}

void HttpEngine::Impl::refuse(Connection& connection) {
  auto exchange = std::make_shared<Exchange>();
  static_cast<RequestHead&>(exchange->asked) = connection.http.request();
  exchange->since = now();
  exchange->answer = parts.api.refuse(exchange->asked, connection.http.refusal());
  exchange->answer.route = "refused";
  connection.exchange = std::move(exchange);
  begin_answer(connection);
}

void HttpEngine::Impl::hand_over(Connection& connection, void (Impl::*job)(const SharedExchange&)) {
  connection.working = true;
  workers.run([this, exchange = connection.exchange, job] { (this->*job)(exchange); });
}

// By any thread: the loop has the exchange again.
void HttpEngine::Impl::finished(const SharedExchange& exchange) {
  bool first = false;
  {
    const std::lock_guard lock(mutex);
    first = done.empty();
    done.push_back(exchange);
  }
  if (first) wake();
}

// On a worker's thread; the answer may come by another one.
void HttpEngine::Impl::make_answer(const SharedExchange& exchange) {
  parts.api.handle(exchange->asked, [this, exchange](ApiAnswer answer) {
    exchange->answer = std::move(answer);
    exchange->asked.body = {};
    finished(exchange);
  });
}

// On a worker's thread.
void HttpEngine::Impl::make_piece(const SharedExchange& shared) {
  Exchange& exchange = *shared;
  try {
    exchange.piece.clear();
    const auto more = exchange.answer.source->next(exchange.piece);
    if (more) {
      exchange.more = *more;
    } else {
      exchange.failed = more.error();
    }
  } catch (const std::exception& e) {
    exchange.failed = make_error(Errc::internal, "internal", e.what());
  }
  finished(shared);
}

void HttpEngine::Impl::take_done() {
  std::vector<SharedExchange> finished;
  {
    const std::lock_guard lock(mutex);
    finished.swap(done);
  }
  for (const auto& exchange : finished) {
    const auto at = connections.find(exchange->connection);
    if (at == connections.end()) continue;  // its client is gone
    auto& connection = *at->second;
    connection.working = false;
    connection.body_bytes = 0;
    if (exchange->begun) {
      take_piece(connection);
    } else if (exchange->answer.stream && exchange->asked.method != "HEAD") {
      begin_stream(connection);
    } else {
      begin_answer(connection);
      advance(connection);
    }
  }
}

// ---- answers

void HttpEngine::Impl::begin_answer(Connection& connection) {
  auto& exchange = *connection.exchange;
  auto& answer = exchange.answer;
  exchange.begun = true;
  note(exchange, connection);
  HttpAnswer out;
  out.status = answer.status;
  out.headers = std::move(answer.headers);
  if (!answer.content_type.empty()) out.headers.emplace_back("Content-Type", answer.content_type);
  out.headers.emplace_back("Date", http_date(parts.clock.wall_ms()));
  out.body = std::move(answer.body);
  out.more = answer.source != nullptr;
  out.length = answer.length;
  out.until_close = answer.close;
  connection.http.respond(std::move(out), now());
  if (!answer.source || exchange.asked.method == "HEAD") connection.exchange.reset();
}

void HttpEngine::Impl::take_piece(Connection& connection) {
  auto& exchange = *connection.exchange;
  if (exchange.failed) {
    parts.log.write(LogLevel::error, "answer_cut",
                    {{"target", exchange.asked.target}, {"reason", exchange.failed->message()}});
    connection.http.cut();
  } else {
    connection.http.add_piece(exchange.piece, now());
    exchange.piece.clear();
    if (!exchange.more) {
      connection.http.end_body(now());
      connection.exchange.reset();
    }
  }
  advance(connection);
}

// From here on the hub has the connection.
void HttpEngine::Impl::begin_stream(Connection& connection) {
  auto& exchange = *connection.exchange;
  if (!parts.hub.reserve()) {
    exchange.answer = parts.api.refuse(
        exchange.asked,
        problem_of(kTooManyStreams, "the proxy has as many streams as it is allowed; try again"));
    exchange.answer.route = "stream";
    begin_answer(connection);
    return advance(connection);
  }
  note(exchange, connection);
  auto& answer = exchange.answer;
  std::string head = fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n", answer.content_type);
  for (const auto& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
  head += fmt::format("Date: {}\r\nConnection: close\r\n\r\n", http_date(parts.clock.wall_ms()));
  // What the channel may have begun with (a 100 Continue) is what it is given first.
  answer.stream->preamble.insert(0, std::string(connection.http.output()) + head);
  ::epoll_ctl(epoll, EPOLL_CTL_DEL, connection.channel->fd(), nullptr);
  parts.hub.add(std::move(connection.channel), std::move(*answer.stream));
  drop(connection);
}

void HttpEngine::Impl::note(const Exchange& exchange, const Connection& connection) {
  const auto& answer = exchange.answer;
  parts.metrics.request(answer.route, answer.status);
  if (!parts.log.on(LogLevel::debug)) return;
  parts.log.write(LogLevel::debug, "request",
                  {{"method", exchange.asked.method},
                   {"target", exchange.asked.target},
                   {"status", answer.status},
                   {"bytes", answer.length.value_or(answer.body.size())},
                   {"ms", now() - exchange.since},
                   {"client", connection.client}});
}

}  // namespace offsync::proxy
