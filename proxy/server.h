// The proxy as one object: HTTP server, ingest and hub around a log store. main() runs one; tests
// run many in one process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ports.h"
#include "base/result.h"
#include "proxy/ops/logger.h"
#include "proxy/options.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

class TlsIdentity;

// A port that is ours, at which nobody is listened to yet.
class BoundSocket {
 public:
  // Errors: io, auth `listen`.
  static Result<BoundSocket> bind(const std::string& host, std::uint16_t port);
  BoundSocket(BoundSocket&& other) noexcept;
  BoundSocket& operator=(BoundSocket&&) = delete;
  ~BoundSocket();
  std::uint16_t port() const { return port_; }
  // From now on callers wait in its queue. Its descriptor, which is the caller's.
  Result<int> listen() &&;

 private:
  BoundSocket(int fd, std::string host, std::uint16_t port)
      : fd_(fd), host_(std::move(host)), port_(port) {}
  int fd_;
  std::string host_;
  std::uint16_t port_;
};

class Server {
 public:
  // What is given must outlive it; `store` and `clock` must be thread-safe.
  Server(LogStore& store, Clock& clock, Log& log, ServerOptions options);
  ~Server();

  // From now on connections that come speak TLS, as this one; those that are there go on as they
  // began. Thread-safe.
  void use_tls(std::shared_ptr<const TlsIdentity> identity);

  // Listens and serves. Errors: io, auth `listen`.
  Status start();
  Status start(BoundSocket socket);
  // Takes nothing new, lets requests that are under way finish (at most drain_ms), ends the
  // streams. Everything that was acknowledged is in the store. Idempotent.
  void stop();

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8080", "https://[::1]:8443"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync::proxy
