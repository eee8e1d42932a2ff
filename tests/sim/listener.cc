#include "sim/listener.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "state/entity_codec.h"
#include "wire/cursor.h"

namespace offsync::sim {
namespace {

constexpr std::int64_t kRetryMs = 2000;

// Its first line says how many follow: a cut that nobody reports is seen by that.
bool is_whole(const std::string& snapshot) {
  const auto header =
      nlohmann::json::parse(snapshot.substr(0, snapshot.find('\n')), nullptr, false);
  if (header.is_discarded()) return false;
  const auto lines =
      header.at("entities").get<std::int64_t>() + header.at("conflicts").get<std::int64_t>();
  return std::count(snapshot.begin(), snapshot.end(), '\n') == lines + 1;
}

}  // namespace

Listener::Listener(World& world, Oracle& oracle, Fleet& fleet, Network& network, std::int64_t index)
    : world_(world),
      oracle_(oracle),
      fleet_(fleet),
      index_(index),
      space_(fleet.name_of(index % fleet.spaces())),
      transport_(
          network, 1000 + index, [] {},
          [this](const std::string&, std::uint64_t life) { life_ = life; }),
      from_now_(index % 3 == 2) {}

Listener::~Listener() = default;

void Listener::begin() {
  const std::string path = "/v1/spaces/" + space_;
  const char* events = from_now_ ? "/events?after=now" : "/events";
  connect(path + (wants_state_ ? "/state" : events), !wants_state_);
}

void Listener::connect(std::string target, bool stream) {
  HttpRequest request;
  request.target = std::move(target);
  if (stream) request.headers.emplace_back("Accept", "text/event-stream");
  if (stream && !last_id_.empty()) request.headers.emplace_back("Last-Event-ID", last_id_);
  if (!stream) request.timeout_ms = limits::kRequestTimeoutMs;
  streaming_ = stream;
  status_ = 0;
  body_.clear();
  parser_ = std::make_unique<SseParser>();
  last_byte_ms_ = world_.now();
  exchange_ = transport_.start(std::move(request), *this);
  watch_over(++connection_);  // a silent connection is dead
}

void Listener::watch_over(int connection) {
  world_.at(last_byte_ms_ + limits::kStreamDeadMs, [this, connection] {
    if (connection != connection_ || exchange_ == 0) return;
    if (world_.now() - last_byte_ms_ < limits::kStreamDeadMs) return watch_over(connection);
    transport_.cancel(exchange_);
    again();
  });
}

void Listener::again() {
  exchange_ = 0;
  ++connection_;
  world_.after(kRetryMs, [this] {
    if (exchange_ == 0) begin();
  });
}

void Listener::on_data(std::string_view bytes) {
  last_byte_ms_ = world_.now();
  if (status_ != 200) return;
  if (!streaming_) {
    body_ += bytes;
    return;
  }
  std::vector<SseMessage> messages;
  if (!parser_->feed(bytes, messages)) world_.violated(8, "a stream is no event stream");
  for (const SseMessage& message : messages) take(message);
}

void Listener::take(const SseMessage& message) {
  if (message.event == "reset") wants_state_ = true;
  if (message.event == "hello") take_hello(message);
  if (message.event == "message") take_event(message);
}

void Listener::take_hello(const SseMessage& message) {
  const auto hello = nlohmann::json::parse(message.data);
  if (from_now_ && !start_) {
    start_ = Cursor{hello.at("epoch").get<std::string>(), hello.at("head").get<std::uint64_t>()};
  }
  if (!message.id.empty()) last_id_ = message.id;
}

void Listener::take_event(const SseMessage& message) {
  const auto cursor = Cursor::parse(message.id);
  const auto before = last_id_.empty() ? start_ : Cursor::parse(last_id_);
  if (!cursor || (before && cursor->epoch != before->epoch)) {
    world_.violated(8, "listener {}: an event with the id {} came behind {}", index_, message.id,
                    last_id_);
    return;
  }
  const std::uint64_t expected = (before ? before->sequence : 0) + 1;
  const Log log = oracle_.log(space_, life_);
  if (cursor->sequence != expected || expected > log.size() ||
      log[expected - 1]->line != message.data) {
    world_.violated(8, "listener {}: {} came behind {}: {}", index_, message.id, last_id_,
                    message.data);
    return;
  }
  // A browser names the place where it is, and not what it had there. So where a log was put back
  // in its epoch and is as long again, nobody can tell it, and it goes on behind what it had.
  if (last_ && last_->sequence + 1 == expected && log[expected - 2] != last_) {
    world_.count("listeners that could not see a log put back");
  }
  last_ = log[expected - 1];
  last_id_ = message.id;
  world_.count("events heard by listeners");
}

// P8: the state is that of the sequence that it states.
void Listener::take_snapshot() {
  if (!is_whole(body_)) return;
  const std::size_t end = body_.find('\n');
  const auto header = nlohmann::json::parse(body_.substr(0, end));
  const auto cursor = Cursor::parse(header.at("cursor").get<std::string>());
  std::int64_t entities = header.at("entities").get<std::int64_t>();
  Entities got;
  EntityDecoder decoder;
  for (std::size_t at = end + 1; entities > 0; --entities) {
    const std::size_t stop = body_.find('\n', at);
    const auto record = decoder.decode(std::string_view(body_).substr(at, stop - at));
    if (!record) return world_.violated(8, "a snapshot has an entity that cannot be read");
    if (record->entity.lives()) got[record->subject] = shown_line(record->subject, record->entity);
    at = stop + 1;
  }
  const Log log = oracle_.log(space_, life_);
  if (cursor->sequence > log.size() || got != state_of(log.first(cursor->sequence), {})) {
    world_.violated(8, "listener {}: the snapshot at {} is not the state there", index_,
                    cursor->text());
  }
  last_id_ = cursor->text();
  last_.reset();
  wants_state_ = false;
  world_.count("snapshots heard by listeners");
}

void Listener::on_done(const Status& result) {
  const bool whole = result.ok() && status_ == 200;
  exchange_ = 0;
  if (!streaming_ && whole) take_snapshot();
  again();
}

bool Listener::settled() const {
  const std::uint64_t head = oracle_.head(space_);
  return (last_id_.empty() && head == 0) || last_id_ == Cursor{fleet_.epoch(space_), head}.text();
}

}  // namespace offsync::sim
