// Answers that do not end, or come to nothing: each is given up, bounded in bytes and in time.
#include "base/limits.h"
#include "lib/sync/fixture.h"
#include "support/faulty_vfs.h"
#include "wire/answer_limits.h"

namespace offsync::test {
namespace {

constexpr const char* kCount = R"({"inc":{"sold":1}})";
constexpr std::int64_t kPatience = limits::kRequestTimeoutMs;

struct World : OneClient {
  World() {
    proxy.append("stock/1", kCount);
    REQUIRE_FALSE(a.sync().error.has_value());
    proxy.append("stock/1", kCount);
  }
  void answers(const std::string& on, Answer answer) {
    Fault fault{on, Fault::Kind::answer};
    fault.answer = std::move(answer);
    a.transport.on(fault);
  }
  // From now on each piece of an answer takes so long.
  void drip(std::size_t bytes, std::int64_t ms) {
    a.transport.chunk = bytes;
    a.transport.meanwhile = [this, ms] {
      ++polls;
      clock.advance(ms);
    };
  }
  void stop_dripping() {
    a.transport.chunk = 1 << 20;
    a.transport.meanwhile = {};
  }
  std::string watch_until_trouble() {
    SyncOptions options;
    options.push = false;
    a.watch(options);
    a.run([&] { return !a.watcher.troubles.empty(); });
    a.stop();
    return a.watcher.troubles.front();
  }
  int polls = 0;
};

Answer page(std::string body) {
  return {200,
          {{"offsync-epoch", "e1"}, {"offsync-head", "2"}, {"offsync-cursor", "e1-2"}},
          std::move(body)};
}

Answer stream(std::string body) {
  return {200, {{"offsync-epoch", "e1"}, {"content-type", "text/event-stream"}}, std::move(body)};
}

std::string hello(std::uint64_t head) {
  return "event: hello\ndata: {\"epoch\":\"e1\",\"head\":" + std::to_string(head) + "}\n\n";
}

std::string times(int count, const std::string& text) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("bounds: an answer that comes byte by byte is given up in time", "[sync][bounds]") {
  for (const char* on : {"page", "push"}) {
    INFO(on);
    World w;
    w.a.emit("todo/1", "n", "1");
    SyncOptions options;
    options.push = on == std::string("push");
    options.pull = !options.push;
    w.answers(on, page(std::string(100'000, ' ')));
    w.drip(1, 500);
    const std::int64_t begun = w.clock.steady_ms();
    const SyncReport report = w.a.sync(options);
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::unreachable);
    CHECK(report.error->code == "timeout");
    CHECK(report.error->detail.find("too slowly") != std::string::npos);
    const std::int64_t took = w.clock.steady_ms() - begun;
    CHECK(took >= kPatience);
    CHECK(took < 2 * kPatience);
    w.stop_dripping();
    CHECK_FALSE(w.a.sync().error.has_value());
    CHECK(w.a.confirmed() == w.proxy.state());
  }
}

TEST_CASE("bounds: a slow answer that gets on is waited for", "[sync][bounds]") {
  World w;
  for (int i = 0; i < 200; ++i) w.proxy.append("stock/1", kCount);
  w.drip(1000, 500);  // 2 bytes a ms
  CHECK_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.confirmed() == w.proxy.state());
}

TEST_CASE("bounds: of a refusal no more is read than its reason can be", "[sync][bounds]") {
  World w;
  w.answers("page", {500, {}, std::string(50 * limits::kProblemBytes, 'x')});
  w.drip(limits::kProblemBytes / 4, 1);
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->code == "http_500");
  CHECK(w.polls < 20);
}

TEST_CASE("bounds: a refusal that does not end counts by its status", "[sync][bounds]") {
  for (const auto& [status, kind] : {std::pair(500, Errc::unreachable),
                                     std::pair(404, Errc::protocol), std::pair(401, Errc::auth)}) {
    INFO(status);
    World w;
    w.answers("page", {status, {}, std::string(100'000, 'x')});
    w.drip(1, 500);
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == kind);
    CHECK(report.error->code == "http_" + std::to_string(status));
  }
}

TEST_CASE("bounds: an answer of more bytes than it can have", "[sync][bounds]") {
  World w;
  SyncOptions options;
  options.page_events = 10;
  const std::string line = std::string(limits::kPageLineBytes, ' ') + "\n";
  w.answers("page", page(times(20, line)));
  const SyncReport report = w.a.sync(options);
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::protocol);
  CHECK(report.error->code == "too_large");
}

TEST_CASE("bounds: a snapshot with lines beyond those that it announced", "[sync][bounds]") {
  World w;
  w.proxy.begin_anew("e2");
  const std::string line = std::string(1000, ' ') + "\n";
  w.answers("state", {200,
                      {{"offsync-epoch", "e2"}},
                      R"({"cursor":"e2-0","entities":2,"conflicts":0})"
                      "\n" +
                          times(20'000, line)});
  w.drip(limits::kPieceBytes / 8, 1);
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->code == "bad_snapshot");
  CHECK(report.error->detail.find("more than it announced") != std::string::npos);
  CHECK(w.polls < 40);  // of 160 that the whole body takes
}

TEST_CASE("bounds: a stream that only seems alive", "[sync][bounds]") {
  SECTION("it never says hello") {
    World w;
    w.answers("stream", stream(times(2000, ": x\n\n")));
    w.drip(5, 1000);
    const std::int64_t begun = w.clock.steady_ms();
    CHECK(w.watch_until_trouble() == "timeout");
    CHECK(w.clock.steady_ms() - begun < 2 * limits::kStreamDeadMs);
  }
  SECTION("it is behind its head, and brings nothing") {
    World w;
    w.answers("stream", stream(hello(2) + times(2000, "\n")));
    w.drip(1000, 0);
    w.a.transport.meanwhile = [&] {
      w.clock.advance(1000);
      w.a.transport.chunk = 1;
    };
    CHECK(w.watch_until_trouble() == "timeout");
  }
  SECTION("it brings what is no event without end") {
    World w;
    w.answers("stream", stream(hello(1) + times(400'000, "event: other\n\n")));
    CHECK(w.watch_until_trouble() == "stream_limit");
  }
  SECTION("in step with its head, heartbeats are enough") {
    World w;
    REQUIRE_FALSE(w.a.sync().error.has_value());
    w.a.watch();
    w.a.run_for(10 * limits::kStreamDeadMs);
    CHECK(w.a.watcher.troubles.empty());
  }
}

TEST_CASE("bounds: a page that is cut counts for nothing, and the next one is shorter",
          "[sync][bounds]") {
  World w;
  for (int i = 0; i < 20; ++i) w.proxy.append("stock/1", kCount);
  w.a.transport.on({"page", Fault::Kind::cut, 2000});
  const std::string before = w.a.info().cursor->text();
  CHECK_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.confirmed() == w.proxy.state());
  // The same place was asked for again, with fewer events.
  const auto& requests = w.a.transport.requests;
  std::vector<std::string> pages;
  for (const HttpRequest& request : requests) {
    if (request.target.find("after=" + before + "&limit=") != std::string::npos) {
      pages.push_back(request.target.substr(request.target.find("limit=")));
    }
  }
  REQUIRE(pages.size() >= 2);
  CHECK(pages.front() == "limit=1000");
  CHECK(pages.back() != "limit=1000");
}

TEST_CASE("bounds: pages that are cut again and again end the sync", "[sync][bounds]") {
  World w;
  for (int i = 0; i < 60; ++i) w.proxy.append("stock/1", kCount);
  const std::size_t line = w.proxy.lines().back().size() + 1;
  SECTION("each with some events") {
    for (const std::size_t lines : {30, 14, 6, 2}) {
      w.a.transport.on({"page", Fault::Kind::cut, lines * line + 10});
    }
  }
  SECTION("before the first event is whole") {
    w.a.transport.on({"page", Fault::Kind::cut, line - 10});
  }
  const std::uint64_t log = w.a.log().size();
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::unreachable);
  CHECK(w.a.log().size() == log);
}

TEST_CASE("bounds: the answer to a push may be cut at any byte", "[sync][bounds]") {
  for (std::size_t bytes = 0;; bytes += 7) {
    OneClient w;
    REQUIRE_FALSE(w.a.sync().error.has_value());
    for (int i = 0; i < 3; ++i) w.a.count_up("stock/1", "sold");
    w.a.transport.on({"push", Fault::Kind::cut, bytes});
    SyncOptions push_only;
    push_only.pull = false;
    w.a.transport.seen.clear();
    const SyncReport first = w.a.sync(push_only);
    if (w.a.transport.seen.size() == 1 && !first.error) {  // past the end of the answer
      CHECK(bytes > 150);
      CHECK(first.pushed == 3);
      break;
    }
    CHECK(w.proxy.head() == 3);
    CHECK(first.pushed == 0);
    // Nothing of it counts. What came shows that so many outcomes get through: they are asked for.
    if (first.error) {
      CHECK(first.error->kind == Errc::unreachable);
      CHECK(w.a.queue() == "queued 3 accepted 0 rejected 0 held 0");
    } else {
      CHECK(first.duplicate == 3);
    }
    REQUIRE_FALSE(w.a.sync().error.has_value());
    CHECK(w.proxy.head() == 3);
    CHECK(w.a.get("stock/1", "sold") == "3");
    CHECK(w.a.queue() == kNothingQueued);
    CHECK(w.a.confirmed() == w.proxy.state());
  }
}

TEST_CASE("bounds: where only the first outcome gets through, one event is sent at once",
          "[sync][bounds]") {
  OneClient w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.a.count_up("stock/1", "sold");
  w.a.emit("todo/1", "n", "1");
  for (int i = 0; i < 5; ++i) {
    Fault fault{"push", Fault::Kind::cut};
    fault.bytes = 130;  // the first outcome alone is there whole, in each of them
    w.a.transport.on(fault);
  }
  CHECK_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.proxy.head() == 2);
}

TEST_CASE("bounds: a push that was taken and cannot be noted is told of", "[sync][bounds]") {
  FaultyVfs vfs;
  World w;
  w.a.emit("todo/1", "n", "1");
  SyncOptions options;
  options.pull = false;
  w.a.transport.meanwhile = [] { FaultyDisk::disk_full = true; };
  const SyncReport report = w.a.sync(options);
  FaultyDisk::disk_full = false;
  w.a.transport.meanwhile = {};
  REQUIRE(report.error.has_value());
  CHECK(report.error->code == "disk_full");
  CHECK(report.error->detail.find("the proxy has decided about 1 event") == 0);
  CHECK(report.pushed == 1);
  CHECK(w.proxy.head() == 3);
  CHECK_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.proxy.head() == 3);  // once
}

}  // namespace offsync::test
