#include "sim/network.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/limits.h"

namespace offsync::sim {
namespace {

Error unreachable(const char* why) {
  return make_error(Errc::unreachable, "unreachable", why);
}

HttpHead head_of(const proxy::ApiAnswer& answer) {
  HttpHead head;
  head.status = answer.status;
  if (!answer.content_type.empty()) head.headers.emplace_back("content-type", answer.content_type);
  for (const auto& [name, value] : answer.headers) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    head.headers.emplace_back(std::move(lower), value);
  }
  return head;
}

}  // namespace

struct SimTransport::Exchange {
  SimTransport* owner = nullptr;  // nullptr: nobody listens any more
  Id id = 0;
  HttpHandler* handler = nullptr;
  std::int64_t machine = 0;
  Server* server = nullptr;  // that it was led to
  std::string target;
  std::int64_t last_ms = 0;     // nothing may arrive before what was sent before it
  std::int64_t cut_after = -1;  // bytes of the answer; -1: never
  bool stalls = false;          // where it would be cut nobody says so
  bool silent = false;          // cut or stalled: nothing more comes
  std::int64_t delivered = 0;
  // Of a stream
  int incarnation = 0;
  std::uint64_t stream = 0;
  std::int64_t in_flight = 0;
};

// The proxy's side of a stream.
struct SimTransport::StreamPipe final : Pipe {
  StreamPipe(Network& of, std::shared_ptr<Exchange> at) : network(of), exchange(std::move(at)) {}

  std::size_t write(const std::vector<std::string_view>& pieces) override {
    if (exchange->silent) return 0;  // nobody takes anything any more
    const std::int64_t room = network.world_.params.socket_bytes - exchange->in_flight;
    std::string bytes;
    for (const std::string_view piece : pieces) bytes += piece;
    bytes.resize(static_cast<std::size_t>(
        std::clamp<std::int64_t>(room, 0, static_cast<std::int64_t>(bytes.size()))));
    if (bytes.empty()) return 0;
    const std::size_t taken = bytes.size();
    exchange->in_flight += static_cast<std::int64_t>(taken);
    network.later(exchange, [this_network = &network, to = exchange, bytes = std::move(bytes)] {
      if (to->silent) return;
      to->in_flight -= static_cast<std::int64_t>(bytes.size());
      this_network->deliver(to, bytes);
      if (to->incarnation == to->server->incarnation()) {
        to->server->writable(to->stream);
      }
    });
    return taken;
  }
  void close() override {
    network.later(exchange, [this_network = &network, to = exchange] {
      if (!to->silent) this_network->end(to, {});
    });
  }

  Network& network;
  std::shared_ptr<Exchange> exchange;
};

SimTransport::SimTransport(Network& network, std::int64_t machine, std::function<void()> wake,
                           Heard heard)
    : network_(network), machine_(machine), wake_(std::move(wake)), heard_(std::move(heard)) {}

SimTransport::~SimTransport() {
  while (!exchanges_.empty()) cancel(exchanges_.begin()->first);
}

Transport::Id SimTransport::start(HttpRequest request, HttpHandler& handler) {
  auto exchange = std::make_shared<Exchange>();
  exchange->owner = this;
  exchange->id = next_++;
  exchange->handler = &handler;
  exchange->machine = machine_;
  exchange->target = request.target;
  exchanges_[exchange->id] = exchange;
  network_.send(exchange, std::move(request));
  return exchange->id;
}

void SimTransport::cancel(Id id) {
  const auto at = exchanges_.find(id);
  if (at == exchanges_.end()) return;
  const std::shared_ptr<Exchange> exchange = std::move(at->second);
  exchanges_.erase(at);
  exchange->owner = nullptr;
  exchange->silent = true;
  if (exchange->stream == 0) return;
  network_.world_.after(network_.latency(), [&server = *exchange->server, exchange] {
    if (exchange->incarnation == server.incarnation()) server.hang_up(exchange->stream);
  });
}

Network::Network(World& world, Fleet& fleet)
    : world_(world), fleet_(fleet), dice_(world.params.seed, "network") {
  fleet_.meanwhile = [this](Server& busy) { meanwhile(busy); };
}

bool Network::parted(std::int64_t machine) const {
  const auto at = parted_until_.find(machine);
  return world_.faults && at != parted_until_.end() && world_.now() < at->second;
}

void Network::later(const ExchangePtr& exchange, std::function<void()> what) {
  exchange->last_ms = std::max(exchange->last_ms, world_.now() + latency());
  world_.at(exchange->last_ms, std::move(what));
}

void Network::send(const ExchangePtr& exchange, HttpRequest request) {
  Served& served = served_[exchange->machine];
  served.by = exchange->server = &fleet_.next(served.by);
  if (fault(world_.params.refuse)) {
    world_.count("requests refused");
    return later(exchange, [this, exchange] { lose(exchange); });
  }
  if (request.timeout_ms > 0) {
    world_.after(request.timeout_ms, [this, exchange] {
      if (exchange->owner != nullptr) world_.count("requests timed out");
      end(exchange, unreachable("timed out"));
    });
  }
  const std::int64_t size = request.timeout_ms > 0 ? 3000 : 20'000;
  if (fault(world_.params.cut)) exchange->cut_after = dice_.chance(250) ? 0 : dice_.small(size);
  if (fault(world_.params.stall)) {
    exchange->cut_after = dice_.small(size);
    exchange->stalls = true;
  }
  const bool twice = request.method == "POST" && fault(world_.params.twice);
  if (twice) {
    world_.after(dice_.between(1, 20'000), [this, request] {
      if (!fleet_.up()) return;
      world_.count("requests delivered twice");
      (void)fleet_.handle(request);
    });
  }
  const auto arrival = std::make_shared<Arrival>(Arrival{exchange, std::move(request)});
  if (arrival->request.method == "POST") on_the_way_.push_back(arrival);
  later(exchange, [this, arrival] { arrive(*arrival); });
}

void Network::arrive(Arrival& arrival) {
  if (!std::exchange(arrival.over, true)) handle(arrival.exchange, arrival.request);
}

// What another proxy gets just now: what was on its way there, or a copy of what the busy one has.
void Network::meanwhile(Server& busy) {
  std::erase_if(on_the_way_, [](const std::weak_ptr<Arrival>& way) {
    const auto arrival = way.lock();
    return !arrival || arrival->over;
  });
  for (const std::weak_ptr<Arrival>& way : on_the_way_) {
    const auto arrival = way.lock();
    Server* server = arrival->exchange->server;
    if (server == &busy || !server->up() || dice_.chance(300)) continue;
    world_.count("pushes that came in the midst of a commit");
    return arrive(*arrival);
  }
  Server* other = fleet_.other_than(busy);
  if (other == nullptr || busy.handling() == nullptr) return;
  world_.count("pushes that two proxies had at once");
  (void)other->handle(HttpRequest(*busy.handling()));
}

void Network::handle(const ExchangePtr& exchange, const HttpRequest& request) {
  Server& server = *exchange->server;
  if (parted(exchange->machine) || !server.up()) {
    world_.count(server.up() ? "requests lost in a partition" : "requests to a proxy that is down");
    return lose(exchange);
  }
  if (exchange->cut_after == 0 && request.method == "POST" && dice_.chance(500)) {
    world_.count("requests cut");  // a short body changes nothing
    return lose(exchange);
  }
  auto answered = server.handle(request);
  if (!answered) return lose(exchange);
  if (request.method == "POST" && request.target.ends_with("/events")) {
    if (auto then = once_pushed_.extract(exchange->machine)) then.mapped()();
  }
  answer(exchange, std::move(*answered));
}

void Network::answer(const ExchangePtr& exchange, proxy::ApiAnswer answer) {
  const HttpHead head = head_of(answer);
  later(exchange, [this, exchange, head, life = fleet_.life()] {
    if (exchange->owner == nullptr || exchange->silent) return;
    if (parted(exchange->machine) || exchange->cut_after == 0) return lose(exchange);
    if (head.status == 200) exchange->owner->heard_(exchange->target, life);
    exchange->handler->on_head(head);
    if (exchange->owner != nullptr) exchange->owner->wake_();
  });
  if (answer.stream) return begin_stream(exchange, std::move(*answer.stream));
  std::string body = std::move(answer.body);
  while (answer.source) {
    const auto more = answer.source->next(body);
    if (!more || !*more) break;
  }
  for (std::size_t at = 0; at < body.size();) {
    const auto piece = static_cast<std::size_t>(dice_.between(1, 4000));
    later(exchange, [this, exchange, bytes = body.substr(at, piece)] { deliver(exchange, bytes); });
    at += piece;
  }
  later(exchange, [this, exchange] {
    if (!exchange->silent) end(exchange, {});
  });
}

void Network::begin_stream(const ExchangePtr& exchange, proxy::SubscribeRequest request) {
  Server* server = exchange->server;
  Server* before = std::exchange(served_[exchange->machine].stream_by, server);
  if (before != nullptr && before != server) world_.count("streams moved to another proxy");
  // The proxy has sent the head, and hands the connection to the hub a moment later.
  world_.after(dice_.below(5), [this, exchange, server, request = std::move(request),
                                mine = server->incarnation()] {
    if (mine != server->incarnation()) return lose(exchange);
    exchange->incarnation = mine;
    exchange->stream =
        server->open_stream(request, std::make_shared<SimTransport::StreamPipe>(*this, exchange));
    world_.count("streams");
    if (exchange->owner != nullptr) return;
    server->hang_up(exchange->stream);
  });
}

void Network::deliver(const ExchangePtr& exchange, std::string bytes) {
  if (exchange->owner == nullptr || exchange->silent) return;
  if (parted(exchange->machine)) return lose(exchange);
  const auto size = static_cast<std::int64_t>(bytes.size());
  const bool cut =
      world_.faults && exchange->cut_after >= 0 && exchange->delivered + size > exchange->cut_after;
  if (cut) {
    bytes.resize(static_cast<std::size_t>(
        std::max<std::int64_t>(0, exchange->cut_after - exchange->delivered)));
  }
  exchange->delivered += static_cast<std::int64_t>(bytes.size());
  if (!bytes.empty()) exchange->handler->on_data(bytes);
  if (cut && exchange->stream == 0 && !exchange->stalls && dice_.chance(200)) {
    // As behind a gateway that takes a closed connection for the end.
    world_.count("answers cut unsaid");
    return end(exchange, {});
  }
  if (cut) {
    world_.count(exchange->stream != 0 ? "streams cut" : "answers cut");
    return lose(exchange);
  }
  if (exchange->owner != nullptr) exchange->owner->wake_();
}

void Network::lose(const ExchangePtr& exchange) {
  if (exchange->silent) return;
  exchange->silent = true;
  if (world_.faults && (exchange->stalls || dice_.chance(world_.params.stall))) {
    world_.count("connections stalled");
    hanging_.push_back({exchange, world_.now()});
    return;
  }
  if (exchange->stream != 0 && exchange->incarnation == exchange->server->incarnation()) {
    exchange->server->hang_up(exchange->stream);
  }
  end(exchange, unreachable("the connection was lost"));
}

void Network::end(const ExchangePtr& exchange, Status result) {
  exchange->silent = true;
  SimTransport* owner = exchange->owner;
  if (owner == nullptr) return;
  exchange->owner = nullptr;
  owner->exchanges_.erase(exchange->id);
  const auto wake = owner->wake_;  // the owner may go
  exchange->handler->on_done(result);
  wake();
}

void Network::heal() {
  std::vector<Hanging> hanging;
  hanging.swap(hanging_);
  for (const auto& [weak, since] : hanging) {
    const ExchangePtr exchange = weak.lock();
    if (!exchange) continue;
    if (exchange->owner != nullptr && world_.now() - since > limits::kStreamDeadMs + 1000) {
      world_.violated(5, "a connection of machine {} was silent for {} ms and not given up",
                      exchange->machine, world_.now() - since);
    }
    if (exchange->stream != 0 && exchange->incarnation == exchange->server->incarnation()) {
      exchange->server->hang_up(exchange->stream);
    }
    end(exchange, unreachable("the connection was found dead"));
  }
}

}  // namespace offsync::sim
