// Channels that speak TLS.
#pragma once

#include <memory>
#include <mutex>

#include "proxy/http/channel.h"
#include "proxy/tls/identity.h"

namespace offsync::proxy {

// Takes the descriptor, as plain_channel() does. Null: no memory.
std::unique_ptr<Channel> tls_channel(int fd, const TlsIdentity& identity);

// The channels of a port that speaks plainly until it has an identity, and TLS from then on; each
// connection keeps the one that it began with.
class PortChannels final : public ChannelMaker {
 public:
  std::unique_ptr<Channel> make(int fd) override;
  void use(std::shared_ptr<const TlsIdentity> identity);
  bool tls() const;

 private:
  std::shared_ptr<const TlsIdentity> current() const;
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsIdentity> identity_;
};

}  // namespace offsync::proxy
