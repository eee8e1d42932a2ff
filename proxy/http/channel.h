// A connection's bytes, whatever carries them: today a plain socket. Whoever has a channel knows
// neither sockets nor (one day) TLS.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace offsync::proxy {

// Belongs to one thread at a time. Closed on destruction.
class Channel {
 public:
  static constexpr std::ptrdiff_t kNone = 0;     // nothing now: epoll tells when
  static constexpr std::ptrdiff_t kEnded = -1;   // the peer sends no more
  static constexpr std::ptrdiff_t kFailed = -2;  // the connection is broken

  virtual ~Channel() = default;
  virtual int fd() const = 0;  // non-blocking; for epoll alone

  // How many bytes were read, or kNone, kEnded, kFailed.
  virtual std::ptrdiff_t read(char* into, std::size_t size) = 0;
  // How many bytes were taken, or kNone, kFailed.
  virtual std::ptrdiff_t write(const std::vector<std::string_view>& pieces) = 0;
  // We send no more; what was written still arrives.
  virtual void end_writing() = 0;
  // Closing shall look like a failure to the peer, not like an end.
  virtual void reset() = 0;
};

// Takes the descriptor, which is a connected, non-blocking stream socket.
std::unique_ptr<Channel> plain_channel(int fd);

}  // namespace offsync::proxy
