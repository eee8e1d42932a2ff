#include "proxy/http/head.h"

#include <string>

#include "base/limits.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {

using Answer = std::variant<RequestHead, Problem>;

Answer with(const std::string& fields) {
  return check_head("POST /v1/spaces/s/events HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
}

int status_of(const Answer& answer) {
  const auto* problem = std::get_if<Problem>(&answer);
  return problem == nullptr ? 200 : problem->status;
}

int status_of(const std::string& head) {
  return status_of(check_head(head));
}

}  // namespace

TEST_CASE("http head: an honest one passes, with its framing") {
  const auto answer = with("Content-Length: 12\r\nAccept: */*\r\n");
  const auto* head = std::get_if<RequestHead>(&answer);
  REQUIRE(head != nullptr);
  CHECK(head->method == "POST");
  CHECK(head->target == "/v1/spaces/s/events");
  CHECK(head->framing.length == 12);
  CHECK_FALSE(head->framing.chunked);
  const auto chunked = with("transfer-encoding: Chunked\r\n");
  REQUIRE(std::holds_alternative<RequestHead>(chunked));
  CHECK(std::get<RequestHead>(chunked).framing.chunked);
  CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 200);
}

// Each of these the library takes without a word (lessons: "parses too kindly").
TEST_CASE("http head: what could hide a second request is refused") {
  CHECK(status_of(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == 400);
  CHECK(status_of(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")) == 400);
  CHECK(status_of(with("Content-Length: 5\r\nContent-Length: 5\r\n")) == 400);
  CHECK(status_of(with("Content-Length: 5, 5\r\n")) == 400);
  CHECK(status_of(with("Content-Length: +5\r\n")) == 400);
  CHECK(status_of(with("Content-Length: -1\r\n")) == 400);
  CHECK(status_of(with("Content-Length: 0x5\r\n")) == 400);
  CHECK(status_of(with("Content-Length:\r\n")) == 400);
  CHECK(status_of(with("Content-Length: 99999999999999999999\r\n")) == 400);
  CHECK(status_of(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")) == 400);
  CHECK(status_of(with("Transfer-Encoding: gzip, chunked\r\n")) == 501);
  CHECK(status_of(with("Transfer-Encoding: xchunked\r\n")) == 501);
  CHECK(status_of(with("X: a\r\n b\r\n")) == 400);
  CHECK(status_of(with("X : a\r\n")) == 400);
  CHECK(status_of(with("Content-Length : 5\r\n")) == 400);
  CHECK(status_of(with(": a\r\n")) == 400);
  CHECK(status_of(with("no colon\r\n")) == 400);
  CHECK(status_of(with("X: a\x01\r\n")) == 400);
  CHECK(status_of(with(std::string("X: a\0b\r\n", 8))) == 400);
  CHECK(status_of(with("Host: b\r\n")) == 400);
  CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);               // no Host
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n") == 200);  // both by RFC 3986
  CHECK(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n") == 200);
  CHECK(status_of("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

// HTTP/1.0 clients end a body with the connection: it would be taken for none, and answered 200.
TEST_CASE("http head: a POST says how long it is") {
  CHECK(status_of("POST / HTTP/1.0\r\n\r\n") == 411);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: a\r\n\r\n") == 411);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n") == 200);
}

TEST_CASE("http head: bare line ends are refused before the head is complete") {
  CHECK(check_partial_head("GET / HTTP/1.1\nHost: a\n\n")->status == 400);
  CHECK(check_partial_head("GET / HTTP/1.1\r\nHost: a\n")->status == 400);
  CHECK(check_partial_head("GET / HTTP/1.1\rHost")->status == 400);
  CHECK_FALSE(check_partial_head("GET / HTTP/1.1\r"));
  CHECK_FALSE(check_partial_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n{\n\n}"));  // a body may
}

TEST_CASE("http head: byte by byte it is judged as at once") {
  const std::string whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest\nof it";
  for (std::size_t seen = 0; seen < 27; ++seen) {
    CHECK_FALSE(head_bytes(whole.substr(0, seen), seen == 0 ? 0 : seen - 1));
    CHECK_FALSE(check_partial_head(whole.substr(0, seen), seen == 0 ? 0 : seen - 1));
    CHECK(head_bytes(whole, seen) == 27);
  }
  const std::string bare = "GET / HTTP/1.1\r\nHost: a\n";
  CHECK(check_partial_head(bare, bare.size() - 1));
  CHECK(check_partial_head("GET / HTTP/1.1\rX", 15));
}

TEST_CASE("http head: request lines") {
  CHECK(status_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET /\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("G{T / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
  CHECK(status_of("GET / http/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("\r\n\r\n") == 400);
}

TEST_CASE("http head: every part has its limit") {
  const std::string length = "Content-Length: 0\r\n";
  CHECK(status_of("GET /" + std::string(kTargetBytes, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") ==
        414);
  CHECK(status_of(with(length + "X: " + std::string(kFieldValueBytes, 'a') + "\r\n")) == 200);
  CHECK(status_of(with(length + "X: " + std::string(kFieldValueBytes + 1, 'a') + "\r\n")) == 431);
  std::string fields;
  for (std::size_t i = 2; i < kHeadFields; ++i) fields += "X: a\r\n";
  CHECK(status_of(with(length + fields)) == 200);
  CHECK(status_of(with(length + fields + "X: a\r\n")) == 431);
  CHECK(check_partial_head(std::string(limits::kHeaderBytes + 1, 'a'))->status == 431);
}

}  // namespace offsync::proxy
