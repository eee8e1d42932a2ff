// Which statuses the CurlTransport takes for an answer, and which for what precedes one.
#include "collector.h"

using namespace offsync;
using namespace offsync::test;

TEST_CASE("100 Continue is not the answer") {
  ScriptServer server(
      {answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
  Collector collector;
  exchange(server.origin(), get("/x"), collector);
  REQUIRE(collector.head->status == 200);
  REQUIRE(collector.body == "ok");
}

TEST_CASE("an answer that is none is refused at its status") {
  const std::string behind = "\r\nContent-Length: 2\r\n\r\n{}";
  for (const std::string status : {"101 X", "199 X", "104", "099 X", "000 X"}) {
    for (const std::string before : {"", "HTTP/1.1 100 Continue\r\n\r\n"}) {
      INFO(before << status);
      const Error error = failure_of(before + "HTTP/1.1 " + status + behind);
      REQUIRE(error.kind == Errc::protocol);
    }
  }
  REQUIRE(failure_of("HTTP/1.1 101 X" + behind).detail.find("status 101") != std::string::npos);
  REQUIRE_FALSE(failure_of("HTTP/1.1 103 X\r\n\r\n{}").message().empty());
}

TEST_CASE("103 Early Hints is not the answer") {
  ScriptServer server(
      {answering("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
                 "2\r\n\r\nok")});
  Collector collector;
  exchange(server.origin(), get("/x"), collector);
  REQUIRE(collector.result->ok());
  REQUIRE(collector.head->header("link").empty());
  REQUIRE(collector.body == "ok");
}
