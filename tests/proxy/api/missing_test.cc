// POST …/missing, and the name of a log.
#include "proxy/http_world.h"
#include "proxy/store/space_epoch.h"
#include "support/catch.h"
#include "wire/compress.h"
#include "wire/event_name.h"
#include "wire/line_mark.h"

using namespace offsync;
using namespace offsync::proxy;
using namespace offsync::proxy::test;

namespace {

constexpr const char* kMissing = "/v1/spaces/s/missing";
constexpr const char* kLines = "application/x-ndjson";

std::string names(const std::vector<std::string>& ids) {
  std::string body;
  for (const std::string& id : ids) body += encode_event_name("/c", id) + "\n";
  return body;
}

}  // namespace

TEST_CASE("missing: names what the log does not know, in order, with a count in front") {
  HttpWorld world;
  world.push(1, 3);
  const std::string known = world.store.read("s", 0, 1, 1000)->at(0).id;
  RawClient client(world.port());
  const auto ask = [&](const std::string& body) { return client.post(kMissing, kLines, body); };
  CHECK(ask(names({"x", known, "y"})).body == "{\"asked\":3,\"missing\":2}\n" + names({"x", "y"}));
  CHECK(ask(names({known})).body == "{\"asked\":1,\"missing\":0}\n");
  CHECK(ask("").body == "{\"asked\":0,\"missing\":0}\n");
  REQUIRE(world.store.compact("s", 3).ok());
  CHECK(ask(names({known})).body == "{\"asked\":1,\"missing\":0}\n");
  const auto odd = ask(R"({"id":"é\"\\","source":"/c","more":1})");
  CHECK(odd.body == "{\"asked\":1,\"missing\":1}\n" + names({"é\"\\"}));
  const auto packed = client.post(kMissing, kLines, compress(names({"x"}), Coding::gzip),
                                  "Content-Encoding: gzip\r\n");
  CHECK(packed.body == "{\"asked\":1,\"missing\":1}\n" + names({"x"}));
  CHECK(world.store.space("s")->head == 3);
}

TEST_CASE("missing: what cannot be read is refused as a whole") {
  HttpWorld world;
  RawClient client(world.port());
  for (const std::string& bad :
       {std::string("[]"), std::string("x"), std::string("{}"), std::string(R"({"id":"a"})"),
        std::string(R"({"source":"/a"})"), std::string(R"({"source":"","id":"a"})"),
        std::string(R"({"source":"/a","id":7})"),
        names({std::string(limits::kIdBytes + 1, 'x')})}) {
    INFO(bad);
    const auto answer = client.post(kMissing, kLines, names({"fine"}) + bad + "\n");
    CHECK(answer.status == 400);
    CHECK(answer.code() == "bad_request");
  }
  CHECK(client.post(kMissing, "application/json", names({"x"})).status == 415);
  CHECK(client.post(kMissing, kLines, "x", "Content-Encoding: br\r\n").status == 415);
  std::string many;
  for (std::size_t i = 0; i <= limits::kBodyEvents; ++i) many += names({std::to_string(i)});
  CHECK(client.post(kMissing, kLines, many).status == 413);
  const auto get = client.get(kMissing);
  CHECK(get.status == 405);
  CHECK(get.headers.at("allow") == "POST");
}

TEST_CASE("a client that has another line at its place is told so") {
  HttpWorld world;
  world.push(1, 4);
  const std::string epoch = world.store.space("s")->epoch;
  const std::string right = line_mark(world.store.read("s", 2, 1, 0)->at(0).line);
  RawClient client(world.port());
  const std::string place = "/v1/spaces/s/events?after=" + epoch + "-3";
  const auto with = [](const std::string& mark) { return "Offsync-Line: " + mark + "\r\n"; };
  CHECK(client.get(place, with(right)).status == 200);
  const auto other = client.get(place, with("0123456789abcdef"));
  CHECK(other.status == 410);
  CHECK(other.code() == "cursor_expired");
  // Of which line that is the mark nothing says.
  for (const std::string nowhere : {"", "?after=0", "?after=now"}) {
    const bool none = nowhere != "?after=now";
    CHECK(client.get("/v1/spaces/s/events" + nowhere, with("0123456789abcdef")).status ==
          (none ? 400 : 410));
  }
  for (const std::string name : {"Offsync-Line: ", "Offsync-Event: "}) {
    const auto told =
        client.post("/v1/spaces/s/events", kLines, HttpWorld::events(5, 5), name + right + "\r\n");
    CHECK(told.status == 400);
    CHECK(told.code() == "bad_request");
  }

  const std::string seen = "Offsync-Cursor: " + epoch + "-3\r\n";
  const auto push = [&](const std::string& mark) {
    return client.post("/v1/spaces/s/events", kLines, HttpWorld::events(5, 5), seen + with(mark));
  };
  CHECK(push("0123456789abcdef").status == 410);
  CHECK(world.store.space("s")->head == 4);
  CHECK(push(right).status == 200);
  CHECK(world.store.space("s")->head == 5);

  test::StreamClient stream(world.port(), place, with("0123456789abcdef"));
  CHECK_FALSE(stream.wait_for(3));
  REQUIRE(stream.messages.size() == 2);
  CHECK(stream.messages[1].event == "reset");
  CHECK(stream.messages[1].data.find("cursor_expired") != std::string::npos);
}

// Found by the simulator: a log that was put back, has grown since and was compacted up to where a
// client is had nothing to compare, and the client went on unnoticed.
TEST_CASE("what was compacted is compared at its end, and not trusted below") {
  HttpWorld world;
  world.push(1, 6);
  const std::string epoch = world.store.space("s")->epoch;
  const auto third = world.store.read("s", 2, 1, 0)->at(0);
  const std::string wrong = "0123456789abcdef", line = line_mark(third.line),
                    name = name_mark(third.source, third.id);
  RawClient client(world.port());
  const auto place = [&](int at) { return "?after=" + epoch + "-" + std::to_string(at); };
  const auto pull = [&](int at, const std::string& mark) {
    return client.get("/v1/spaces/s/events" + place(at), "Offsync-Line: " + mark + "\r\n").status;
  };
  const auto push = [&](int at, const std::string& marks) {
    return client
        .post("/v1/spaces/s/events", kLines, HttpWorld::events(7, 7),
              "Offsync-Cursor: " + epoch + "-" + std::to_string(at) + "\r\n" + marks)
        .status;
  };
  REQUIRE(world.store.compact("s", 3).ok());
  CHECK(pull(3, line) == 200);
  CHECK(pull(3, wrong) == 410);
  CHECK(client.get("/v1/spaces/s/events" + place(3)).status == 200);
  CHECK(push(3, "Offsync-Line: " + wrong + "\r\n") == 410);
  CHECK(push(3, "Offsync-Event: " + wrong + "\r\n") == 410);
  CHECK(push(2, "Offsync-Line: " + line + "\r\n") == 410);
  CHECK(push(2, "") == 410);
  CHECK(world.store.space("s")->head == 6);
  test::StreamClient stream(world.port(), "/v1/spaces/s/events" + place(3),
                            "Offsync-Line: " + wrong + "\r\n");
  CHECK_FALSE(stream.wait_for(3));
  REQUIRE(stream.messages.size() == 2);
  CHECK(stream.messages[1].event == "reset");
  CHECK(push(3, "Offsync-Line: " + line + "\r\n") == 200);
  CHECK(push(3, "Offsync-Event: " + name + "\r\n") == 200);
  CHECK(push(3, "") == 200);  // it has nothing but a snapshot
}

TEST_CASE("a mark that is none is refused, and no log is said to be another one for it") {
  HttpWorld world;
  world.push(1, 3);
  const std::string place = world.store.space("s")->epoch + "-2";
  const std::string mark = line_mark(world.store.read("s", 1, 1, 0)->at(0).line);
  RawClient client(world.port());
  for (const std::string& bad :
       {std::string("zz"), mark + "0", mark.substr(1), std::string(16, 'A'), mark + " x"}) {
    INFO(bad);
    for (const std::string name : {"Offsync-Line: ", "Offsync-Event: "}) {
      CHECK(client.get("/v1/spaces/s/events?after=" + place, name + bad + "\r\n").status == 400);
      CHECK(client
                .post("/v1/spaces/s/events", kLines, HttpWorld::events(4, 4),
                      "Offsync-Cursor: " + place + "\r\n" + name + bad + "\r\n")
                .status == 400);
    }
  }
  CHECK(world.store.space("s")->head == 3);
  CHECK(client.get("/v1/spaces/s/events?after=" + place, "Offsync-Line: " + mark + "\r\n").status ==
        200);
}

TEST_CASE("a push whose sender had another event accepted at a place is not taken") {
  HttpWorld world;
  world.push(1, 4);
  const auto there = world.store.read("s", 2, 1, 0)->at(0);
  RawClient client(world.port());
  const auto push = [&](std::uint64_t at, const std::string& mark) {
    return client.post("/v1/spaces/s/events", kLines, HttpWorld::events(5, 5),
                       "Offsync-Cursor: " + Cursor{world.store.space("s")->epoch, at}.text() +
                           "\r\nOffsync-Event: " + mark + "\r\n");
  };
  const std::string right = name_mark(there.source, there.id);
  for (const auto& refused :
       {push(3, name_mark(there.source, "other")), push(3, name_mark("/other", there.id)),
        push(2, right), push(5, right)}) {
    CHECK(refused.status == 410);
    CHECK(refused.code() == "cursor_expired");
  }
  CHECK(world.store.space("s")->head == 4);
  CHECK(push(3, right).status == 200);
  CHECK(world.store.space("s")->head == 5);
}

TEST_CASE("every answer about a space bears the name of its log") {
  HttpWorld world;
  world.push(1, 2);
  RawClient client(world.port());
  const std::string name = world.store.space("s")->log;
  CHECK(name == world.store.space("s")->epoch);  // of a store that was never begun anew
  for (const char* target :
       {"/v1/spaces/s", "/v1/spaces/s/events", "/v1/spaces/s/state", "/v1/spaces/s/conflicts",
        "/v1/spaces/s/events?after=other-1", "/v1/spaces/s/state/no%2Fbody"}) {
    INFO(target);
    CHECK(client.get(target).headers.at("offsync-log") == name);
  }
  CHECK(client.post("/v1/spaces/s/events", kLines, "").headers.at("offsync-log") == name);
  CHECK(client.post(kMissing, kLines, "").headers.at("offsync-log") == name);
  CHECK(client.get("/v1/spaces/s").body.find("\"log\":\"" + name + "\"") != std::string::npos);
  CHECK(client.get("/v1/spaces/t").headers.at("offsync-log") != name);
}
