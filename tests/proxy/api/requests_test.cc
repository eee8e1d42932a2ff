// Which requests are for which path, with which parameters, and what form of answer they want.
#include "proxy/http_world.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {

using test::HttpWorld;
using test::RawClient;
using test::StreamClient;

constexpr auto* kSpace = "/v1/spaces/s";
constexpr auto* kEvents = "/v1/spaces/s/events";

bool has(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("http: a parameter that there is not is refused, one with _ in front is not looked at") {
  HttpWorld world;
  RawClient client(world.port());
  REQUIRE(client.post(kEvents, "application/x-ndjson", HttpWorld::events(1, 3)).status == 200);
  const std::string space = kSpace;
  for (const char* path :
       {"?x=1", "/events?subjct=x", "/events?lmit=1", "/events?limit=1&x", "/events?Limit=1",
        "/state?subjct=k/1", "/state?after=1", "/conflicts?limit=1", "/state/k/1?subject=k/1"}) {
    INFO(path);
    const auto answer = client.get(space + path);
    CHECK(answer.status == 400);
    CHECK(answer.code() == "bad_request");
    CHECK(has(answer.body, "there is no parameter"));
    CHECK(client.get(space + path, "Accept: text/event-stream\r\n").status == 400);
  }
  CHECK(client.post(space + "/events?after=1", "application/json", "{}").status == 400);
  CHECK(client.post(space + "/missing?x=1", "application/x-ndjson", "").status == 400);
  for (const char* path : {"?_=1", "/events?_=1&limit=1", "/events?_r=x", "/state?_=2",
                           "/conflicts?_", "/state?subject=k/1&_=3"}) {
    INFO(path);
    CHECK(client.get(space + path).status == 200);
  }
  const auto endless =
      client.get(space + "/events?after=1&limit=2", "Accept: text/event-stream\r\n");
  CHECK(endless.status == 400);
  CHECK(has(endless.body, "no limit"));
  CHECK(client.get("/healthz?probe=1").status == 200);
}

TEST_CASE("http: an empty filter is none, and refused") {
  HttpWorld world;
  RawClient client(world.port());
  REQUIRE(client.post(kEvents, "application/x-ndjson", HttpWorld::events(1, 3)).status == 200);
  for (const std::string filter : {"subject=", "type=", "type", "subject=k/*&type="}) {
    for (const std::string limit : {"", "&limit=2"}) {
      INFO(filter);
      const auto target = std::string(kEvents) + "?" + filter + limit;
      CHECK(client.get(target).code() == "bad_request");
      if (limit.empty()) {
        CHECK(client.get(target, "Accept: text/event-stream\r\n").code() == "bad_request");
      }
    }
  }
  CHECK(client.get(std::string(kSpace) + "/state?subject=").code() == "bad_request");
}

TEST_CASE("http: where an EventSource cannot send Last-Event-ID, its parameter counts as much") {
  HttpWorld world;
  RawClient client(world.port());
  REQUIRE(client.post(kEvents, "application/x-ndjson", HttpWorld::events(1, 3)).status == 200);
  const auto cursor = client.get(std::string(kEvents) + "?limit=2").headers["offsync-cursor"];
  const auto first = [&](const std::string& query, const std::string& field) {
    StreamClient stream(world.port(), kEvents + query, field);
    REQUIRE(stream.wait_for(2));
    return stream.seen().front();
  };
  CHECK(first("?after=0", "") == 1);
  CHECK(first("?after=0&lastEventId=" + cursor, "") == 3);
  CHECK(first("?after=0&lastEventId=", "") == 1);
  CHECK(first("?lastEventId=" + cursor.substr(0, cursor.size() - 1) + "0",
              "Last-Event-ID: " + cursor + "\r\n") == 3);
  CHECK(client.get(std::string(kEvents) + "?lastEventId=x!", "Accept: text/event-stream\r\n")
            .code() == "bad_cursor");
}

TEST_CASE("http: the form of an answer that is wanted most") {
  HttpWorld world;
  REQUIRE(RawClient(world.port())
              .post(kEvents, "application/x-ndjson", HttpWorld::events(1, 40))
              .status == 200);
  const auto type = [&](const std::string& accept) {
    RawClient client(world.port());
    client.send(std::string("GET ") + kEvents + " HTTP/1.1\r\nHost: t\r\nAccept: " + accept +
                "\r\n\r\n");
    return client.answer(true).headers["content-type"];
  };
  for (const char* stream :
       {"text/event-stream", "text/event-stream;q=0.1", "application/x-ndjson, text/event-stream",
        "text/event-stream, */*;q=0.5", "application/x-ndjson;q=0.4, Text/Event-Stream; q=0.5",
        "text/event-stream;q=0.5, application/json", "text/event-stream, */*"}) {
    INFO(stream);
    CHECK(type(stream) == "text/event-stream");
  }
  for (const char* lines :
       {"text/event-stream;q=0.5, application/x-ndjson", "text/event-stream;q=0", "*/*",
        "text/event-stream;q=0.5, application/*", "*/*, text/event-stream;q=0.9"}) {
    INFO(lines);
    CHECK(type(lines) == "application/x-ndjson");
  }
  const auto coding = [&](const std::string& accept) {
    RawClient client(world.port());
    return client.get(kEvents, "Accept-Encoding: " + accept + "\r\n").headers["content-encoding"];
  };
  CHECK(coding("gzip, zstd") == "zstd");
  CHECK(coding("zstd;q=0.5, gzip") == "gzip");
  CHECK(coding("zstd;q=0, gzip;q=0.1") == "gzip");
  CHECK(coding("identity, gzip;q=0.5").empty());
  CHECK(coding("identity;q=0.5, gzip").find("gzip") == 0);
  CHECK(coding("*").empty());
}

TEST_CASE("http: a POST without a length, to what takes none") {
  HttpWorld world;
  const auto status = [&](const std::string& path) {
    RawClient client(world.port());
    client.send("POST " + path + " HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto answer = client.answer();
    if (answer.status == 405) CHECK(answer.headers.at("allow") == "GET, HEAD");
    CHECK(answer.headers.at("connection") == "close");
    return answer.status;
  };
  const std::string space = kSpace;
  for (const std::string& path :
       {std::string("/healthz"), std::string("/readyz"), std::string("/metrics"), space,
        space + "/state", space + "/state/k/1", space + "/conflicts"}) {
    INFO(path);
    CHECK(status(path) == 405);
  }
  CHECK(status(space + "/events") == 411);
  CHECK(status(space + "/missing") == 411);
  CHECK(status(space + "/nothing") == 404);
  CHECK(status("/v1/spaces/UP/events") == 400);
}

TEST_CASE("http: one event that is JSON has an outcome, as it has among others") {
  HttpWorld world;
  RawClient client(world.port());
  const auto event = [](const std::string& id, const std::string& data) {
    return R"({"specversion":"1.0","id":)" + id + R"(,"source":"/s","type":"t","subject":"k/1",)" +
           R"("time":"2020-01-01T00:00:00Z","data":)" + data + "}";
  };
  struct Case {
    std::string line, id, code;
  };
  const std::vector<Case> cases = {
      {event("\"a\"", "[1]"), "a", "malformed"},
      {event("7", "{}"), "", "malformed"},
      {event("\"b\"", R"({"set":{"x":1},"unset":["x"]})"), "b", "bad_operation"},
      {R"({"specversion":"1.0","id":"c","source":"/s","type":"t","subject":"x"})", "c",
       "bad_attribute"},
      {R"({"specversion":"1.0","id":"d","source":"/s","type":"t"})", "d", "missing"},
      {R"({"specversion":"1.0","id":"e","id":"f","source":"/s","type":"t","subject":"k/1"})", "",
       "duplicate_name"},
      {event("\"" + std::string(129, 'x') + "\"", "{}"), "", "too_large"}};
  for (const auto& [line, id, code] : cases) {
    INFO(line);
    for (const char* type : {"application/json", "application/x-ndjson"}) {
      const auto answer = client.post(kEvents, type, line + "\n");
      CHECK(answer.status == 200);
      CHECK(has(answer.body,
                R"({"line":1,"id":")" + id + R"(","outcome":"rejected","code":")" + code + "\""));
    }
  }
  for (const char* none : {"", "{", "7", "\"x\"", "nul", "[1]", R"({"id":"x"} {})", "{'id':1}"}) {
    INFO(none);
    CHECK(client.post(kEvents, "application/json", none).status == 400);
  }
}

}  // namespace offsync::proxy
