#include "proxy/http/channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace offsync::proxy {
namespace {

constexpr std::size_t kMaxPieces = 512;  // of one write; IOV_MAX is 1024

bool for_now(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int fd) : fd_(fd) {}
  ~PlainChannel() override { ::close(fd_); }
  PlainChannel(const PlainChannel&) = delete;
  PlainChannel& operator=(const PlainChannel&) = delete;

  int fd() const override { return fd_; }

  std::uint32_t wants(bool to_read, bool to_write) const override {
    return (to_read ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
           (to_write ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  }

  std::ptrdiff_t read(char* into, std::size_t size) override {
    const auto n = ::recv(fd_, into, size, MSG_DONTWAIT);
    if (n > 0) return n;
    if (n == 0) return kEnded;
    return for_now(errno) ? kNone : kFailed;
  }

  std::ptrdiff_t write(const std::vector<std::string_view>& pieces) override {
    std::array<iovec, kMaxPieces> parts;
    const auto count = std::min(pieces.size(), kMaxPieces);
    for (std::size_t i = 0; i < count; ++i) {
      // sendmsg(2) does not write to what it sends.
      parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};  // NOLINT
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const auto n = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return n;
    return for_now(errno) ? kNone : kFailed;
  }

  bool end_writing() override {
    ::shutdown(fd_, SHUT_WR);
    return true;
  }

  void reset() override {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

 private:
  int fd_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(int fd) {
  return std::make_unique<PlainChannel>(fd);
}

}  // namespace offsync::proxy
