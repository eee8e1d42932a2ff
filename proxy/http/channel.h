// A connection's bytes, whatever carries them: a plain socket, or TLS over one. Whoever has a
// channel knows neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace offsync::proxy {

// Belongs to one thread at a time. Closed on destruction, which looks like a failure to a peer that
// can tell (TLS), unless notify_close() was called.
class Channel {
 public:
  static constexpr std::ptrdiff_t kNone = 0;     // nothing now: epoll tells when
  static constexpr std::ptrdiff_t kEnded = -1;   // the peer sends no more
  static constexpr std::ptrdiff_t kFailed = -2;  // the connection is broken
  // There is no handshake to be had. The peer was told why: let it read that while it still sends.
  static constexpr std::ptrdiff_t kToldOff = -3;
  // Room that a read needs, so that nothing stays in the channel, where epoll sees no bytes.
  static constexpr std::size_t kReadRoom = 16 * 1024;

  virtual ~Channel() = default;
  virtual int fd() const = 0;  // non-blocking; for epoll alone

  // False during a handshake. read() goes on with it, in vain until it is done.
  virtual bool open() const { return true; }
  // Whether the peer speaks without TLS where it should speak with it. What it sends is read all
  // the same, and can be answered.
  virtual bool in_clear() const { return false; }
  // What epoll is to wait for (EPOLLIN, EPOLLOUT) so that read() or write() can go on. With TLS a
  // write may wait for bytes to come, and a read for room.
  virtual std::uint32_t wants(bool to_read, bool to_write) const = 0;

  // How many bytes were read, or kNone, kEnded, kFailed, kToldOff. `size` is at least kReadRoom.
  virtual std::ptrdiff_t read(char* into, std::size_t size) = 0;
  // How many bytes were taken, or kNone, kFailed.
  virtual std::ptrdiff_t write(const std::vector<std::string_view>& pieces) = 0;
  // So many of the bytes that the last write() did not take are under way already: the next one
  // begins with the same.
  virtual std::size_t begun() const { return 0; }

  // All was written, and the end that follows is meant: the peer is told so. False: not yet, as
  // there is no room; again once it can be written. Nothing is written after it.
  virtual bool notify_close() { return true; }
  // The same, and we send no more; what was written still arrives.
  virtual bool end_writing() = 0;
  // Closing shall look like a failure to the peer, not like an end.
  virtual void reset() = 0;
  // Why it failed, for the log; empty where the socket's end says it all.
  virtual std::string trouble() const { return {}; }
};

// Takes the descriptor, which is a connected, non-blocking stream socket.
std::unique_ptr<Channel> plain_channel(int fd);

// Makes the channels of a port. Thread-safe.
class ChannelMaker {
 public:
  virtual ~ChannelMaker() = default;
  // Takes the descriptor, as plain_channel() does. Null where there is no memory for it.
  virtual std::unique_ptr<Channel> make(int fd) = 0;
};

}  // namespace offsync::proxy
