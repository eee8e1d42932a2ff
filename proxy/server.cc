#include "proxy/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>
#include <Poco/ThreadPool.h>
#include <fmt/format.h>
#include <sys/uio.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include "proxy/api.h"
#include "proxy/http_socket.h"
#include "proxy/hub.h"
#include "proxy/ingest.h"
#include "proxy/metered_store.h"
#include "proxy/metrics.h"

namespace offsync::proxy {
namespace {

constexpr int kBacklog = 1024;
constexpr int kQueuedConnections = 4096;
constexpr std::size_t kMaxPieces = 512;

// A connection taken from the HTTP library, as the hub wants it.
class DetachedSocket final : public StreamSocket {
 public:
  explicit DetachedSocket(const Poco::Net::StreamSocket& socket) : socket_(socket) {
    socket_.setBlocking(false);
  }
  ~DetachedSocket() override { socket_.close(); }
  DetachedSocket(const DetachedSocket&) = delete;
  DetachedSocket& operator=(const DetachedSocket&) = delete;

  int fd() const override { return socket_.impl()->sockfd(); }

  std::ptrdiff_t write(const std::vector<std::string_view>& pieces) override {
    iovec parts[kMaxPieces];
    const auto count = std::min(pieces.size(), kMaxPieces);
    for (std::size_t i = 0; i < count; ++i) {
      // sendmsg(2) does not write to what it sends.
      parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};  // NOLINT
    }
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    const auto n = ::sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return n;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
  }

 private:
  Poco::Net::StreamSocket socket_;
};

std::string_view reason_of(int status) {
  return Poco::Net::HTTPResponse::getReasonForStatus(
      static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
}

}  // namespace

struct Server::Impl {
  Impl(LogStore& s, Clock& c, Log& l, ServerOptions o)
      : options(std::move(o)),
        clock(c),
        log(l),
        store(s, metrics),
        hub(store, c, l, metrics, options.hub, options.max_streams),
        ingest(store, c,
               [this](const std::string& space, const std::string& epoch,
                      std::span<const LogEntry> entries) { hub.publish(space, epoch, entries); }),
        api(store, ingest, c, l, metrics, {options.cors_origins, 2000}),
        rules(std::make_shared<ConnectionRules>()) {}

  const ServerOptions options;
  Clock& clock;
  Log& log;
  Metrics metrics;
  MeteredStore store;
  Hub hub;
  Ingest ingest;
  Api api;
  SharedRules rules;
  std::atomic<int> active{0};  // requests under way
  std::unique_ptr<Poco::ThreadPool> threads;
  std::unique_ptr<Poco::Net::HTTPServer> http;
  std::optional<GuardedServerSocket> socket;
  std::uint16_t port = 0;
  bool running = false;

  Status start();
  void stop();
  Status listen();
  void count_heads();
};

namespace {

class Handler final : public Poco::Net::HTTPRequestHandler {
 public:
  struct Parts {
    Api& api;
    Hub& hub;
    Log& log;
    Metrics& metrics;
    Clock& clock;
    std::atomic<int>& active;
    const ConnectionRules& rules;
  };
  explicit Handler(const Parts& parts) : parts_(parts) {}

  void handleRequest(Poco::Net::HTTPServerRequest& request,
                     Poco::Net::HTTPServerResponse& response) override;

 private:
  void send(const ApiRequest& asked, ApiAnswer& answer, Poco::Net::HTTPServerResponse& response);
  void begin_stream(Poco::Net::HTTPServerRequestImpl& request, const ApiAnswer& answer,
                    SubscribeRequest subscription);
  void note(const ApiRequest& asked, const ApiAnswer& answer, std::int64_t since,
            const std::string& client);
  Parts parts_;
};

class Counted {
 public:
  explicit Counted(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<int>& count_;
};

void Handler::handleRequest(Poco::Net::HTTPServerRequest& request,
                            Poco::Net::HTTPServerResponse& response) {
  const Counted counted(parts_.active);
  const auto since = parts_.clock.steady_ms();
  auto& detachable = dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request);
  auto& socket = dynamic_cast<GuardedSocket&>(*detachable.socket().impl());
  ApiRequest asked;
  asked.method = request.getMethod();
  asked.target = request.getURI();
  asked.header = [&](const char* name) { return request.get(name, ""); };

  auto body = socket.read_body();
  const auto* problem = std::get_if<Problem>(&body);
  if (problem == nullptr) asked.body = std::move(std::get<std::string>(body));
  auto answer = problem == nullptr ? parts_.api.handle(asked) : parts_.api.refuse(asked, *problem);
  const auto client = request.clientAddress().toString();

  if (answer.stream && asked.method != "HEAD") {
    if (parts_.hub.reserve()) {
      auto subscription = std::move(*answer.stream);
      note(asked, answer, since, client);
      begin_stream(detachable, answer, std::move(subscription));
      return;
    }
    answer =
        parts_.api.refuse(asked, {503, "too_many_streams", "Service Unavailable",
                                  "the proxy has as many streams as it is allowed; try again"});
    answer.route = "stream";
  }
  if (problem != nullptr || answer.close || parts_.rules.stopping) response.setKeepAlive(false);
  note(asked, answer, since, client);
  send(asked, answer, response);
  if (problem != nullptr) socket.linger();
}

void Handler::note(const ApiRequest& asked, const ApiAnswer& answer, std::int64_t since,
                   const std::string& client) {
  parts_.metrics.request(answer.route, answer.status);
  if (!parts_.log.on(LogLevel::debug)) return;
  parts_.log.write(LogLevel::debug, "request",
                   {{"method", asked.method},
                    {"target", asked.target},
                    {"status", answer.status},
                    {"bytes", answer.spool ? answer.spool->size() : answer.body.size()},
                    {"ms", parts_.clock.steady_ms() - since},
                    {"client", client}});
}

void Handler::send(const ApiRequest& asked, ApiAnswer& answer,
                   Poco::Net::HTTPServerResponse& response) {
  response.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status),
                              std::string(reason_of(answer.status)));
  if (!answer.content_type.empty()) response.setContentType(answer.content_type);
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  const bool head = asked.method == "HEAD";
  if (!answer.close && answer.status != 204) {
    response.setContentLength64(
        static_cast<Poco::Int64>(answer.spool ? answer.spool->size() : answer.body.size()));
  }
  if (answer.spool && !head) {
    auto& out = response.send();
    const auto status = answer.spool->read([&](std::string_view bytes) {
      out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      return out.good();
    });
    out.flush();
    // The announced length is not reached: the client sees that, if the connection ends here.
    if (!status || !out.good()) response.setKeepAlive(false);
    if (!status) {
      parts_.log.write(LogLevel::error, "answer_cut", {{"reason", status.error().message()}});
    }
  } else if (head || answer.status == 204) {
    response.send().flush();
  } else {
    auto& out = response.send();
    out.write(answer.body.data(), static_cast<std::streamsize>(answer.body.size()));
    out.flush();
  }
}

// From here on the hub has the connection; this thread is free.
void Handler::begin_stream(Poco::Net::HTTPServerRequestImpl& request, const ApiAnswer& answer,
                           SubscribeRequest subscription) {
  std::string head = fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n", answer.content_type);
  for (const auto& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
  head += "Connection: close\r\n\r\n";
  subscription.preamble.insert(0, head);
  parts_.hub.add(std::make_unique<DetachedSocket>(request.detachSocket()), std::move(subscription));
}

class HandlerFactory final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit HandlerFactory(const Handler::Parts& parts) : parts_(parts) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(
      const Poco::Net::HTTPServerRequest&) override {
    return new Handler(parts_);
  }

 private:
  Handler::Parts parts_;
};

}  // namespace

Status Server::Impl::listen() {
  try {
    const Poco::Net::SocketAddress address(options.host, options.port);
    socket.emplace(rules);
    if (address.family() == Poco::Net::SocketAddress::IPv6) {
      socket->bind6(address, true, false, true);
    } else {
      socket->bind(address, true, false);
    }
    socket->listen(kBacklog);
    port = socket->address().port();
    return {};
  } catch (const Poco::Net::DNSException&) {
    return make_error(Errc::io, "listen",
                      fmt::format("cannot listen on {}:{}: the host name leads to no address",
                                  options.host, options.port),
                      "give an address of this machine, such as 127.0.0.1");
  } catch (const Poco::Exception& e) {
    return make_error(
        Errc::io, "listen",
        fmt::format("cannot listen on {}:{}: {}", options.host, options.port, e.message()),
        "is another program using this port, or is the address not this machine's?");
  }
}

void Server::Impl::count_heads() {
  const auto spaces = store.spaces();
  if (!spaces) return;
  for (const auto& space : *spaces) {
    const auto at = store.space(space);
    if (at) metrics.head(space, at->head);
  }
}

Status Server::Impl::start() {
  rules->clock = &clock;
  rules->header_ms = options.header_ms;
  rules->body_ms = options.body_ms;
  rules->idle_ms = options.idle_ms;
  rules->stall_ms = options.hub.stall_ms;
  rules->body_bytes = limits::kBodyBytes;
  rules->crowded = [this] { return http->queuedConnections() > 0; };
  rules->refused = [this](const Problem& problem) {
    metrics.request("refused", problem.status);
    log.write(LogLevel::debug, "refused", {{"status", problem.status}, {"reason", problem.detail}});
  };
  OFFSYNC_TRY(listen());
  OFFSYNC_TRY(hub.start());
  count_heads();
  threads = std::make_unique<Poco::ThreadPool>(
      static_cast<int>(std::min<std::size_t>(options.threads, 4)),
      static_cast<int>(options.threads), 60);
  Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
  params->setMaxThreads(static_cast<int>(options.threads));
  params->setMaxQueued(kQueuedConnections);
  params->setKeepAlive(true);
  params->setTimeout(Poco::Timespan(options.header_ms * 1000));
  params->setKeepAliveTimeout(Poco::Timespan(options.idle_ms * 1000));
  const Handler::Parts parts{api, hub, log, metrics, clock, active, *rules};
  http =
      std::make_unique<Poco::Net::HTTPServer>(new HandlerFactory(parts), *threads, *socket, params);
  http->start();
  running = true;
  return {};
}

// The order matters: first nobody new, then those under way, then the streams, then by force.
void Server::Impl::stop() {
  if (!running) return;
  running = false;
  rules->stopping = true;
  api.stop();
  http->stop();
  socket->close();
  const auto until = clock.steady_ms() + options.drain_ms;
  while (active > 0 && clock.steady_ms() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  hub.stop();
  http->stopAll(true);
  threads->joinAll();
}

Server::Server(LogStore& store, Clock& clock, Log& log, ServerOptions options)
    : impl_(std::make_unique<Impl>(store, clock, log, std::move(options))) {}
Server::~Server() {
  stop();
}
Status Server::start() {
  return impl_->start();
}
void Server::stop() {
  impl_->stop();
}
std::uint16_t Server::port() const {
  return impl_->port;
}

std::string Server::url() const {
  const bool v6 = impl_->options.host.find(':') != std::string::npos;
  return v6 ? fmt::format("http://[{}]:{}", impl_->options.host, impl_->port)
            : fmt::format("http://{}:{}", impl_->options.host, impl_->port);
}

}  // namespace offsync::proxy
