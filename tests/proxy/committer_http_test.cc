// Requests that wait for a commit, as a server has them.
#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "proxy/http_world.h"
#include "proxy/ingest/world.h"

namespace offsync::proxy {
namespace {

using test::Answered;
using test::HttpWorld;
using test::quick;
using test::RawClient;
using Clients = std::vector<std::unique_ptr<RawClient>>;

// A server whose commits to the space "gate" take until open() is called.
struct GatedWorld {
  explicit GatedWorld(ServerOptions options) : server(store, clock, log, std::move(options)) {
    store.before_append = [this](const Commit& commit) -> Status {
      std::unique_lock lock(mutex);
      if (commit.space != "gate") return {};
      busy = true;
      changed.notify_all();
      changed.wait(lock, [this] { return opened; });
      return {};
    };
    REQUIRE(server.start());
  }
  ~GatedWorld() {
    open();
    server.stop();
    ::close(null);
  }
  void open() {
    const std::lock_guard lock(mutex);
    opened = true;
    changed.notify_all();
  }
  // Somebody whose commit is under way when it returns.
  std::unique_ptr<RawClient> commit_to_gate() {
    auto client = post("gate", 1);
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return busy; });
    return client;
  }
  std::unique_ptr<RawClient> post(const std::string& space, std::uint64_t n) {
    auto client = std::make_unique<RawClient>(server.port());
    const std::string body = HttpWorld::events(n, n);
    client->send("POST /v1/spaces/" + space +
                 "/events HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n"
                 "Content-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
    return client;
  }

  SystemClock clock;
  MemoryLogStore memory{"ep0ch"};
  offsync::test::FaultyStore store{memory};
  int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  Log log{clock, LogLevel::debug, LogFormat::text, null};
  std::mutex mutex;
  std::condition_variable changed;
  bool busy = false, opened = false;
  Server server;
};

ServerOptions two_threads() {
  auto options = quick();
  options.threads = 2;
  options.idle_ms = 60'000;
  return options;
}

}  // namespace

TEST_CASE("http committer: who waits for a commit holds no thread") {
  GatedWorld world(two_threads());
  const auto first = world.commit_to_gate();
  Clients waiting;
  for (std::uint64_t n = 1; n <= 12; ++n) {
    waiting.push_back(world.post(n % 2 == 0 ? "a" : "b", (n + 1) / 2));
  }
  RawClient other(world.server.port());
  for (int i = 0; i < 20; ++i) CHECK(other.get("/v1/spaces/s").status == 200);
  for (const auto& client : waiting) CHECK_FALSE(client->receive(0));
  world.open();
  CHECK(first->answer().body.find("\"accepted\"") != std::string::npos);
  for (const auto& client : waiting) {
    const Answered answer = client->answer();
    CHECK(answer.status == 200);
    CHECK(answer.headers.contains("offsync-epoch"));
    CHECK(answer.headers.contains("offsync-log"));
    CHECK(answer.headers.contains("offsync-time"));
  }
  CHECK(world.memory.space("a")->number + world.memory.space("b")->number < 12);
}

TEST_CASE("http committer: a server that stops answers all, and loses nothing that it accepted") {
  auto options = two_threads();
  options.drain_ms = 2000;
  GatedWorld world(options);
  const auto first = world.commit_to_gate();
  Clients waiting;
  for (std::uint64_t n = 1; n <= 4; ++n) waiting.push_back(world.post("a", n));
  RawClient other(world.server.port());
  CHECK(other.get("/v1/spaces/s").status == 200);
  std::thread stopping([&] { world.server.stop(); });
  // The disk hangs, and they are told before the connections end.
  for (const auto& client : waiting) {
    const Answered answer = client->answer();
    CHECK(answer.status == 503);
    CHECK(answer.code() == "not_ready");
    CHECK(answer.headers.at("retry-after") == "1");
  }
  world.open();
  const Answered answer = first->answer();
  if (answer.status != 0) CHECK(answer.body.find("\"accepted\"") != std::string::npos);
  stopping.join();
  CHECK(world.memory.space("gate")->head == 1);
  CHECK(world.memory.space("a")->head == 0);
}

TEST_CASE("http committer: a client that goes away while it waits harms nobody") {
  GatedWorld world(two_threads());
  const auto first = world.commit_to_gate();
  auto gone = world.post("a", 1);
  const auto stays = world.post("b", 1);
  RawClient other(world.server.port());
  CHECK(other.get("/v1/spaces/s").status == 200);
  gone.reset();
  CHECK(other.get("/v1/spaces/s").status == 200);
  world.open();
  CHECK(first->answer().status == 200);
  CHECK(stays->answer().status == 200);
}

}  // namespace offsync::proxy
