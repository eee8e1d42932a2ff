// What came of one exchange of a CurlTransport with a server that a test scripts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/net/curl_transport.h"
#include "script_server.h"
#include "support/catch.h"

namespace offsync::test {

struct Collector final : HttpHandler {
  std::optional<HttpHead> head;
  std::string body;
  std::optional<Status> result;
  int dones = 0;
  std::function<void()> when_head, when_data, when_done;

  void on_head(const HttpHead& got) override {
    head = got;
    if (when_head) when_head();
  }
  void on_data(std::string_view bytes) override {
    body += bytes;
    if (when_data) when_data();
  }
  void on_done(const Status& got) override {
    result = got;
    ++dones;
    if (when_done) when_done();
  }
};

inline std::unique_ptr<cli::CurlTransport> transport_to(const std::string& origin) {
  auto made = cli::CurlTransport::create(origin, {.connect_timeout_ms = 1000,
                                                  .ca_file = "",
                                                  .cert_file = "",
                                                  .key_file = "",
                                                  .user_agent = "test/1"});
  REQUIRE(made.ok());
  return std::move(made).value();
}

inline void run(cli::CurlTransport& transport, const Collector& collector) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!collector.result && std::chrono::steady_clock::now() < end) transport.poll(100);
  REQUIRE(collector.result);
}

inline void exchange(const std::string& origin, HttpRequest request, Collector& collector) {
  const auto transport = transport_to(origin);
  transport->start(std::move(request), collector);
  run(*transport, collector);
}

inline HttpRequest get(std::string target, std::int64_t timeout_ms = 5000) {
  HttpRequest request;
  request.target = std::move(target);
  request.timeout_ms = timeout_ms;
  return request;
}

inline ScriptServer::Script answering(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    peer.read_request();
    peer.write(answer);
  };
}

inline Error failure_of(std::string answer) {
  ScriptServer server({answering(std::move(answer))});
  Collector collector;
  exchange(server.origin(), get("/x"), collector);
  REQUIRE_FALSE(collector.result->ok());
  REQUIRE(collector.dones == 1);
  return collector.result->error();
}

}  // namespace offsync::test
