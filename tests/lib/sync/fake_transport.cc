#include <algorithm>
#include <optional>

#include "lib/sync/fake_proxy.h"
#include "wire/cursor.h"
#include "wire/sse.h"

namespace offsync::test {
namespace {

constexpr std::int64_t kHeartbeatMs = 15'000;

}  // namespace

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string parameter(const std::string& target, const std::string& name) {
  const std::size_t begin = target.find(name + "=");
  if (begin == std::string::npos) return {};
  const std::size_t value = begin + name.size() + 1;
  return target.substr(value, target.find('&', value) - value);
}

std::string kind_of(const HttpRequest& request) {
  if (request.target.ends_with("/missing")) return "missing";
  if (request.method == "POST") return "push";
  if (request.target.find("/state") != std::string::npos) return "state";
  if (request.target.find("/events") == std::string::npos) return "space";
  return header(request, "Accept").starts_with("text/event-stream") ? "stream" : "page";
}

Transport::Id FakeTransport::start(HttpRequest request, HttpHandler& handler) {
  const std::string kind = kind_of(request);
  const std::string after = parameter(request.target, "after");
  seen.push_back(after.empty() ? kind : kind + " " + after);
  requests.push_back(request);
  times.push_back(clock_.steady_ms());
  Exchange exchange;
  exchange.id = next_++;
  exchange.handler = &handler;
  exchange.last_ms = clock_.steady_ms();
  const auto fault = std::find_if(faults_.begin(), faults_.end(),
                                  [&](const Fault& candidate) { return candidate.on == kind; });
  const auto instead = between ? between(request) : std::nullopt;
  if (down) {
    exchange.refused = true;
  } else if (instead) {
    exchange.answer = *instead;
  } else if (fault == faults_.end()) {
    exchange.answer = proxy_.answer(request);
  } else {
    meet(*fault, request, exchange);
    faults_.erase(fault);
  }
  if (const auto cursor = Cursor::parse(after)) {
    exchange.epoch = cursor->epoch;
    exchange.position = cursor->sequence;
  }
  exchanges_.push_back(std::move(exchange));
  return exchanges_.back().id;
}

void FakeTransport::meet(const Fault& fault, const HttpRequest& request, Exchange& exchange) {
  if (fault.kind == Fault::Kind::refuse) {
    exchange.refused = true;
    return;
  }
  if (fault.kind == Fault::Kind::answer) {
    exchange.answer = fault.answer;
    return;
  }
  if (fault.kind == Fault::Kind::twice) proxy_.answer(request);
  exchange.answer = proxy_.answer(request);
  std::string& body = exchange.answer.body;
  switch (fault.kind) {
    case Fault::Kind::cut:
    case Fault::Kind::stall:
      exchange.cut = fault.kind == Fault::Kind::cut && fault.bytes < body.size();
      exchange.stalled = fault.kind == Fault::Kind::stall;
      exchange.answer.stream = false;
      body.resize(std::min(body.size(), fault.bytes));
      break;
    case Fault::Kind::lose:
      exchange.refused = true;
      break;
    case Fault::Kind::rewrite:
      body = fault.rewrite(std::move(body));
      break;
    case Fault::Kind::delay:
      exchange.not_before = clock_.steady_ms() + static_cast<std::int64_t>(fault.bytes);
      break;
    default:
      break;
  }
}

void FakeTransport::cancel(Id id) {
  exchanges_.remove_if([&](const Exchange& exchange) { return exchange.id == id; });
}

void FakeTransport::cut_streams() {
  for (Exchange& exchange : exchanges_) {
    if (!exchange.answer.stream) continue;
    exchange.answer.stream = false;
    exchange.cut = true;
  }
}

std::size_t FakeTransport::open_streams() const {
  return static_cast<std::size_t>(
      std::count_if(exchanges_.begin(), exchanges_.end(),
                    [](const Exchange& exchange) { return exchange.answer.stream; }));
}

// Whether something happened.
bool FakeTransport::step(Exchange& exchange) {
  if (clock_.steady_ms() < exchange.not_before) return false;
  if (exchange.refused) {
    exchange.handler->on_done(make_error(Errc::unreachable, "connect", "connection refused"));
    cancel(exchange.id);
    return true;
  }
  if (!exchange.head_sent) {
    exchange.head_sent = true;
    exchange.handler->on_head({exchange.answer.status, exchange.answer.headers});
    return true;
  }
  std::string& body = exchange.answer.body;
  if (exchange.answer.stream) {
    body += proxy_.stream_from(exchange.epoch, exchange.position);
    if (exchange.sent == body.size() && heartbeats &&
        clock_.steady_ms() - exchange.last_ms >= kHeartbeatMs) {
      append_sse_comment(body, "heartbeat");
    }
  }
  if (exchange.sent < body.size()) {
    const std::string piece = body.substr(exchange.sent, chunk);
    exchange.sent += piece.size();
    exchange.last_ms = clock_.steady_ms();
    exchange.handler->on_data(piece);
    return true;
  }
  if (exchange.answer.stream || exchange.stalled) return false;
  HttpHandler& handler = *exchange.handler;
  const bool cut = exchange.cut;
  cancel(exchange.id);
  handler.on_done(cut ? Status(make_error(Errc::unreachable, "cut", "the connection was cut"))
                      : Status());
  return true;
}

std::int64_t FakeTransport::next_event(std::int64_t wait_ms) const {
  std::int64_t next = std::clamp<std::int64_t>(wait_ms, 1, 60'000);
  for (const Exchange& exchange : exchanges_) {
    if (exchange.answer.stream && heartbeats) {
      next = std::min(next, exchange.last_ms + kHeartbeatMs - clock_.steady_ms());
    }
    if (exchange.not_before > clock_.steady_ms()) {
      next = std::min(next, exchange.not_before - clock_.steady_ms());
    }
  }
  return std::max<std::int64_t>(next, 1);
}

void FakeTransport::poll(std::int64_t wait_ms) {
  if (meanwhile) meanwhile();
  std::vector<Id> ids;
  for (const Exchange& exchange : exchanges_) ids.push_back(exchange.id);
  bool happened = false;
  for (const Id id : ids) {
    const auto exchange = std::find_if(exchanges_.begin(), exchanges_.end(),
                                       [&](const Exchange& other) { return other.id == id; });
    if (exchange != exchanges_.end() && step(*exchange)) happened = true;
  }
  if (!happened && wait_ms > 0) clock_.advance(next_event(wait_ms));
}

}  // namespace offsync::test
