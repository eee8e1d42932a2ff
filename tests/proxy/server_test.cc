// The protocol over real sockets. The bytes matter here; what is decided about events is tested
// with ingest.
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "base/limits.h"
#include "base/rfc3339.h"
#include "proxy/http_world.h"
#include "support/catch.h"
#include "wire/compress.h"
#include "wire/line_mark.h"
#include "wire/snapshot.h"

namespace offsync::proxy {
namespace {

using test::HttpWorld;
using test::RawClient;

constexpr auto* kEvents = "/v1/spaces/s/events";
constexpr auto* kNdjson = "application/x-ndjson";

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::uint64_t head_of(HttpWorld& world) {
  return world.store.space("s")->head;
}

}  // namespace

TEST_CASE("http: events go in and come out, page by page") {
  HttpWorld world;
  RawClient client(world.port());
  const auto posted = client.post(kEvents, kNdjson, HttpWorld::events(1, 25));
  CHECK(posted.status == 200);
  CHECK(lines_of(posted.body) == 25);
  CHECK(posted.headers.at("offsync-epoch") == "ep0ch4m5r8h69");
  CHECK(posted.headers.count("offsync-time") == 1);
  const auto first = client.get(std::string(kEvents) + "?limit=10");
  CHECK(lines_of(first.body) == 10);
  CHECK(first.headers.at("offsync-cursor") == "ep0ch4m5r8h69-10");
  CHECK(first.headers.at("offsync-head") == "25");
  CHECK(first.headers.at("content-type") == kNdjson);
  const auto rest = client.get(std::string(kEvents) + "?after=ep0ch4m5r8h69-10");
  CHECK(lines_of(rest.body) == 15);
  CHECK(rest.headers.at("offsync-cursor") == "ep0ch4m5r8h69-25");
  CHECK(client.get(std::string(kEvents) + "?after=25").body.empty());
  CHECK(client.get(std::string(kEvents) + "?after=now").body.empty());
  const auto filtered = client.get(std::string(kEvents) + "?subject=k/3&limit=2");
  CHECK(lines_of(filtered.body) == 2);
  CHECK(filtered.headers.at("offsync-cursor") == "ep0ch4m5r8h69-10");
  CHECK(client.get(std::string(kEvents) + "?type=none*").headers.at("offsync-cursor") ==
        "ep0ch4m5r8h69-25");
}

TEST_CASE("http: one event, and a batch") {
  HttpWorld world;
  RawClient client(world.port());
  auto event = HttpWorld::events(1, 1);
  const auto one = client.post(kEvents, "application/cloudevents+json; charset=utf-8", event);
  CHECK(one.status == 200);
  CHECK(one.body.find("\"accepted\"") != std::string::npos);
  auto batch = "[" + HttpWorld::events(1, 1) + "," + HttpWorld::events(2, 2) + "]";
  const auto many = client.post(kEvents, "application/cloudevents-batch+json", batch);
  CHECK(many.status == 200);
  CHECK(lines_of(many.body) == 2);
  CHECK(many.body.find("\"duplicate\"") != std::string::npos);
  CHECK(client.post(kEvents, "application/json", "{\"a\" 5}").status == 400);
  CHECK(client.post(kEvents, "application/cloudevents-batch+json", batch + "x").status == 400);
  CHECK(client.post(kEvents, "text/plain", event).code() == "unsupported_type");
  CHECK(client.post(kEvents, "text/plain", event).body.find("or application/json") !=
        std::string::npos);
  const auto twice =
      client.post(kEvents, "application/json\r\nContent-Type: application/json", event);
  CHECK(twice.code() == "unsupported_type");
  CHECK(twice.body.find("Content-Type is there 2 times") != std::string::npos);
  CHECK(head_of(world) == 2);
}

TEST_CASE("http: what is wrong with one event is said of its attribute") {
  HttpWorld world;
  RawClient client(world.port());
  const auto with = [&](const std::string& member) {
    return client
        .post(kEvents, "application/json",
              R"({"specversion":"1.0","id":"1","source":"/c","type":"t","subject":"k/1",)" +
                  member + "}")
        .body;
  };
  const auto has = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(with(R"("time":5)"), "time must be a string");
  has(with(R"("causationid":[])"), "causationid must be a string");
  has(with(R"("clientseq":7)"), "clientseq must be a string");
  has(with(R"("data":{"unset":[1]})"), "a field of unset must be a string");
  has(with(R"("data_base64":"AAAA")"), "binary data (data_base64) is not taken");
}

TEST_CASE("http: JSON that is not UTF-8 is refused, and called what it is") {
  HttpWorld world;
  RawClient client(world.port());
  const std::string event = HttpWorld::events(1, 1);
  std::string wide, other;
  for (const char c : event) {
    wide.append(1, c).append(1, '\0');
    other.append(1, '\0').append(1, c);
  }
  for (const std::string& body : {wide, other, "\xff\xfe" + wide, "\xfe\xff" + other}) {
    for (const char* type : {"application/json", kNdjson, "application/cloudevents-batch+json"}) {
      const auto answer = client.post(kEvents, type, body);
      CHECK(answer.status == 400);
      CHECK(answer.body.find("the body is UTF-16") != std::string::npos);
    }
  }
  for (const char* charset : {"utf-16", "\"ISO-8859-1\"", "latin1; boundary=x"}) {
    const auto type = std::string("application/json;x=\";charset=utf-8\"; Charset=") + charset;
    const auto answer = client.post(kEvents, type, event);
    CHECK(answer.status == 415);
    CHECK(answer.code() == "unsupported_type");
    CHECK(client.post("/v1/spaces/s/missing", std::string(kNdjson) + ";charset=" + charset, "")
              .status == 415);
  }
  CHECK(head_of(world) == 0);
  for (const char* charset : {"UTF-8", "\"utf-8\"", "us-ascii"}) {
    const auto type = std::string("application/json; charset=") + charset;
    CHECK(client.post(kEvents, type, event).status == 200);
  }
}

TEST_CASE("http: a malformed line is that line's outcome") {
  HttpWorld world;
  RawClient client(world.port());
  const auto answer =
      client.post(kEvents, kNdjson, HttpWorld::events(1, 1) + "{bad\n" + HttpWorld::events(2, 2));
  CHECK(answer.status == 200);
  CHECK(answer.body.find("\"line\":2,\"id\":\"\",\"outcome\":\"rejected\"") != std::string::npos);
  CHECK(head_of(world) == 2);
}

TEST_CASE("http: a body cut short is a 400, and nothing of it is kept") {
  HttpWorld world;
  const auto body = HttpWorld::events(1, 2);
  const std::string start = std::string("POST ") + kEvents +
                            " HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n";
  {
    RawClient client(world.port());
    client.send(start + "Content-Length: " + std::to_string(body.size() + 100) + "\r\n\r\n" + body);
    client.end();
    const auto answer = client.answer();
    CHECK(answer.status == 400);
    CHECK(answer.code() == "short_body");
    CHECK(client.receive_all());
  }
  {
    RawClient client(world.port());
    client.send(start + "Transfer-Encoding: chunked\r\n\r\n" + "fff\r\n" + body);
    client.end();
    CHECK(client.answer().code() == "short_body");
  }
  {
    RawClient client(world.port());  // stops sending, but does not hang up: the deadline
    client.send(start + "Content-Length: 1000\r\n\r\n" + body);
    const auto answer = client.answer();
    CHECK(answer.status == 408);  // so a client behind a slow line tries again
    CHECK(answer.code() == "short_body");
  }
  CHECK(head_of(world) == 0);
}

TEST_CASE("http: a trickle does not outlive the deadline of the whole") {
  HttpWorld world;
  const auto begun = std::chrono::steady_clock::now();
  RawClient header(world.port());
  RawClient body(world.port());
  body.send(std::string("POST ") + kEvents + " HTTP/1.1\r\nHost: t\r\nContent-Length: 500\r\n\r\n");
  while (!header.ended && !body.ended &&
         std::chrono::steady_clock::now() - begun < std::chrono::seconds(5)) {
    header.send("G");
    body.send("x");
    header.receive(1);
    body.receive(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (header.in.find("\r\n\r\n") != std::string::npos &&
        body.in.find("\r\n\r\n") != std::string::npos) {
      break;
    }
  }
  CHECK(header.answer().status == 408);
  CHECK(body.answer().code() == "short_body");
}

TEST_CASE("http: too much is a 413") {
  HttpWorld world;
  {
    RawClient client(world.port());
    client.send(std::string("POST ") + kEvents + " HTTP/1.1\r\nHost: t\r\nContent-Length: " +
                std::to_string(limits::kBodyBytes + 1) + "\r\n\r\n");
    client.send(std::string(3'000'000, 'x'));  // still sending when the answer comes
    CHECK(client.answer().code() == "too_large");
  }
  {
    const auto bomb = compress(std::string(limits::kBodyBytes + 1, ' '), Coding::gzip);
    RawClient client(world.port());  // not before: the header's deadline runs from here
    const auto answer = client.post(kEvents, kNdjson, bomb, "Content-Encoding: gzip\r\n");
    CHECK(answer.status == 413);
    CHECK(answer.code() == "too_large");
  }
}

TEST_CASE("http: compressed bodies and answers") {
  HttpWorld world;
  RawClient client(world.port());
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    const std::string name = coding == Coding::gzip ? "gzip" : "zstd";
    const auto body = compress(HttpWorld::events(1, 50), coding);
    CHECK(client.post(kEvents, kNdjson, body, "Content-Encoding: " + name + "\r\n").status == 200);
    CHECK(client.post(kEvents, kNdjson, body.substr(0, 30), "Content-Encoding: " + name + "\r\n")
              .code() == "bad_encoding");
    for (const std::string& target : {std::string(kEvents), std::string("/v1/spaces/s/state")}) {
      const auto answer = client.get(target, "Accept-Encoding: br, " + name + "\r\n");
      CHECK(answer.headers.at("content-encoding") == name);
      const auto plain = decompress(answer.body, coding, 1 << 20);
      REQUIRE(plain.ok());
      CHECK(*plain == client.get(target).body);
    }
  }
  const auto refused = client.post(kEvents, kNdjson, "{}", "Content-Encoding: br\r\n");
  CHECK(refused.status == 415);
  CHECK(refused.code() == "bad_encoding");
}

TEST_CASE("http: chunked bodies, pipelined requests and the connection kept") {
  HttpWorld world;
  RawClient client(world.port());
  const auto event = HttpWorld::events(1, 1);
  char size[16];
  std::snprintf(size, sizeof size, "%zx", event.size());
  client.send(
      std::string("POST ") + kEvents +
      " HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n"
      "Transfer-Encoding: chunked\r\n\r\n" +
      size + "\r\n" + event + "\r\n0\r\n\r\n" +
      "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\nGET /v1/spaces/s HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(client.answer().status == 200);
  CHECK(client.answer().body == "ok\n");
  const auto info = client.answer();
  CHECK(info.body.find("\"head\":1") != std::string::npos);
  CHECK(info.headers.at("content-type") == "application/json");
}

TEST_CASE("http: HEAD has the header of GET and no body") {
  HttpWorld world;
  world.push(1, 3);
  RawClient client(world.port());
  for (const std::string& target : {std::string(kEvents), std::string("/v1/spaces/s/state")}) {
    client.send("HEAD " + target + " HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto head = client.answer(true);
    CHECK(head.status == 200);
    CHECK(std::stoul(head.headers.at("content-length")) == client.get(target).body.size());
  }
}

TEST_CASE("http: a smuggled request is refused and the connection ends") {
  HttpWorld world;
  for (const auto* fields : {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                             "Content-Length: 4\r\nContent-Length: 5\r\n", "Content-Length: +4\r\n",
                             "X: a\r\n folded\r\n", "X: a\nY: b\r\n"}) {
    RawClient client(world.port());
    client.send(std::string("POST ") + kEvents + " HTTP/1.1\r\nHost: t\r\n" + fields +
                "\r\nabcdGET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto answer = client.answer();
    CHECK(answer.status == 400);
    CHECK(answer.code() == "bad_request");
    CHECK(answer.headers.at("content-type") == "application/problem+json");
    CHECK(client.receive_all());
    CHECK(client.in.empty());  // no answer to what was behind
  }
  RawClient client(world.port());
  client.send("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(limits::kHeaderBytes, 'x'));
  CHECK(client.answer().status == 431);
}

TEST_CASE("http: problems name their code") {
  HttpWorld world;
  world.push(1, 3);
  RawClient client(world.port());
  const auto code = [&](const std::string& target) { return client.get(target).code(); };
  CHECK(code("/nothing") == "no_such_route");
  CHECK(code("/v1/spaces/s/nothing") == "no_such_route");
  CHECK(code("/v1/spaces/Bad") == "bad_space");
  CHECK(code("/v1/spaces/" + std::string(65, 'a')) == "bad_space");
  CHECK(code("/v1/spaces/s/state/k%2Fnone") == "no_entity");
  CHECK(code(std::string(kEvents) + "?after=x") == "bad_cursor");
  CHECK(code(std::string(kEvents) + "?after=other-1") == "cursor_expired");
  CHECK(code(std::string(kEvents) + "?after=4") == "cursor_expired");
  CHECK(code(std::string(kEvents) + "?limit=0") == "bad_request");
  CHECK(code(std::string(kEvents) + "?limit=1001") == "bad_request");
  CHECK(client.get(std::string(kEvents) + "?limit=5000").body.find("from 1 to 1000") !=
        std::string::npos);
  CHECK(client.get(std::string(kEvents) + "?limit=1000").status == 200);
  CHECK(code("/v1/%zz") == "bad_request");
  client.send("DELETE /v1/spaces/s HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto answer = client.answer();
  CHECK(answer.status == 405);
  CHECK(answer.headers.at("allow") == "GET, HEAD");
}

// Peers: a client told that it had caught up when history was gone (mercure#1321).
TEST_CASE("http: history that is gone is a 410, never an empty page") {
  HttpWorld world;
  world.push(1, 20);
  REQUIRE(world.store.compact("s", 10).ok());
  RawClient client(world.port());
  CHECK(client.get(kEvents).status == 410);
  CHECK(client.get(std::string(kEvents) + "?after=9").status == 410);
  const auto kept = client.get(std::string(kEvents) + "?after=10");
  CHECK(kept.status == 200);
  CHECK(lines_of(kept.body) == 10);
  test::StreamClient stream(world.port(), std::string(kEvents) + "?after=ep0ch4m5r8h69-5");
  CHECK_FALSE(stream.wait_for(3));
  REQUIRE(stream.messages.size() == 2);
  CHECK(stream.messages[1].event == "reset");
  CHECK(stream.raw.ended);
}

TEST_CASE("http: a push to a log that its sender would not know again changes nothing") {
  HttpWorld world;
  RawClient client(world.port());
  REQUIRE(client.post(kEvents, kNdjson, HttpWorld::events(1, 3)).status == 200);
  const auto push = [&](const std::string& cursor) {
    return client.post(kEvents, kNdjson, HttpWorld::events(4, 4),
                       "Offsync-Cursor: " + cursor + "\r\n");
  };
  for (const char* lost : {"0therep0ch-3", "0therep0ch-0", "ep0ch4m5r8h69-4"}) {
    const auto answer = push(lost);
    CHECK(answer.status == 410);
    CHECK(answer.code() == "cursor_expired");
  }
  for (const char* wrong : {"3", "now", "x", "ep0ch4m5r8h69-"}) {
    const auto answer = push(wrong);
    CHECK(answer.status == 400);
    CHECK(answer.code() == "bad_cursor");
  }
  CHECK(head_of(world) == 3);
  REQUIRE(world.store.compact("s", 2).ok());
  CHECK(push("ep0ch4m5r8h69-0").status == 200);  // what is not kept does not matter to a push
  CHECK(head_of(world) == 4);
}

TEST_CASE("http: state at a stated cursor, one entity, open conflicts") {
  HttpWorld world;
  world.push(1, 20);
  RawClient client(world.port());
  const auto state = client.get("/v1/spaces/s/state");
  const auto recorded_ms = static_cast<std::int64_t>(world.store.space("s")->clock >> 16);
  const auto header = [recorded_ms](std::string_view line) {
    return encode_snapshot_header({{"ep0ch4m5r8h69", 20}, 7, 0, line_mark(line), recorded_ms}) +
           "\n";
  };
  const std::string last = world.store.read("s", 19, 1, 0)->front().line;
  CHECK(last.find(R"("recordedtime":")" + format_rfc3339(recorded_ms)) != std::string::npos);
  CHECK(state.body.starts_with(header(last)));
  REQUIRE(world.store.compact("s", 20).ok());
  CHECK(client.get("/v1/spaces/s/state").body.starts_with(header(last)));
  CHECK(lines_of(state.body) == 8);
  const auto encoded = client.get("/v1/spaces/s/state/k%2F3");
  CHECK(encoded.status == 200);
  CHECK(encoded.body == client.get("/v1/spaces/s/state/k/3").body);
  CHECK(encoded.body.find("\"subject\":\"k/3\"") != std::string::npos);
  CHECK(client.get("/v1/spaces/s/conflicts").body.empty());
  CHECK(client.get("/v1/spaces/empty/state").body ==
        "{\"cursor\":\"ep0chasymwhe0-0\",\"entities\":0,\"conflicts\":0}\n");
}

TEST_CASE("http: a great state comes whole, also to a slow reader") {
  HttpWorld world;
  for (std::uint64_t at = 1; at <= 700; at += 100) {
    std::string body;
    for (auto n = at; n < at + 100; ++n) {
      const auto id = std::to_string(n);
      body += R"({"specversion":"1.0","id":"i)" + id +
              R"(","source":"/c","type":"t","subject":"k/)" + id +
              R"(","time":"2023-11-14T22:13:20Z","clientseq":")" + id +
              R"(","data":{"set":{"t":")" + std::string(20'000, 'x') + "\"}}}\n";
    }
    RawClient client(world.port());
    REQUIRE(client.post(kEvents, kNdjson, body).status == 200);
  }
  RawClient slow(world.port(), 4096);
  slow.send("GET /v1/spaces/s/state HTTP/1.1\r\nHost: t\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto answer = slow.answer();
  CHECK(answer.body.size() > 14'000'000);
  CHECK(lines_of(answer.body) == 701);
}

TEST_CASE("http: cross-origin readers only where they are allowed") {
  auto options = test::quick();
  HttpWorld closed(options);
  RawClient client(closed.port());
  CHECK(client.get("/v1/spaces/s", "Origin: https://a\r\n")
            .headers.count("access-control-allow-origin") == 0);
  options.cors_origins = {"https://a", "https://b"};
  HttpWorld open(options);
  RawClient other(open.port());
  const auto answer = other.get("/v1/spaces/s", "Origin: https://b\r\n");
  CHECK(answer.headers.at("access-control-allow-origin") == "https://b");
  CHECK(answer.headers.at("vary").find("Origin") != std::string::npos);
  CHECK(answer.headers.at("access-control-expose-headers").find("Retry-After") !=
        std::string::npos);
  CHECK(other.get("/v1/spaces/s", "Origin: https://c\r\n")
            .headers.count("access-control-allow-origin") == 0);
  other.send("OPTIONS /v1/spaces/s/events HTTP/1.1\r\nHost: t\r\nOrigin: https://a\r\n\r\n");
  const auto preflight = other.answer();
  CHECK(preflight.status == 204);
  CHECK(preflight.headers.at("access-control-allow-methods") == "GET, POST");
  // The attributes of an event in binary mode, whatever they are called.
  other.send(
      "OPTIONS /v1/spaces/s/events HTTP/1.1\r\nHost: t\r\nOrigin: https://a\r\n"
      "Access-Control-Request-Headers: ce-id,CE-Mine , x-other\r\n\r\n");
  const std::string allowed = other.answer().headers.at("access-control-allow-headers");
  CHECK(allowed.ends_with("Offsync-Source, ce-id, ce-mine"));
}

TEST_CASE("http: health, readiness, metrics") {
  HttpWorld world;
  world.push(1, 3);
  world.push(1, 3);
  RawClient client(world.port());
  CHECK(client.get("/healthz").body == "ok\n");
  CHECK(client.get("/readyz").status == 200);
  const auto text = client.get("/metrics").body;
  for (const auto* line :
       {"offsync_events_total{outcome=\"accepted\"} 3\n",
        "offsync_events_total{outcome=\"duplicate\"} 3\n", "offsync_head{space=\"s\"} 3\n",
        "offsync_requests_total{route=\"events\",code=\"200\"} 2\n", "offsync_streams 0\n",
        "offsync_commit_seconds_bucket{le=\"+Inf\"} ",
        "# TYPE offsync_commit_seconds histogram\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("http: idle connections do not starve the others") {
  HttpWorld world;  // four threads
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 12; ++i) {
    idle.push_back(std::make_unique<RawClient>(world.port()));
    CHECK(idle.back()->get("/healthz").status == 200);
  }
  RawClient client(world.port());
  const auto begun = std::chrono::steady_clock::now();
  CHECK(client.get("/healthz").status == 200);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(2));
}

TEST_CASE("http: stopping answers what is under way and takes nothing new") {
  HttpWorld world;
  RawClient idle(world.port());
  CHECK(idle.get("/healthz").status == 200);
  RawClient busy(world.port());
  const auto body = HttpWorld::events(1, 5);
  busy.send(std::string("POST ") + kEvents +
            " HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, 50));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto begun = std::chrono::steady_clock::now();
  std::thread stopper([&] { world.server.stop(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  busy.send(body.substr(50));
  const auto answer = busy.answer();
  stopper.join();
  CHECK(answer.status == 200);
  CHECK(lines_of(answer.body) == 5);
  CHECK(head_of(world) == 5);
  CHECK(idle.receive_all());
  CHECK_FALSE(RawClient(world.port()).connected());
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

}  // namespace offsync::proxy
