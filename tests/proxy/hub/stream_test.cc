// Streams over real sockets: the hub's threads, slow and vanishing clients.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <numeric>
#include <thread>

#include "proxy/http_world.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {

using test::HttpWorld;
using test::RawClient;
using test::StreamClient;

constexpr auto* kEvents = "/v1/spaces/s/events";

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> out(to - from + 1);
  std::iota(out.begin(), out.end(), from);
  return out;
}

bool eventually(const std::function<bool()>& what, int ms = 5000) {
  for (int waited = 0; waited < ms; waited += 10) {
    if (what()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return what();
}

std::string metric(HttpWorld& world, const std::string& name) {
  RawClient client(world.port());
  return test::Answered::between(client.get("/metrics").body, "\n" + name + " ", "\n");
}

}  // namespace

TEST_CASE("stream: says hello, replays, goes on live") {
  HttpWorld world;
  world.push(1, 5);
  StreamClient stream(world.port(), std::string(kEvents) + "?after=2");
  REQUIRE(stream.wait_for(4));
  for (const auto* field :
       {"HTTP/1.1 200", "Content-Type: text/event-stream\r\n", "Cache-Control: no-store\r\n",
        "X-Accel-Buffering: no\r\n", "Offsync-Epoch: ep0ch4m5r8h69\r\n", "Offsync-Time: "}) {
    CHECK(stream.head.find(field) != std::string::npos);
  }
  CHECK(stream.bytes.rfind("retry: 2000\n", 0) == 0);
  CHECK(stream.messages[0].event == "hello");
  CHECK(stream.messages[0].data == "{\"epoch\":\"ep0ch4m5r8h69\",\"head\":5}");
  CHECK(stream.messages[0].id == "ep0ch4m5r8h69-2");
  world.push(6, 9);
  REQUIRE(stream.wait_for(8));
  CHECK(stream.seen() == numbers(3, 9));
}

TEST_CASE("stream: Last-Event-ID goes before the address, and now is the head") {
  HttpWorld world;
  world.push(1, 5);
  StreamClient resumed(world.port(), std::string(kEvents) + "?after=0",
                       "Last-Event-ID: ep0ch4m5r8h69-4\r\n");
  REQUIRE(resumed.wait_for(2));
  CHECK(resumed.seen() == numbers(5, 5));
  StreamClient now(world.port(), std::string(kEvents) + "?after=now");
  REQUIRE(now.wait_for(1));
  world.push(6, 6);
  REQUIRE(now.wait_for(2));
  CHECK(now.seen() == numbers(6, 6));
}

TEST_CASE("stream: what another proxy takes comes by this one's streams, too") {
  HttpWorld world;
  HttpWorld other(test::quick(), world.store.log());
  StreamClient here(world.port(), std::string(kEvents) + "?after=0");
  StreamClient there(other.port(), std::string(kEvents) + "?after=0");
  REQUIRE(here.wait_for(1));
  REQUIRE(there.wait_for(1));
  other.push(1, 3);  // of which this proxy knows nothing
  REQUIRE(here.wait_for(4));
  world.push(4, 5);
  REQUIRE(there.wait_for(6));
  other.push(6, 6);
  world.push(7, 7);
  REQUIRE(here.wait_for(8));
  REQUIRE(there.wait_for(8));
  CHECK(here.seen() == numbers(1, 7));
  CHECK(there.seen() == numbers(1, 7));
  CHECK(eventually([&] { return metric(world, "offsync_head{space=\"s\"}") == "7"; }));
}

TEST_CASE("stream: a cursor of another log resets and ends") {
  HttpWorld world;
  world.push(1, 5);
  for (const std::string& after : {std::string("other-2"), std::string("ep0ch4m5r8h69-6")}) {
    StreamClient stream(world.port(), std::string(kEvents), "Last-Event-ID: " + after + "\r\n");
    CHECK_FALSE(stream.wait_for(3));
    REQUIRE(stream.messages.size() == 2);
    CHECK(stream.messages[1].event == "reset");
    CHECK(stream.messages[1].data.find("cursor_expired") != std::string::npos);
    CHECK(stream.raw.ended);
  }
  RawClient client(world.port());
  CHECK(client.get(kEvents, "Accept: text/event-stream\r\nLast-Event-ID: x\r\n").code() ==
        "bad_cursor");
}

// Peers: the cursor was the client's timestamp, so that an edit uploaded late never reached those
// already past it (live-state#203).
TEST_CASE("stream: an event with an old time uploaded late reaches a stream that is ahead") {
  HttpWorld world;
  world.push(1, 3);
  StreamClient stream(world.port(), std::string(kEvents) + "?after=3");
  REQUIRE(stream.wait_for(1));
  RawClient late(world.port());
  CHECK(late.post(kEvents, "application/json",
                  R"({"specversion":"1.0","id":"late","source":"/late","type":"t","subject":"k/9",)"
                  R"("time":"1999-01-01T00:00:00Z","data":{"set":{"a":1}}})")
            .status == 200);
  REQUIRE(stream.wait_for(2));
  CHECK(stream.messages[1].id == "ep0ch4m5r8h69-4");
}

TEST_CASE("stream: filters, heartbeats, and the position behind a filter") {
  HttpWorld world;
  StreamClient stream(world.port(), std::string(kEvents) + "?type=x.*&subject=k/*");
  REQUIRE(stream.wait_for(1));
  world.push(1, 3);
  world.push(4, 4, "x.y");
  world.push(5, 6);
  REQUIRE(stream.wait_for(2));
  CHECK(stream.seen() == numbers(4, 4));
  CHECK(eventually([&] {
    stream.raw.receive(50);
    stream.take();
    return stream.parser.last_event_id() == "ep0ch4m5r8h69-6";
  }));
  CHECK(stream.bytes.find(": heartbeat\n\n") != std::string::npos);
  CHECK(stream.messages.size() == 2);
}

TEST_CASE("stream: many streams on few threads leave the routes free") {
  HttpWorld world;  // four threads
  world.push(1, 10);
  std::vector<std::unique_ptr<StreamClient>> streams;
  for (int i = 0; i < 100; ++i) {
    streams.push_back(std::make_unique<StreamClient>(world.port(), kEvents));
  }
  for (auto& stream : streams) REQUIRE(stream->wait_for(11));
  world.push(11, 200);
  for (auto& stream : streams) {
    REQUIRE(stream->wait_for(201));
    CHECK(stream->seen() == numbers(1, 200));
  }
  CHECK(metric(world, "offsync_streams") == "100");
  streams.clear();
  CHECK(eventually([&] { return metric(world, "offsync_streams") == "0"; }));
}

TEST_CASE("stream: no more streams than are allowed") {
  auto options = test::quick();
  options.max_streams = 2;
  HttpWorld world(options);
  auto one = std::make_unique<StreamClient>(world.port(), kEvents);
  StreamClient two(world.port(), kEvents);
  REQUIRE(one->wait_for(1));
  REQUIRE(two.wait_for(1));
  RawClient third(world.port());
  const auto refused =
      third.get(kEvents, "Accept: text/event-stream, application/problem+json\r\n");
  CHECK(refused.status == 503);
  CHECK(refused.code() == "too_many_streams");
  CHECK(refused.headers.at("retry-after") == "1");
  one.reset();
  CHECK(eventually([&] {
    StreamClient again(world.port(), kEvents);
    return again.wait_for(1, 200) && again.messages[0].event == "hello";
  }));
}

// EventSource never comes back after any other status than 200.
TEST_CASE("stream: an EventSource for which there is no stream is told when to come back") {
  auto options = test::quick();
  options.max_streams = 0;
  HttpWorld world(options);
  std::vector<long> waits;
  for (int i = 0; i < 20; ++i) {
    RawClient client(world.port());
    const auto answer = client.get(kEvents, "Accept: text/event-stream\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("content-type") == "text/event-stream");
    CHECK(client.ended);
    SseParser parser;
    std::vector<SseMessage> messages;
    REQUIRE(parser.feed(answer.body, messages).ok());
    CHECK(messages.empty());
    CHECK(answer.body.find("\n: the proxy has as many streams as it is allowed") !=
          std::string::npos);
    REQUIRE(parser.retry_ms().has_value());
    waits.push_back(*parser.retry_ms());
    CHECK(waits.back() >= 5'000);
    CHECK(waits.back() <= 15'000);
  }
  std::sort(waits.begin(), waits.end());
  CHECK(std::unique(waits.begin(), waits.end()) == waits.end());
  CHECK(waits.back() - waits.front() > 5'000);
  CHECK(metric(world, "offsync_streams_spared_total") == "20");
}

TEST_CASE("stream: nor does any failure of the proxy's own end an EventSource") {
  auto options = test::quick();
  options.limits.waiting = 0;  // as if all threads were busy
  HttpWorld world(options);
  RawClient client(world.port());
  const auto spared = client.get(kEvents, "Accept: text/event-stream\r\n");
  CHECK(spared.status == 200);
  CHECK(spared.body.rfind("retry: ", 0) == 0);
  RawClient other(world.port());
  CHECK(other.get(kEvents, "Accept: text/event-stream, application/problem+json\r\n").status ==
        503);
  CHECK(other.get(kEvents, "Accept: */*\r\n").status == 503);
}

// EventSource sends its address again, and the id of the last message that had one.
TEST_CASE("stream: what came while a client of after=now was away before its first event is seen") {
  HttpWorld world;
  world.push(1, 5);
  std::string last;
  {
    StreamClient now(world.port(), std::string(kEvents) + "?after=now");
    REQUIRE(now.wait_for(1));
    last = now.parser.last_event_id();
  }
  world.push(6, 7);
  StreamClient again(world.port(), std::string(kEvents) + "?after=now",
                     "Last-Event-ID: " + last + "\r\n");
  REQUIRE(again.wait_for(3));
  CHECK(again.seen() == numbers(6, 7));
}

TEST_CASE("stream: a slow reader falls behind the ring and still sees everything once") {
  auto options = test::quick();
  options.hub.ring_bytes = 64 * 1024;
  HttpWorld world(options);
  StreamClient slow(world.port(), kEvents, {}, 4096);
  StreamClient quick(world.port(), kEvents);
  REQUIRE(slow.wait_for(1));
  for (std::uint64_t at = 1; at <= 4000; at += 500) world.push(at, at + 499, "t.a", 3000);
  REQUIRE(quick.wait_for(4001));
  CHECK(quick.seen() == numbers(1, 4000));
  REQUIRE(slow.wait_for(4001));
  CHECK(slow.seen() == numbers(1, 4000));
}

TEST_CASE("stream: one that takes nothing is cut, and resumes where it was") {
  auto options = test::quick();
  options.hub.stall_ms = 300;
  options.hub.ring_bytes = 64 * 1024;
  HttpWorld world(options);
  StreamClient stalled(world.port(), kEvents, {}, 4096);
  REQUIRE(stalled.wait_for(1));
  for (std::uint64_t at = 1; at <= 4000; at += 500) world.push(at, at + 499, "t.a", 3000);
  CHECK(eventually([&] { return metric(world, "offsync_streams_cut_total") == "1"; }));
  CHECK_FALSE(stalled.wait_for(4001));
  const auto had = stalled.seen();
  REQUIRE_FALSE(had.empty());
  CHECK(had == numbers(1, had.back()));
  StreamClient resumed(world.port(), kEvents,
                       "Last-Event-ID: " + stalled.parser.last_event_id() + "\r\n");
  REQUIRE(resumed.wait_for(4001 - had.size()));
  CHECK(resumed.seen() == numbers(had.back() + 1, 4000));
}

TEST_CASE("stream: subscribers that come and go while others write") {
  HttpWorld world;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::uint64_t at = 1; at <= 600; at += 3) world.push(at, at + 2);
    done = true;
  });
  std::string last;
  std::vector<std::uint64_t> seen;
  StreamClient steady(world.port(), kEvents);
  while (!done || seen.size() < 600) {  // cuts its stream again and again
    StreamClient hopping(world.port(), kEvents,
                         last.empty() ? "" : "Last-Event-ID: " + last + "\r\n");
    if (!hopping.wait_for(30, 300) && done && hopping.seen().empty()) break;
    for (const auto sequence : hopping.seen()) seen.push_back(sequence);
    if (!hopping.parser.last_event_id().empty()) last = hopping.parser.last_event_id();
  }
  writer.join();
  CHECK(seen == numbers(1, 600));
  REQUIRE(steady.wait_for(601));
  CHECK(steady.seen() == numbers(1, 600));
}

TEST_CASE("stream: stopping ends the streams") {
  HttpWorld world;
  world.push(1, 5);
  StreamClient stream(world.port(), kEvents);
  REQUIRE(stream.wait_for(6));
  const auto begun = std::chrono::steady_clock::now();
  world.server.stop();
  CHECK_FALSE(stream.wait_for(7));
  CHECK(stream.raw.ended);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(2));
}

}  // namespace offsync::proxy
