// The proxy's own sockets under the HTTP library: they let only whole, checked request heads
// through, read bodies themselves, and hold every deadline over a whole header, body or answer. A
// deadline for each read would let a client that sends a byte a second keep a thread for ever.
#pragma once

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "base/ports.h"
#include "proxy/http_head.h"
#include "wire/outcome.h"

namespace offsync::proxy {

// What all connections of a server share. Callbacks come from any of its threads.
struct ConnectionRules {
  Clock* clock = nullptr;
  std::int64_t header_ms = 10'000;
  std::int64_t body_ms = 60'000;
  std::int64_t idle_ms = 15'000;   // between the requests of a connection
  std::int64_t stall_ms = 30'000;  // an answer whose reader takes less than 4 KiB in this time
  std::size_t body_bytes = 0;
  std::function<bool()> crowded;  // somebody waits for the thread of an idle connection
  std::function<void(const Problem&)> refused;  // a head was refused
  std::atomic<bool> stopping{false};
};
using SharedRules = std::shared_ptr<ConnectionRules>;

class GuardedSocket final : public Poco::Net::StreamSocketImpl {
 public:
  GuardedSocket(poco_socket_t fd, SharedRules rules);

  // The body of the request whose head was read last, or why there is none.
  std::variant<std::string, Problem> read_body();
  // For an answer after which the connection ends though its client may still be sending: lets the
  // answer arrive, which a close with bytes unread would prevent.
  void linger();

  using StreamSocketImpl::receiveBytes;
  using StreamSocketImpl::sendBytes;
  int receiveBytes(void* buffer, int length, int flags) override;
  int sendBytes(const void* buffer, int length, int flags) override;
  bool poll(const Poco::Timespan& timeout, int mode) override;

 private:
  enum class Got { bytes, end, timeout };
  Got receive_more(std::int64_t deadline);
  bool read_head();
  void refuse(const Problem& problem);

  SharedRules rules_;
  std::string in_;             // received and not yet taken
  std::size_t head_left_ = 0;  // bytes of in_ that are a checked head
  Framing framing_;
  bool body_pending_ = false;  // of the last head, and nobody read it
  bool ended_ = false;         // refused or cut: no further request
};

// Accepts GuardedSockets.
class GuardedServerSocket final : public Poco::Net::ServerSocket {
 public:
  explicit GuardedServerSocket(SharedRules rules);
};

}  // namespace offsync::proxy
