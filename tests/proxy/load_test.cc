// Many connections at once: slow ones, idle ones, too many; great answers; stopping under load.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "proxy/http_world.h"
#include "proxy/tls/client.h"
#include "proxy/tls/peer.h"
#include "support/catch.h"
#include "wire/compress.h"

namespace offsync::proxy {
namespace {

using test::HttpWorld;
using test::RawClient;
using test::StreamClient;
using test::TlsClient;

constexpr auto* kEvents = "/v1/spaces/s/events";
constexpr auto* kNdjson = "application/x-ndjson";

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

ServerOptions patient() {
  auto options = test::quick();
  options.header_ms = options.body_ms = options.idle_ms = 60'000;
  return options;
}

// Reads to the end of the connection: whether that is an error, and so no end of an answer.
bool ends_by_reset(RawClient& client) {
  char bytes[65536];
  for (;;) {
    const auto n = ::recv(client.fd(), bytes, sizeof bytes, 0);
    if (n <= 0) return n < 0 && errno == ECONNRESET;
    client.in.append(bytes, static_cast<std::size_t>(n));
  }
}

// Requests that are never whole.
std::vector<std::unique_ptr<RawClient>> unfinished(HttpWorld& world, int count) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(world.port()));
    clients.back()->send(i % 2 == 0 ? std::string("GET /healthz HTTP/1.1\r\nHo")
                                    : std::string("POST ") + kEvents +
                                          " HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  }
  return clients;
}

}  // namespace

// The library that served before had a thread for each of them.
TEST_CASE("http load: slow headers, slow bodies and idle connections keep nobody waiting") {
  HttpWorld world(patient());  // four threads
  const auto slow = unfinished(world, 64);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 64; ++i) {
    idle.push_back(std::make_unique<RawClient>(world.port()));
    if (i % 2 == 0) CHECK(idle.back()->get("/healthz").status == 200);
  }
  RawClient client(world.port());
  for (int i = 0; i < 20; ++i) CHECK(client.get("/v1/spaces/s").status == 200);
  CHECK(world.push(1, 5).status == 200);
  for (const auto& one : slow) CHECK_FALSE(one->receive(0));  // and they are still served
  for (const auto& one : slow) CHECK_FALSE(one->ended);
  for (auto& one : idle) CHECK(one->get("/healthz").status == 200);
}

TEST_CASE("http load: with as many connections as are allowed the idle ones make room") {
  auto options = patient();
  options.limits.connections = 8;
  HttpWorld world(options);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(std::make_unique<RawClient>(world.port()));
    CHECK(idle.back()->get("/healthz").status == 200);
  }
  // Nobody has to go before somebody comes.
  for (auto& one : idle) CHECK(one->get("/healthz").status == 200);
  RawClient more(world.port());
  CHECK(more.get("/healthz").status == 200);
  CHECK(idle[0]->receive_all());  // the one that was idle for longest
  CHECK(idle[7]->get("/healthz").status == 200);
}

TEST_CASE("http load: with as many files open as are allowed the idle ones make room") {
  HttpWorld world(patient());
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{256, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(std::make_unique<RawClient>(world.port()));
    CHECK(idle.back()->get("/healthz").status == 200);
  }
  std::vector<int> fill;
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) fill.push_back(fd);
  const auto free_one = [&] {
    ::close(fill.back());
    fill.pop_back();
  };
  free_one();
  free_one();
  idle.push_back(std::make_unique<RawClient>(world.port()));  // with the last two
  CHECK(idle.back()->get("/healthz").status == 200);
  for (auto& one : idle) CHECK(one->get("/healthz").status == 200);
  free_one();
  RawClient more(world.port());
  CHECK(more.get("/healthz").status == 200);
  CHECK(idle[0]->receive_all());
  CHECK(idle[8]->get("/healthz").status == 200);
  for (const int fd : fill) ::close(fd);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("http load: who finds no room waits, and is served when there is some") {
  auto options = patient();
  options.limits.connections = 8;
  HttpWorld world(options);
  auto slow = unfinished(world, 8);
  RawClient check(world.port());
  check.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_FALSE(check.receive(200));
  slow.pop_back();
  CHECK(check.answer().status == 200);
}

TEST_CASE("http load: more requests than can wait are told to come again") {
  auto options = patient();
  options.limits.waiting = 0;
  HttpWorld world(options);
  RawClient client(world.port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.get("/healthz");
    CHECK(answer.status == 503);
    CHECK(answer.code() == "busy");
    CHECK(answer.headers.at("retry-after") == "1");
  }
}

TEST_CASE("http load: the bytes of all requests together are bounded") {
  auto options = patient();
  options.limits.bytes = 1'000'000;
  HttpWorld world(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  const std::string head =
      std::string("POST ") + kEvents + " HTTP/1.1\r\nHost: h\r\nContent-Length: 600000\r\n\r\n";
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(world.port()));
    clients.back()->send(head + std::string(500'000, 'x'));
  }
  int refused = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (refused == 0 && std::chrono::steady_clock::now() < end) {
    for (auto& client : clients) {
      if (!client->receive(10)) continue;
      const auto answer = client->answer();
      CHECK(answer.status == 503);
      CHECK(answer.code() == "busy");
      ++refused;
    }
  }
  CHECK(refused >= 1);
  clients.clear();
  RawClient after(world.port());  // what they held is free again
  const auto body = HttpWorld::events(1, 1, "t.a", 60'000);
  CHECK(after.post(kEvents, kNdjson, body).status == 200);
}

TEST_CASE("http load: what requests are unpacked to is bounded, too") {
  auto options = patient();
  options.limits.bytes = 4'000'000;
  HttpWorld world(options);
  const std::string great(3'000'000, '\n');
  for (const Coding coding : {Coding::gzip, Coding::zstd}) {
    RawClient client(world.port());
    const auto answer = client.post(
        kEvents, kNdjson, compress(great, coding),
        fmt::format("Content-Encoding: {}\r\n", coding == Coding::gzip ? "gzip" : "zstd"));
    CHECK(answer.status == 503);
    CHECK(answer.code() == "busy");
    CHECK(answer.headers.at("retry-after") == "1");
  }
  // Of one text: the copy that dividing JSON takes; and what many small lines take.
  RawClient client(world.port());
  const std::string array = "[" + std::string(800'000, ' ') + "]";
  CHECK(client.post(kEvents, "application/cloudevents-batch+json", array).code() == "busy");
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "1\n";
  CHECK(client.post(kEvents, kNdjson, lines).code() == "busy");
  // All of it is free again.
  for (int i = 0; i < 3; ++i) {
    const std::string body(1'500'000, '\n');
    CHECK(client.post(kEvents, kNdjson, compress(body, Coding::gzip), "Content-Encoding: gzip\r\n")
              .status == 200);
  }
}

TEST_CASE("http load: answers that nobody reads are bounded together, too") {
  auto options = patient();
  options.limits.bytes = 2'000'000;
  HttpWorld world(options);
  for (std::uint64_t at = 1; at <= 1000; at += 50) world.push(at, at + 49, "t.a", 10'000);
  REQUIRE(world.store.space("s")->head == 1000);
  std::vector<std::unique_ptr<RawClient>> readers;
  const auto busy = [&] {
    RawClient client(world.port());
    return client.get("/healthz").code() == "busy";
  };
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!busy() && std::chrono::steady_clock::now() < end) {
    readers.push_back(std::make_unique<RawClient>(world.port(), 4096));
    readers.back()->send(std::string("GET ") + kEvents + "?limit=300 HTTP/1.1\r\nHost: h\r\n\r\n");
    readers.back()->receive();  // it has begun
  }
  CHECK(busy());
  CHECK(readers.size() < 20);
  readers.clear();
  while (busy() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  CHECK_FALSE(busy());
}

TEST_CASE("http load: without a limit the whole log comes, whatever its size") {
  HttpWorld world(patient());
  for (std::uint64_t at = 1; at <= 4000; at += 500) world.push(at, at + 499, "t.a", 1000);
  world.push(4001, 4001, "t.b");
  RawClient client(world.port());
  const auto all = client.get(kEvents);
  CHECK(all.status == 200);
  CHECK(all.headers.at("transfer-encoding") == "chunked");
  CHECK(all.headers.at("offsync-cursor") == "ep0ch4m5r8h69-4001");
  CHECK(all.headers.at("offsync-head") == "4001");
  CHECK_FALSE(all.cut);
  CHECK(lines_of(all.body) == 4001);
  CHECK(lines_of(client.get(std::string(kEvents) + "?after=3990").body) == 11);
  const auto few = client.get(std::string(kEvents) + "?type=t.b");
  CHECK(lines_of(few.body) == 1);
  CHECK(few.headers.at("offsync-cursor") == "ep0ch4m5r8h69-4001");
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    const std::string name = coding == Coding::gzip ? "gzip" : "zstd";
    const auto packed = client.get(kEvents, "Accept-Encoding: " + name + "\r\n");
    CHECK(packed.headers.at("content-encoding") == name);
    const auto plain = decompress(packed.body, coding, 1 << 28);
    REQUIRE(plain.ok());
    CHECK(*plain == all.body);
  }
  RawClient old(world.port());
  old.send(std::string("GET ") + kEvents + " HTTP/1.0\r\n\r\n");
  const auto until_close = old.answer();
  CHECK(until_close.body == all.body);
  CHECK(until_close.headers.at("connection") == "close");
}

TEST_CASE("http load: a log that cannot be read on is cut, visibly") {
  for (const std::string version : {"1.1", "1.0"}) {
    INFO(version);
    HttpWorld world(patient());
    for (std::uint64_t at = 1; at <= 8000; at += 500) world.push(at, at + 499, "t.a", 3000);
    const std::string request =
        std::string("GET ") + kEvents + " HTTP/" + version + "\r\nHost: h\r\n\r\n";
    RawClient client(world.port(), 4096);
    client.send(request);
    REQUIRE(client.receive());
    REQUIRE(world.store.compact("s", 8000).ok());
    if (version == "1.1") {
      const auto answer = client.answer();
      CHECK(answer.status == 200);
      CHECK(answer.cut);
      CHECK(client.receive_all());
      CHECK(lines_of(answer.body) < 8000);
    } else {  // there is no last chunk that could be missing
      CHECK(ends_by_reset(client));
      CHECK(client.in.substr(8, 5) == " 200 ");
      CHECK(lines_of(client.in) < 8000);
    }
    RawClient late(world.port());
    late.send(request);  // history is gone already: that is said, not cut
    CHECK(late.answer().status == 410);
  }
}

TEST_CASE("http load: over TLS, what is cut ends without a close_notify") {
  HttpWorld world(patient());
  for (std::uint64_t at = 1; at <= 8000; at += 500) world.push(at, at + 499, "t.a", 3000);
  world.server.use_tls(test::some_identity());
  const std::string request =
      std::string("GET ") + kEvents + " HTTP/1.1\r\nHost: h\r\n" + "Connection: close\r\n\r\n";
  for (const bool cut : {false, true}) {
    TlsClient client(world.port(), 4096);
    client.send(request);
    REQUIRE(client.receive());
    if (cut) REQUIRE(world.store.compact("s", 8000).ok());
    const auto answer = client.answer();
    CHECK(answer.status == 200);
    CHECK(answer.cut == cut);
    CHECK(client.receive_all());
    CHECK(client.clean == !cut);
    CHECK((lines_of(answer.body) < 8000) == cut);
  }
}

TEST_CASE("http load: stopped in the middle of it, again and again, and nothing is lost") {
  for (int round = 0; round < 12; ++round) {
    auto options = patient();
    options.drain_ms = 300;
    HttpWorld world(options);
    std::atomic<std::uint64_t> next{1}, accepted{0};
    std::atomic<bool> done{false};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&] {
        while (!done) {
          RawClient client(world.port());
          if (!client.connected()) return;
          for (;;) {
            const auto n = next++;
            auto event = HttpWorld::events(n, n);
            event.replace(event.find("\"source\":\"/c\""), 13,
                          "\"source\":\"/c" + std::to_string(n) + "\"");
            const auto answer = client.post(kEvents, kNdjson, event);
            if (answer.status != 200) break;
            if (answer.body.find("\"accepted\"") != std::string::npos) ++accepted;
          }
        }
      });
      clients.emplace_back([&] {
        while (!done) {
          StreamClient stream(world.port(), kEvents);
          if (!stream.raw.connected()) return;
          stream.wait_for(5 + next % 50, 200);
        }
      });
    }
    const auto slow = unfinished(world, 6);
    while (accepted < 20 + static_cast<std::uint64_t>(round)) std::this_thread::yield();
    const auto begun = std::chrono::steady_clock::now();
    world.server.stop();
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
    done = true;
    for (auto& client : clients) client.join();
    CHECK(world.store.space("s")->head >= accepted);
  }
}

}  // namespace offsync::proxy
