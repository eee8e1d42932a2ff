#include "lib/sync/fake_proxy.h"

#include <algorithm>
#include <optional>

#include "base/rfc3339.h"
#include "state/entity_codec.h"
#include "state/state.h"
#include "wire/compress.h"
#include "wire/cursor.h"
#include "wire/event_name.h"
#include "wire/line_mark.h"
#include "wire/problem.h"
#include "wire/snapshot.h"
#include "wire/sse.h"

namespace offsync::test {
namespace {

constexpr std::int64_t kHeartbeatMs = 15'000;

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

Answer problem(int status, const std::string& code) {
  return {status,
          {{"content-type", "application/problem+json"}},
          encode_problem({status, code, "", "says the fake proxy"}),
          false};
}

std::string kind_of(const HttpRequest& request) {
  if (request.target.ends_with("/missing")) return "missing";
  if (request.method == "POST") return "push";
  if (request.target.find("/state") != std::string::npos) return "state";
  if (request.target.find("/events") == std::string::npos) return "space";
  return header(request, "Accept").starts_with("text/event-stream") ? "stream" : "page";
}

std::vector<std::string> split(const std::string& body) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < body.size()) {
    const std::size_t end = std::min(body.find('\n', begin), body.size());
    lines.push_back(body.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

Answer FakeProxy::answer(const HttpRequest& request) {
  const std::string kind = kind_of(request);
  Answer answer;
  if (kind == "push") {
    const auto seen = Cursor::parse(header(request, "Offsync-Cursor"));
    const bool lost = seen && (seen->epoch != epoch_ || seen->sequence > head() ||
                               other_line(request, seen->sequence));
    answer = lost ? problem(410, "cursor_expired") : post(request);
  } else if (kind == "missing") {
    answer = knows_missing ? missing(request) : problem(404, "no_such_route");
  } else if (kind == "state") {
    answer = snapshot();
  } else if (kind == "space") {
    answer.body = encode_space_info({"shop", epoch_, log_name, head(), oldest_, head()});
  } else {
    const auto cursor = Cursor::parse(parameter(request.target, "after"));
    if (!cursor) {
      answer = problem(400, "bad_cursor");
    } else if (cursor->epoch != epoch_ || cursor->sequence > head() ||
               cursor->sequence + 1 < oldest_ || other_line(request, cursor->sequence)) {
      answer = problem(410, "cursor_expired");
    } else if (kind == "stream") {
      answer.stream = true;
      append_sse_retry(answer.body, 2000);
      append_sse(answer.body, "", "hello", encode_hello({epoch_, head()}));
      answer.headers.emplace_back("content-type", "TEXT/EVENT-STREAM; charset=utf-8");
    } else {
      answer = page(cursor->sequence, std::stoull(parameter(request.target, "limit")));
    }
  }
  answer.headers.emplace_back("offsync-epoch", epoch_);
  if (!log_name.empty()) answer.headers.emplace_back("offsync-log", log_name);
  answer.headers.emplace_back("offsync-time", std::to_string(clock_.wall_ms() + clock_ahead_ms));
  answer.headers.emplace_back("offsync-head", std::to_string(head()));
  return answer;
}

namespace {

std::optional<std::string> body_of(const HttpRequest& request) {
  const bool packed = header(request, "Content-Encoding") == "gzip";
  auto body = decompress(request.body, packed ? Coding::gzip : Coding::identity, 1 << 24);
  return body ? std::optional(std::move(*body)) : std::nullopt;
}

}  // namespace

bool FakeProxy::other_line(const HttpRequest& request, std::uint64_t sequence) const {
  if (sequence == 0) return false;
  const std::string& line = lines_[sequence - 1];
  const std::string mark = header(request, "Offsync-Line");
  const std::string name = header(request, "Offsync-Event");
  if (!name.empty() && knows_names) {
    Decoder decoder;
    const EventView& event = **decoder.decode(line);
    if (line_mark(encode_event_name(event.source, event.id)) != name) return true;
  }
  return !mark.empty() && line_mark(line) != mark;
}

Answer FakeProxy::missing(const HttpRequest& request) const {
  const auto body = body_of(request);
  if (!body) return problem(400, "bad_encoding");
  MissingHeader header;
  std::string names;
  for (const std::string& line : split(*body)) {
    ++header.asked;
    if (ids_.contains(parse_event_name(line)->id)) continue;
    ++header.missing;
    names += line + "\n";
  }
  Answer answer;
  answer.body = encode_missing_header(header) + "\n" + names;
  return answer;
}

Answer FakeProxy::post(const HttpRequest& request) {
  const auto body = body_of(request);
  if (!body) return problem(400, "bad_encoding");
  Answer answer;
  std::uint64_t number = 0;
  std::set<std::string> refused;
  for (const std::string& line : split(*body)) {
    Outcome outcome = decide(line, refused);
    outcome.line = ++number;
    answer.body += encode_outcome(outcome) + "\n";
  }
  return answer;
}

Outcome FakeProxy::decide(const std::string& line, std::set<std::string>& refused) {
  Outcome outcome;
  const auto decoded = decoder_.decode(line);
  if (!decoded) {
    outcome.code = decoded.error().code;
    return outcome;
  }
  const EventView& event = **decoded;
  outcome.id = event.id;
  if (const auto known = ids_.find(outcome.id); known != ids_.end()) {
    if (lines_[known->second - 1].starts_with(line.substr(0, line.size() - 1))) {
      outcome.kind = OutcomeKind::duplicate;
      outcome.sequence = known->second;
    } else {
      outcome.code = "id_conflict";
      refused.emplace(event.subject);
    }
  } else if (refused.contains(std::string(event.subject))) {
    outcome.kind = OutcomeKind::held;
    outcome.code = "held";
  } else if (event.type == "test.refused" && refuses) {
    outcome.code = "kind_mismatch";
    outcome.detail = "refused by the test";
    refused.emplace(event.subject);
  } else {
    add(event);
    outcome.kind = OutcomeKind::accepted;
    outcome.sequence = head();
  }
  return outcome;
}

void FakeProxy::add(const EventView& event) {
  ids_[std::string(event.id)] = lines_.size() + 1;
  lines_.push_back(with_sequence(encode_content(event), lines_.size() + 1,
                                 format_rfc3339(clock_.wall_ms() + clock_ahead_ms)));
}

void FakeProxy::append(const std::string& subject, const std::string& data) {
  const std::string number = std::to_string(++made_);
  const std::string line = R"({"specversion":"1.0","id":"other-)" + number +
                           R"(","source":"/other","type":"test.done","subject":")" + subject +
                           R"(","time":")" + format_rfc3339(clock_.wall_ms()) + R"(","stamp":"0)" +
                           std::to_string(10'000'000'000 + made_) +
                           R"(-0000-00000000000000ff","data":)" + data + "}";
  const auto decoded = decoder_.decode(line);
  if (!decoded) throw std::logic_error(decoded.error().detail + ": " + line);
  add(**decoded);
}

void FakeProxy::begin_anew(std::string new_epoch, std::size_t keep) {
  epoch_ = std::move(new_epoch);
  truncate(keep);
}

void FakeProxy::put_back(std::string new_epoch, const std::vector<std::string>& lines) {
  begin_anew(std::move(new_epoch));
  for (const std::string& line : lines) add(**decoder_.decode(line));
}

void FakeProxy::truncate(std::size_t length) {
  lines_.resize(std::min(length, lines_.size()));
  std::erase_if(ids_, [&](const auto& known) { return known.second > lines_.size(); });
}

Answer FakeProxy::page(std::uint64_t after, std::uint64_t limit) const {
  Answer answer;
  const std::uint64_t end = std::min(head(), after + limit);
  for (std::uint64_t i = after; i < end; ++i) answer.body += lines_[i] + "\n";
  answer.headers.emplace_back("offsync-cursor", Cursor{epoch_, end}.text());
  return answer;
}

std::map<std::string, std::string> FakeProxy::state() const {
  State state;
  Decoder decoder;
  for (const std::string& line : lines_) state.fold(**decoder.decode(line));
  std::map<std::string, std::string> records;
  for (const auto& [subject, entity] : state.sorted()) {
    records.emplace(subject, encode_entity(subject, *entity));
  }
  return records;
}

Answer FakeProxy::snapshot() const {
  Answer answer;
  const auto records = state();
  SnapshotHeader header{{epoch_, head()}, records.size(), 0};
  if (head() > 0) header.line = line_mark(lines_.back());
  answer.body = encode_snapshot_header(header) + "\n";
  for (const auto& [subject, record] : records) answer.body += record + "\n";
  return answer;
}

std::string FakeProxy::stream_from(const std::string& of_epoch, std::uint64_t& position) const {
  std::string out;
  if (of_epoch != epoch_) return out;
  for (; position < head(); ++position) {
    append_sse(out, Cursor{epoch_, position + 1}.text(), "", lines_[position]);
  }
  return out;
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
