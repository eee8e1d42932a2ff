// What many small senders get: POSTs of one event each, all of them durable before their answer.
//
// In turn, on one proxy: 64 connections to one space; 64 connections to a space each; one
// connection, which waits for each answer, beside a bare SQLite loop that commits as often (WAL,
// synchronous=FULL, a row of as many bytes and a row of its entity). Events a second.
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>

#include "bench/bench.h"
#include "bench/database.h"
#include "bench/failure.h"
#include "bench/proxy_child.h"
#include "bench/stats.h"
#include "bench/temp_dir.h"

namespace offsync::bench {
namespace {

constexpr int kMany = 64;  // connections
constexpr int kFew = 20;   // events of one connection
constexpr std::size_t kLineBytes = 330;

// Sends one event after the other, each when the one before was answered.
class Sender {
 public:
  Sender(const std::string& port, std::string space, std::string source)
      : space_(std::move(space)), source_(std::move(source)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw Failure("cannot connect to the proxy");
    }
  }
  ~Sender() {
    if (fd_ >= 0) ::close(fd_);
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  int fd() const { return fd_; }

  void send_next() {
    const std::string body = fmt::format(
        R"({{"specversion":"1.0","id":"{}","source":"{}","type":"todo.changed","subject":"todo/{}",)"
        R"("time":"2026-11-14T22:13:20Z","clientseq":"{}","data":{{"set":{{"note":"{:x>100}"}}}}}})",
        sent_ + 1, source_, sent_ % 16, sent_ + 1, sent_);
    ++sent_;
    const std::string request = fmt::format(
        "POST /v1/spaces/{}/events HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-ndjson"
        "\r\nContent-Length: {}\r\n\r\n{}",
        space_, body.size(), body);
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      throw Failure("the proxy does not take a request");
    }
  }

  // Takes what has come; whether that was the rest of an answer.
  bool receive() {
    char bytes[4096];
    const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) throw Failure("the proxy has closed a connection");
    in_.append(bytes, static_cast<std::size_t>(n));
    if (in_.empty() || in_.back() != '\n' || in_.find("\r\n\r\n{") == std::string::npos) {
      return false;
    }
    if (in_.find("\"outcome\":\"accepted\"") == std::string::npos) throw Failure("refused: " + in_);
    in_.clear();
    return true;
  }

 private:
  int fd_ = -1;
  const std::string space_, source_;
  std::string in_;
  std::uint64_t sent_ = 0;
};

double rate_of(int events, std::chrono::steady_clock::time_point since) {
  return events / std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

class Posts {
 public:
  explicit Posts(const Setup& setup)
      : setup_(setup), dir_(setup.parent), proxy_(setup, dir_), bare_(dir_ / "bare.db") {
    bare_.exec(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=16000;"
        "CREATE TABLE event(id BLOB PRIMARY KEY, line BLOB NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE entity(key INTEGER PRIMARY KEY, record BLOB NOT NULL)");
  }

  void measure() {
    const int many = setup_.size(3200);
    const auto post_many = [&](int spaces) {
      settle_disk(dir_.path());
      return post(kMany, spaces, many);
    };
    const auto many_rates =
        take_turns(setup_.rounds, {{"one space", [&] { return post_many(1); }},
                                   {"64 spaces", [&] { return post_many(kMany); }}});
    // A disk is fast and slow by turns: short ones, so that both meet the same.
    const auto lone_rates =
        take_turns(setup_.size(100), {{"one connection", [&] { return post(1, 1, kFew); }},
                                      {"bare SQLite", [&] { return commit(kFew); }}});
    setup_.report.add({"posts.64_connections", "events/s", many_rates[0]});
    setup_.report.add({"posts.64_spaces", "events/s", many_rates[1], "64 connections to one space",
                       many_rates[0], Target::at_least(0.8)});
    setup_.report.add({"posts.one_connection", "events/s", lone_rates[0],
                       "bare SQLite, one commit an event", lone_rates[1], Target::at_least(0.85)});
    proxy_.stop();
  }

 private:
  double post(int connections, int spaces, int events) {
    ++turn_;
    std::vector<std::unique_ptr<Sender>> senders;
    std::vector<pollfd> polled;
    for (int i = 0; i < connections; ++i) {
      senders.push_back(std::make_unique<Sender>(proxy_.port(), fmt::format("s{}", i % spaces),
                                                 fmt::format("/bench/{}/{}", turn_, i)));
      polled.push_back({senders.back()->fd(), POLLIN, 0});
    }
    const auto begun = std::chrono::steady_clock::now();
    int sent = 0;
    for (; sent < std::min(connections, events); ++sent) {
      senders[static_cast<std::size_t>(sent)]->send_next();
    }
    for (int answered = 0; answered < events;) {
      throw_if_interrupted();
      if (::poll(polled.data(), polled.size(), 60'000) <= 0) {
        throw_if_interrupted();
        throw Failure("the proxy hangs");
      }
      for (std::size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].revents == 0 || !senders[i]->receive()) continue;
        ++answered;
        if (sent++ < events) senders[i]->send_next();
      }
    }
    return rate_of(events, begun);
  }

  double commit(int events) {
    Query begin(bare_, "BEGIN IMMEDIATE"), end(bare_, "COMMIT");
    Query event(bare_, "INSERT INTO event VALUES (?, ?)");
    Query entity(bare_, "REPLACE INTO entity VALUES (?, ?)");
    const std::string line(kLineBytes, 'x');
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < events; ++i) {
      begin.run();
      const std::string id = fmt::format("{:016}", ++rows_);
      event.blob(1, id).blob(2, line).run();
      entity.number(1, i % 16).blob(2, line).run();
      end.run();
    }
    return rate_of(events, begun);
  }

  const Setup& setup_;
  TempDir dir_;
  ProxyChild proxy_;
  Database bare_;
  int turn_ = 0;
  std::int64_t rows_ = 0;
};

}  // namespace

void posts(const Setup& setup) {
  if (setup.proxy.empty()) throw Failure("this build has no offsync-proxy");
  Posts(setup).measure();
}

}  // namespace offsync::bench
