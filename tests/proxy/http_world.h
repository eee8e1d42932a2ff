// A server in this process with a store in memory, and a client that sends the bytes it is told.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/ports.h"
#include "proxy/server.h"
#include "proxy/store/memory_log_store.h"
#include "wire/cursor.h"
#include "wire/sse.h"

namespace offsync::proxy::test {

inline ServerOptions quick() {
  ServerOptions options;
  options.threads = 4;
  options.header_ms = 400;
  options.body_ms = 600;
  options.hub.heartbeat_ms = 200;
  return options;
}

struct Answered {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool cut = false;  // a chunked body had no last chunk
  std::string code() const { return between(body, "\"code\":\"", "\""); }
  static std::string between(const std::string& text, const std::string& from,
                             const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos) return {};
    return text.substr(at + from.size(), text.find(to, at + from.size()) - at - from.size());
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  virtual ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  virtual bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void end() { ::shutdown(fd_, SHUT_WR); }

  // More bytes into in_; false at the end or after `ms` without any.
  virtual bool receive(int ms = 5000) {
    pollfd entry{fd_, POLLIN, 0};
    if (::poll(&entry, 1, ms) <= 0) return false;
    char bytes[65536];
    const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) {
      ended = true;
      return false;
    }
    in.append(bytes, static_cast<std::size_t>(n));
    return true;
  }
  // Up to the end of the connection.
  bool receive_all(int ms = 5000) {
    while (receive(ms)) {
    }
    return ended;
  }

  // The next answer on this connection (with Content-Length, or up to the end).
  Answered answer(bool head_only = false) {
    while (in.find("\r\n\r\n") == std::string::npos && receive()) {
    }
    Answered out;
    const auto end = in.find("\r\n\r\n");
    if (end == std::string::npos) return out;
    out.status = std::stoi(in.substr(9, 3));
    std::size_t at = in.find("\r\n") + 2;
    while (at < end + 2) {
      const auto line = in.substr(at, in.find("\r\n", at) - at);
      const auto colon = line.find(": ");
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      out.headers[name] = line.substr(colon + 2);
      at += line.size() + 2;
    }
    in.erase(0, end + 4);
    if (head_only || out.status == 204 || out.status == 100) return out;
    if (out.headers["transfer-encoding"] == "chunked") {
      out.cut = !take_chunks(out.body);
      return out;
    }
    const auto length = out.headers.find("content-length");
    if (length == out.headers.end()) {
      receive_all();
      out.body.swap(in);
      return out;
    }
    const auto size = std::stoul(length->second);
    while (in.size() < size && receive()) {
    }
    out.body = in.substr(0, size);
    in.erase(0, size);
    return out;
  }

  // The chunks of a body; false where the last one is missing.
  bool take_chunks(std::string& body) {
    for (;;) {
      while (in.find("\r\n") == std::string::npos && receive()) {
      }
      const auto end = in.find("\r\n");
      if (end == std::string::npos) return false;
      const auto size = std::stoul(in.substr(0, end), nullptr, 16);
      while (in.size() < end + 4 + size && receive()) {
      }
      if (in.size() < end + 4 + size) return false;
      body += in.substr(end + 2, size);
      in.erase(0, end + 4 + size);
      if (size == 0) return true;
    }
  }

  Answered get(const std::string& target, const std::string& fields = {}) {
    send("GET " + target + " HTTP/1.1\r\nHost: t\r\n" + fields + "\r\n");
    return answer();
  }
  Answered post(const std::string& target, const std::string& type, const std::string& body,
                const std::string& fields = {}) {
    send("POST " + target + " HTTP/1.1\r\nHost: t\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
    return answer();
  }

  std::string in;
  bool ended = false;
  bool clean = true;  // the end was meant, as far as one can tell

 private:
  int fd_ = -1;
  bool connected_ = false;
};

// A stream's client: messages as EventSource would dispatch them.
class StreamClient {
 public:
  StreamClient(std::uint16_t port, const std::string& target, const std::string& fields = {},
               int receive_buffer = 0)
      : raw(port, receive_buffer) {
    raw.send("GET " + target + " HTTP/1.1\r\nHost: t\r\nAccept: text/event-stream\r\n" + fields +
             "\r\n");
  }
  // Reads until there are `n` messages in all, the stream ends, or `ms` have passed.
  bool wait_for(std::size_t n, int ms = 20'000) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    for (;;) {
      take();
      if (messages.size() >= n) return true;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      if (!raw.receive(static_cast<int>(std::max<std::int64_t>(left.count(), 0)))) return false;
    }
  }
  void take() {
    if (head.empty()) {
      const auto end = raw.in.find("\r\n\r\n");
      if (end == std::string::npos) return;
      head = raw.in.substr(0, end + 4);
      raw.in.erase(0, end + 4);
    }
    bytes += raw.in;
    (void)parser.feed(raw.in, messages);
    raw.in.clear();
  }
  std::vector<std::uint64_t> seen() const {
    std::vector<std::uint64_t> out;
    for (const auto& message : messages) {
      if (message.event == "message") out.push_back(Cursor::parse(message.id)->sequence);
    }
    return out;
  }

  RawClient raw;
  SseParser parser;
  std::vector<SseMessage> messages;
  std::string head, bytes;
};

struct HttpWorld {
  // `shared`: the log of another one, which has the same database then.
  explicit HttpWorld(ServerOptions options = quick(), std::shared_ptr<MemoryLog> shared = nullptr)
      : store(shared ? std::move(shared) : std::make_shared<MemoryLog>("ep0ch")),
        null(::open("/dev/null", O_WRONLY | O_CLOEXEC)),
        log(clock, LogLevel::debug, LogFormat::text, null),
        server(store, clock, log, std::move(options)) {
    if (const auto status = server.start(); !status) {
      throw std::runtime_error(status.error().message());
    }
  }
  ~HttpWorld() {
    server.stop();
    ::close(null);
  }
  std::uint16_t port() const { return server.port(); }

  // One event a line, clientseq from `first` on; source /c.
  static std::string events(std::uint64_t first, std::uint64_t last,
                            const std::string& type = "t.a", std::size_t pad = 0) {
    std::string out;
    for (auto n = first; n <= last; ++n) {
      const auto id = std::to_string(n);
      out += R"({"specversion":"1.0","id":"id-)" + id + R"(","source":"/c","type":")" + type +
             R"(","subject":"k/)" + std::to_string(n % 7) +
             R"(","time":"2023-11-14T22:13:20Z","clientseq":")" + id + R"(","data":{"set":{"n":)" +
             id + R"(},"p":")" + std::string(pad, 'x') + "\"}}\n";
    }
    return out;
  }
  // Appends them.
  Answered push(std::uint64_t first, std::uint64_t last, const std::string& type = "t.a",
                std::size_t pad = 0) {
    RawClient client(port());
    return client.post("/v1/spaces/s/events", "application/x-ndjson",
                       events(first, last, type, pad));
  }

  SystemClock clock;
  // The epoch of its space "s" is ep0ch and eight letters more (space_epoch.h).
  MemoryLogStore store;
  int null;
  Log log;
  Server server;
};

}  // namespace offsync::proxy::test
