// Network: between the machines. It delays, refuses, cuts at any byte, delivers requests twice,
// lets connections go silent, and is parted.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/dice.h"
#include "sim/fleet.h"
#include "sim/world.h"
#include "wire/transport.h"

namespace offsync::sim {

class Network;

// One process's connections. After it is gone nothing of them is heard.
class SimTransport final : public Transport {
 public:
  // `wake` is called after something came in; `heard` when a 200 begins, with its target and with
  // the life of the logs that it tells of (see Oracle).
  using Heard = std::function<void(const std::string& target, std::uint64_t life)>;
  SimTransport(Network& network, std::int64_t machine, std::function<void()> wake, Heard heard);
  ~SimTransport() override;
  Id start(HttpRequest request, HttpHandler& handler) override;
  void cancel(Id id) override;
  void poll(std::int64_t /*wait_ms*/) override {}  // the world delivers

 private:
  friend class Network;
  struct Exchange;
  struct StreamPipe;
  Network& network_;
  std::int64_t machine_;
  std::function<void()> wake_;
  Heard heard_;
  std::map<Id, std::shared_ptr<Exchange>> exchanges_;
  Id next_ = 1;
};

class Network {
 public:
  Network(World& world, Fleet& fleet);

  void part(std::int64_t machine, std::int64_t until_ms) { parted_until_[machine] = until_ms; }
  // `what` happens when the next push of the machine has been handled, before it is answered.
  void once_pushed(std::int64_t machine, std::function<void()> what) {
    once_pushed_[machine] = std::move(what);
  }
  // The faults are over: what hangs is cut.
  void heal();

 private:
  friend class SimTransport;
  using ExchangePtr = std::shared_ptr<SimTransport::Exchange>;
  bool parted(std::int64_t machine) const;
  bool fault(std::int64_t permille) { return world_.faults && dice_.chance(permille); }
  std::int64_t latency() { return dice_.between(1, world_.faults ? world_.params.latency_ms : 20); }
  void send(const ExchangePtr& exchange, HttpRequest request);
  struct Arrival {
    ExchangePtr exchange;
    HttpRequest request;
    bool over = false;
  };
  void arrive(Arrival& arrival);
  void handle(const ExchangePtr& exchange, const HttpRequest& request);
  void meanwhile(Server& busy);
  void answer(const ExchangePtr& exchange, proxy::ApiAnswer answer);
  void begin_stream(const ExchangePtr& exchange, proxy::SubscribeRequest request);
  void deliver(const ExchangePtr& exchange, std::string bytes);
  // No answer, or no more of it: the client hears that, or nothing ever.
  void lose(const ExchangePtr& exchange);
  void end(const ExchangePtr& exchange, Status result);
  // Calls `what` a little later, and behind all that was scheduled before on this connection.
  void later(const ExchangePtr& exchange, std::function<void()> what);

  World& world_;
  Fleet& fleet_;
  Dice dice_;
  std::map<std::int64_t, std::int64_t> parted_until_;
  struct Served {
    Server* by = nullptr;
    Server* stream_by = nullptr;
  };
  std::map<std::int64_t, Served> served_;          // by machine
  std::deque<std::weak_ptr<Arrival>> on_the_way_;  // pushes
  std::map<std::int64_t, std::function<void()>> once_pushed_;
  struct Hanging {
    std::weak_ptr<SimTransport::Exchange> exchange;
    std::int64_t since_ms;
  };
  std::vector<Hanging> hanging_;
};

}  // namespace offsync::sim
