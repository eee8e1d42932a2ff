// Listener: a plain client of the event stream, as a browser's EventSource is one. It knows the
// protocol only: it resumes by Last-Event-ID, and after a reset takes the state and goes on from
// it. Every third one begins at the head, and misses nothing from then on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/network.h"
#include "sim/oracle.h"
#include "sim/world.h"
#include "wire/cursor.h"
#include "wire/sse.h"

namespace offsync::sim {

class Listener final : public HttpHandler {
 public:
  Listener(World& world, Oracle& oracle, Fleet& fleet, Network& network, std::int64_t index);
  ~Listener() override;

  void begin();
  bool settled() const;
  std::string place() const { return fmt::format("listener {} is at {}", index_, last_id_); }

 private:
  void on_head(const HttpHead& head) override { status_ = head.status; }
  void on_data(std::string_view bytes) override;
  void on_done(const Status& result) override;
  void connect(std::string target, bool stream);
  void take(const SseMessage& message);
  void take_hello(const SseMessage& message);
  void take_event(const SseMessage& message);
  void take_snapshot();
  void watch_over(int connection);
  void again();

  World& world_;
  Oracle& oracle_;
  Fleet& fleet_;
  const std::int64_t index_;
  const std::string space_;
  SimTransport transport_;
  Transport::Id exchange_ = 0;
  bool streaming_ = false, wants_state_ = false;
  int status_ = 0;
  std::uint64_t life_ = 0;  // of the log that the connection tells of
  int connection_ = 0;
  std::int64_t last_byte_ms_ = 0;
  std::string body_;
  std::unique_ptr<SseParser> parser_;
  std::string last_id_;
  const bool from_now_;          // as an address with after=now is opened, again and again
  std::optional<Cursor> start_;  // where it began: what it is told first
  EventPtr last_;                // what it has heard there
};

}  // namespace offsync::sim
