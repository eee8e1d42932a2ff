#include "proxy/http_socket.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "proxy/http_body.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::int64_t kLingerMs = 1000;
constexpr std::size_t kLingerBytes = 16 * 1024 * 1024;
constexpr std::int64_t kCrowdedIdleMs = 50;
constexpr std::size_t kStallBytes = 4096;

// Whether `fd` is ready within `ms`.
bool wait_for(int fd, short what, std::int64_t ms) {
  pollfd entry{fd, what, 0};
  return ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(ms, 0, 3'600'000))) > 0;
}

class GuardedServerSocketImpl final : public Poco::Net::ServerSocketImpl {
 public:
  explicit GuardedServerSocketImpl(SharedRules rules) : rules_(std::move(rules)) {}

  Poco::Net::SocketImpl* acceptConnection(Poco::Net::SocketAddress& client) override {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    int fd = -1;
    do {
      fd = ::accept4(sockfd(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
      const int failure = errno;
      // Out of descriptors the connection stays readable: without a pause this would spin.
      if (failure == EMFILE || failure == ENFILE || failure == ENOBUFS || failure == ENOMEM) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
      error(failure);
    }
    client = Poco::Net::SocketAddress(reinterpret_cast<sockaddr*>(&address), size);
    return new GuardedSocket(fd, rules_);
  }

 private:
  SharedRules rules_;
};

}  // namespace

GuardedServerSocket::GuardedServerSocket(SharedRules rules)
    : ServerSocket(new GuardedServerSocketImpl(std::move(rules)), true) {}

GuardedSocket::GuardedSocket(poco_socket_t fd, SharedRules rules)
    : StreamSocketImpl(fd), rules_(std::move(rules)) {}

GuardedSocket::Got GuardedSocket::receive_more(std::int64_t deadline) {
  const auto before = in_.size();
  for (;;) {
    in_.resize(before + kReadBytes);
    const auto n = ::recv(sockfd(), in_.data() + before, kReadBytes, MSG_DONTWAIT);
    const int failure = errno;
    in_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n > 0) return Got::bytes;
    if (n == 0) return Got::end;
    if (failure == EINTR) continue;
    if (failure != EAGAIN && failure != EWOULDBLOCK) return Got::end;
    const auto left = deadline - rules_->clock->steady_ms();
    if (left <= 0 || !wait_for(sockfd(), POLLIN, left)) return Got::timeout;
  }
}

// Called by the library for a request's head. It gets the head and not a byte of what follows, so
// that its own buffer never holds part of a body or of the next request.
int GuardedSocket::receiveBytes(void* buffer, int length, int) {
  if (head_left_ == 0 && !read_head()) return 0;
  const auto n = std::min(head_left_, static_cast<std::size_t>(std::max(length, 0)));
  std::copy_n(in_.data(), n, static_cast<char*>(buffer));
  in_.erase(0, n);
  head_left_ -= n;
  return static_cast<int>(n);
}

bool GuardedSocket::read_head() {
  if (ended_ || body_pending_) return false;
  const auto deadline = rules_->clock->steady_ms() + rules_->header_ms;
  if (in_.rfind("\r\n", 0) == 0) in_.erase(0, 2);  // one empty line before a request is harmless
  std::size_t seen = 0;
  for (;;) {
    if (const auto problem = check_partial_head(in_, seen)) return refuse(*problem), false;
    const auto size = head_bytes(in_, seen);
    if (size) {
      auto checked = check_head(std::string_view(in_).substr(0, *size));
      if (const auto* problem = std::get_if<Problem>(&checked)) return refuse(*problem), false;
      framing_ = std::get<RequestHead>(checked).framing;
      body_pending_ = !framing_.none();
      head_left_ = *size;
      return true;
    }
    seen = in_.size();
    const auto got = receive_more(deadline);
    if (got == Got::bytes) continue;
    if (!in_.empty()) {
      refuse(got == Got::timeout ? Problem{408, "bad_request", "Request Timeout",
                                           fmt::format("the header was not complete within {} ms",
                                                       rules_->header_ms)}
                                 : Problem{400, "bad_request", "Bad Request",
                                           "the header ended before its empty line"});
    }
    ended_ = true;
    return false;
  }
}

std::variant<std::string, Problem> GuardedSocket::read_body() {
  BodyReader reader(framing_, rules_->body_bytes);
  body_pending_ = false;
  const auto deadline = rules_->clock->steady_ms() + rules_->body_ms;
  for (;;) {
    in_.erase(0, reader.feed(in_));
    if (reader.done()) return reader.take();
    auto problem = reader.problem();
    if (!problem) {
      const auto got = receive_more(deadline);
      if (got == Got::bytes) continue;
      problem = reader.cut();
      if (got == Got::timeout) {
        // Not a 400: the client may do better next time.
        problem = Problem{408, "short_body", "Request Timeout",
                          fmt::format("{} (it was given {} ms)", problem->detail, rules_->body_ms)};
      }
    }
    ended_ = true;
    return *problem;
  }
}

void GuardedSocket::refuse(const Problem& problem) {
  ended_ = true;
  if (rules_->refused) rules_->refused(problem);
  const auto body = encode_problem(problem);
  const auto answer = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n"
      "Offsync-Time: {}\r\nConnection: close\r\n\r\n{}",
      problem.status, problem.title, body.size(), rules_->clock->wall_ms(), body);
  try {
    sendBytes(answer.data(), static_cast<int>(answer.size()), 0);
    linger();
  } catch (const Poco::Exception&) {
    return;  // it did not wait for the answer
  }
}

void GuardedSocket::linger() {
  ended_ = true;
  ::shutdown(sockfd(), SHUT_WR);
  const auto deadline = rules_->clock->steady_ms() + kLingerMs;
  std::size_t drained = 0;
  do {
    drained += in_.size();
    in_.clear();
  } while (drained < kLingerBytes && receive_more(deadline) == Got::bytes);
  in_.clear();
}

int GuardedSocket::sendBytes(const void* buffer, int length, int) {
  const auto* bytes = static_cast<const char*>(buffer);
  const auto size = static_cast<std::size_t>(std::max(length, 0));
  std::size_t done = 0, done_then = 0;
  auto then = rules_->clock->steady_ms();
  while (done < size) {
    const auto n = ::send(sockfd(), bytes + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) error(errno);
    wait_for(sockfd(), POLLOUT, rules_->stall_ms);
    const auto now = rules_->clock->steady_ms();
    if (now - then < rules_->stall_ms) continue;
    if (done - done_then < kStallBytes) throw Poco::TimeoutException("the answer is not read");
    then = now;
    done_then = done;
  }
  return length;
}

// Called by the library to wait for a request. An idle connection gives its thread back when the
// server stops, or when somebody else waits for a thread.
bool GuardedSocket::poll(const Poco::Timespan& timeout, int mode) {
  if ((mode & Poco::Net::Socket::SELECT_READ) == 0) return StreamSocketImpl::poll(timeout, mode);
  if (!in_.empty()) return true;
  if (ended_) return false;
  const auto start = rules_->clock->steady_ms();
  const auto limit = timeout.totalMilliseconds();
  for (;;) {
    if (rules_->stopping) return false;
    const auto idle = rules_->clock->steady_ms() - start;
    if (idle >= limit) return false;
    if (idle >= kCrowdedIdleMs && rules_->crowded && rules_->crowded()) return false;
    if (wait_for(sockfd(), POLLIN, std::min<std::int64_t>(kCrowdedIdleMs, limit - idle)))
      return true;
  }
}

}  // namespace offsync::proxy
