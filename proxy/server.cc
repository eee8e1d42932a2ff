#include "proxy/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/system_error.h"
#include "proxy/api/api.h"
#include "proxy/engine.h"
#include "proxy/hub/hub.h"
#include "proxy/ingest/follower.h"
#include "proxy/ingest/ingest.h"
#include "proxy/ops/metrics.h"
#include "proxy/tls/channel.h"

namespace offsync::proxy {
namespace {

ConnectionRules rules_of(const ServerOptions& options) {
  ConnectionRules rules;
  rules.header_ms = options.header_ms;
  rules.body_ms = options.body_ms;
  rules.idle_ms = options.idle_ms;
  rules.stall_ms = options.hub.stall_ms;
  return rules;
}

ApiOptions api_options(const ServerOptions& options) {
  ApiOptions out;
  out.cors_origins = options.cors_origins;
  out.spool_folder = options.spool_folder;
  out.bytes = options.limits.bytes;
  return out;
}

}  // namespace

struct Server::Impl {
  Impl(LogStore& s, Clock& c, Log& l, ServerOptions o)
      : options(std::move(o)),
        store(s),
        hub(store, c, l, metrics, options.hub, options.max_streams),
        follower([this] { return ingest.work(); }),
        ingest(store, c,
               [this](LogNews&& news) {
                 // A space that somebody only asked for is none.
                 if (news.head > 0) metrics.head(news.space, news.head);
                 hub.publish(news.space, news.epoch, news.head, std::move(news.entries));
               },
               {},
               {.wake = [this] { follower.wake(); },
                .take_over = [this] { follower.wake(); },
                .committed = [this](std::chrono::microseconds took,
                                    bool done) { metrics.commit(took.count(), done); }}),
        api(store, ingest, c, l, metrics, api_options(options)),
        engine({api, hub, channels, l, metrics, c}, rules_of(options), options.limits,
               options.threads) {}

  const ServerOptions options;
  Metrics metrics;
  LogStore& store;
  Hub hub;
  Follower follower;
  Ingest ingest;
  Api api;
  PortChannels channels;
  HttpEngine engine;
  std::uint16_t port = 0;
  bool running = false;

  Status start(BoundSocket socket);
  void stop();
  void count_heads();
};

Error cannot_listen(const std::string& host, std::uint16_t port, const std::string& why, Errc kind,
                    const char* hint) {
  return make_error(kind, "listen", fmt::format("cannot listen on {}:{}: {}", host, port, why),
                    hint);
}

constexpr const char* kWhoseIsIt =
    "is another program using this port, or is the address not this machine's?";

Result<BoundSocket> BoundSocket::bind(const std::string& host, std::uint16_t port) {
  try {
    const Poco::Net::SocketAddress address(host, port);
    Poco::Net::ServerSocket socket;
    if (address.family() == Poco::Net::SocketAddress::IPv6) {
      socket.bind6(address, true, false, true);
    } else {
      socket.bind(address, true, false);
    }
    const int fd = ::fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return cannot_listen(host, port, std::strerror(errno), Errc::io, "");
    return BoundSocket(fd, host, socket.address().port());
  } catch (const Poco::Net::DNSException&) {
    return cannot_listen(host, port, "the host name leads to no address", Errc::io,
                         "give an address of this machine, such as 127.0.0.1");
  } catch (const Poco::Exception& e) {
    return cannot_listen(host, port, e.message(), kind_of_errno(e.code()), kWhoseIsIt);
  }
}

BoundSocket::BoundSocket(BoundSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), host_(std::move(other.host_)), port_(other.port_) {}

BoundSocket::~BoundSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<int> BoundSocket::listen() && {
  if (::listen(fd_, kBacklog) != 0) {
    return cannot_listen(host_, port_, std::strerror(errno), kind_of_errno(errno), kWhoseIsIt);
  }
  return std::exchange(fd_, -1);
}

void Server::Impl::count_heads() {
  const auto spaces = store.spaces();
  if (!spaces) return;
  for (const auto& space : *spaces) {
    const auto at = store.space(space);
    if (at) metrics.head(space, at->head);
  }
}

Status Server::Impl::start(BoundSocket socket) {
  port = socket.port();
  OFFSYNC_ASSIGN(const int listener, std::move(socket).listen());
  OFFSYNC_TRY(hub.start());
  count_heads();
  OFFSYNC_TRY(engine.start(listener));
  follower.start();
  running = true;
  return {};
}

// The order matters: first nobody new, then those under way, then the streams.
void Server::Impl::stop() {
  if (!running) return;
  running = false;
  api.stop();
  engine.stop(options.drain_ms);
  ingest.stop();
  hub.stop();
  engine.join();
  follower.stop();
}

Server::Server(LogStore& store, Clock& clock, Log& log, ServerOptions options)
    : impl_(std::make_unique<Impl>(store, clock, log, std::move(options))) {}
Server::~Server() {
  stop();
}
Status Server::start() {
  OFFSYNC_ASSIGN(auto socket, BoundSocket::bind(impl_->options.host, impl_->options.port));
  return impl_->start(std::move(socket));
}
Status Server::start(BoundSocket socket) {
  return impl_->start(std::move(socket));
}
void Server::stop() {
  impl_->stop();
}
void Server::use_tls(std::shared_ptr<const TlsIdentity> identity) {
  impl_->metrics.certificate_expires = identity->not_after();
  impl_->channels.use(std::move(identity));
}
std::uint16_t Server::port() const {
  return impl_->port;
}

std::string Server::url() const {
  const char* scheme = impl_->channels.tls() ? "https" : "http";
  const bool v6 = impl_->options.host.find(':') != std::string::npos;
  return v6 ? fmt::format("{}://[{}]:{}", scheme, impl_->options.host, impl_->port)
            : fmt::format("{}://{}:{}", scheme, impl_->options.host, impl_->port);
}

}  // namespace offsync::proxy
