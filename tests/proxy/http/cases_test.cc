// Requests as honest, careless and hostile clients send them, each with a canary behind it, to a
// real server: whole and byte by byte. One answer each; after a refusal of the head or the body,
// and after `Connection: close`, none to the canary.
#include <string>
#include <vector>

#include "base/limits.h"
#include "proxy/http_world.h"
#include "proxy/tls/client.h"
#include "proxy/tls/peer.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {

using test::HttpWorld;
using test::RawClient;
using test::TlsClient;

enum class After { kept, closed };
constexpr auto kept = After::kept;
constexpr auto closed = After::closed;

struct Case {
  std::string bytes;
  int status;
  After after;
};

const std::string kHost = "Host: h\r\n";

// GET /healthz with these fields.
std::string with(const std::string& fields, const std::string& version = "1.1") {
  return "GET /healthz HTTP/" + version + "\r\n" + kHost + fields + "\r\n";
}
std::string to(const std::string& target, const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\n" + kHost + "\r\n";
}
std::string host(const std::string& line) {
  return "GET /healthz HTTP/1.1\r\n" + line + "\r\n\r\n";
}
std::string post(const std::string& fields, const std::string& body) {
  return "POST /healthz HTTP/1.1\r\n" + kHost + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}
std::string events(const std::string& fields, const std::string& body = "{}") {
  return "POST /v1/spaces/s/events HTTP/1.1\r\n" + kHost + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string fields(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "X" + std::to_string(i) + ": v\r\n";
  return out;
}
using namespace std::string_literals;

const std::vector<Case> kTargets = {
    {to("/healthz"), 200, kept},
    {to("/healthz?"), 200, kept},
    {to("/healthz?a=1&b=2"), 200, kept},
    {to("/%68%65althz"), 200, kept},
    {to("http://h/healthz"), 200, kept},
    {to("HTTP://other/healthz"), 200, kept},
    {to("https://h:443/healthz"), 200, kept},
    {to("http://h:/healthz"), 200, kept},
    {to("http://[::1]:80/healthz"), 200, kept},
    {to("http://h"), 404, kept},
    {to("http://h/"), 404, kept},
    {to("http://h?/healthz"), 404, kept},
    {to("http://h/x?/healthz"), 404, kept},
    {to("//healthz"), 404, kept},
    {to("/healthz/"), 404, kept},
    {to("/./healthz"), 404, kept},
    {to("/x/../healthz"), 404, kept},
    {to("/healthz;v=1"), 404, kept},
    {to("/HEALTHZ"), 404, kept},
    {to("/healthz%2F"), 404, kept},
    {to("/healthz#top"), 400, kept},
    {to("http://h#/healthz"), 400, kept},
    {to("http:///healthz"), 400, kept},
    {to("http://u:p@h/healthz"), 400, kept},
    {to("http://h:8x/healthz"), 400, kept},
    {to("http://h:123456/healthz"), 400, kept},
    {to("http://[::1/healthz"), 400, kept},
    {to("http://[x]/healthz"), 400, kept},
    {to("ftp://h/healthz"), 400, kept},
    {to("healthz"), 400, kept},
    {to("?/healthz"), 400, kept},
    {to("*"), 400, kept},
    {to("/%00"), 400, kept},
    {to("/%"), 400, kept},
    {to("/%4"), 400, kept},
    {to("/%zz"), 400, kept},
    {to("/%ff"), 400, kept},
    {to("/healthz?a=1&a=1"), 400, kept},
    {to("*", "OPTIONS"), 204, kept},
    {to("/healthz", "OPTIONS"), 204, kept},
    {to("h:80", "CONNECT"), 400, kept},
    {to("/healthz", "TRACE"), 405, kept},
    {to("/healthz", "DELETE"), 405, kept},
    {to("/healthz", "get"), 405, kept},
    {to("/healthz", "M-SEARCH"), 405, kept},
    {to("/healthz", "ABCDEFGHIJKLMNOPQ"), 400, closed},
    {to("/healthz", "G(T"), 400, closed},
    {to("/\xc3\xa4"), 400, closed},
    {to("/a b"), 400, closed},
    {to("/" + std::string(8 * 1024, 'a')), 414, closed},
};

const std::vector<Case> kLines = {
    {"\r\n" + to("/healthz"), 200, kept},
    {"\r\n\r\n" + to("/healthz"), 400, closed},
    {"\n" + to("/healthz"), 400, closed},
    {" " + to("/healthz"), 400, closed},
    {"\0"s + to("/healthz"), 400, closed},
    {"GET  /healthz HTTP/1.1\r\n" + kHost + "\r\n", 400, closed},
    {"GET\t/healthz HTTP/1.1\r\n" + kHost + "\r\n", 400, closed},
    {"GET /healthz  HTTP/1.1\r\n" + kHost + "\r\n", 400, closed},
    {"GET /healthz HTTP/1.1 \r\n" + kHost + "\r\n", 400, closed},
    {"GET /healthz\r\n" + kHost + "\r\n", 400, closed},
    {"GET HTTP/1.1\r\n" + kHost + "\r\n", 400, closed},
    {"GET /healthz http/1.1\r\n" + kHost + "\r\n", 400, closed},
    {"GET /healthz HTTP/1.10\r\n" + kHost + "\r\n", 400, closed},
    {"GET /healthz HTTP/1.2\r\n" + kHost + "\r\n", 505, closed},
    {"GET /healthz HTTP/2.0\r\n" + kHost + "\r\n", 505, closed},
    {"GET /healthz HTTP/1.1\n" + kHost + "\r\n", 400, closed},
    {"GET /healthz HTTP/1.1\r" + kHost + "\r\n", 400, closed},
    {"GET /healthz HTTP/1.1\r\r\n" + kHost + "\r\n", 400, closed},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, closed},
    {"GET /healthz HTTP/1.0\r\n\r\n", 200, closed},
    {"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, kept},
    {"GET /healthz HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", 200, closed},
    {host("Host: h"), 200, kept},
    {host("host:h"), 200, kept},
    {host("HOST:\th\t"), 200, kept},
    {host("Host: h:8080"), 200, kept},
    {host("Host: h:"), 200, kept},
    {host("Host:"), 200, kept},
    {host("Host: [2001:db8::1]:80"), 200, kept},
    {host("Host: xn--bcher-kva.example"), 200, kept},
    {host("Host: %41"), 200, kept},
    {host("Host: a/b"), 400, closed},
    {host("Host: a b"), 400, closed},
    {host("Host: a@b"), 400, closed},
    {host("Host: a?b"), 400, closed},
    {host("Host: a#b"), 400, closed},
    {host("Host: a\\b"), 400, closed},
    {host("Host: h:80:80"), 400, closed},
    {host("Host: h:x"), 400, closed},
    {host("Host: h:65535"), 200, kept},
    {host("Host: h:65536"), 400, closed},
    {host("Host: [::1"), 400, closed},
    {host("Host: %4"), 400, closed},
    {host("Host: h\xff"), 400, closed},
    {host("Host : h"), 400, closed},
    {host("X: h"), 400, closed},
    {host("Host: h\r\nHost: h"), 400, closed},
    {host("Host: h\r\nhost:"), 400, closed},
};

const std::vector<Case> kFields = {
    {with("X: \xff\r\nY: /healthz HTTP/1.1\r\n"), 200, kept},
    {with("X: a\tb\r\n"), 200, kept},
    {with("X:\r\n"), 200, kept},
    {with("X: " + std::string(4096, 'a') + "\r\n"), 200, kept},
    {with("X: " + std::string(4089, 'a') + "\r\n"), 200, kept},
    {with(fields(99)), 200, kept},
    {with(fields(100)), 431, closed},
    {with("X: " + std::string(4097, 'a') + "\r\n"), 431, closed},
    {with(std::string(129, 'a') + ": x\r\n"), 431, closed},
    {with("X: a\r\n b\r\n"), 400, closed},
    {with("X: a\r\n\tb\r\n"), 400, closed},
    {with(" X: a\r\n"), 400, closed},
    {with("X : a\r\n"), 400, closed},
    {with(": a\r\n"), 400, closed},
    {with("X\r\n"), 400, closed},
    {with("X(: a\r\n"), 400, closed},
    {with("X\xc3\xa4: a\r\n"), 400, closed},
    {with("X: a\0b\r\n"s), 400, closed},
    {with("X: a\x01\r\n"), 400, closed},
    {with("X: a\x7f\r\n"), 400, closed},
    {with("X: a\rb\r\n"), 400, closed},
    {with("X: a\nY: b\r\n"), 400, closed},
    {with("Connection: close\r\n"), 200, closed},
    {with("Connection: Close\r\n"), 200, closed},
    {with("Connection: TE, close\r\n"), 200, closed},
    {with("Connection: close, TE\r\n"), 200, closed},
    {with("Connection: TE\r\nConnection: close\r\n"), 200, closed},
    {with("Connection: keep-alive\r\n"), 200, kept},
    {with("Connection: closed\r\n"), 200, kept},
    {with("Connection: upgrade\r\nUpgrade: h2c\r\n"), 200, kept},
    {with("Connection: ,,\r\n"), 200, kept},
    {with("Expect: 100-continue\r\n"), 200, kept},
    {with("Expect: 100-Continue\r\n"), 200, kept},
    {with("Expect: tea\r\n"), 417, closed},
    {with("Expect: 100-continue, tea\r\n"), 417, closed},
    {with("Expect: 100-continue\r\nExpect: 100-continue\r\n"), 417, closed},
    {with("Expect: tea\r\n", "1.0"), 200, closed},
    {events("Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
            "Content-Encoding: gzip\r\n"),
     415, kept},
    {events("Content-Type: application/json\r\nContent-Encoding: gzip, zstd\r\n"), 415, kept},
    {events("Content-Type: application/json\r\nContent-Encoding: =?utf-8?q?gzip?=\r\n"), 415, kept},
    {events("Content-Type: application/json\r\nContent-Encoding: gzip;q=1\r\n"), 415, kept},
    {events("Content-Type: application/json\r\nContent-Encoding: br\r\n"), 415, kept},
    {events("Content-Type: application/json\r\nContent-Encoding: GZIP\r\n"), 400, kept},
    {events("Content-Type: application/json\r\nContent-Type: application/json\r\n"), 415, kept},
    {events(""), 415, kept},
    {events("Content-Type: application/json\r\nOffsync-Cursor: e-1\r\nOffsync-Cursor: e-1\r\n"),
     400, kept},
};

const std::vector<Case> kBodies = {
    {post("Content-Length: 5\r\n", "hello"), 405, kept},
    {post("Content-Length: 0\r\n", ""), 405, kept},
    {post("Content-Length: 005\r\n", "hello"), 405, kept},
    {post("Content-Length: 5\r\nExpect: 100-continue\r\n", "hello"), 405, kept},
    {with("Content-Length: 5\r\n") + "hello", 200, kept},
    {post("Content-Length: 37\r\n", "GET /healthz HTTP/1.1\r\nHost: evil\r\n\r\n"), 405, kept},
    {post("", ""), 405, closed},
    {to("/v1/spaces/s/events", "POST"), 411, closed},
    {post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400, closed},
    {post("Content-Length: 5, 5\r\n", "hello"), 400, closed},
    {post("Content-Length: +5\r\n", "hello"), 400, closed},
    {post("Content-Length: -0\r\n", ""), 400, closed},
    {post("Content-Length: 0x5\r\n", "hello"), 400, closed},
    {post("Content-Length: 5 5\r\n", "hello"), 400, closed},
    {post("Content-Length: 5.\r\n", "hello"), 400, closed},
    {post("Content-Length:\r\n", ""), 400, closed},
    {post("Content-Length: 18446744073709551621\r\n", "hello"), 400, closed},
    {post("Content-Length: 16777217\r\n", ""), 413, closed},
    {post("Content-Length: 16777217\r\nExpect: 100-continue\r\n", ""), 413, closed},
    {post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400, closed},
    {post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"), 400, closed},
    {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
     closed},
    {post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501, closed},
    {post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501, closed},
    {post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 501, closed},
    {post("Transfer-Encoding: identity\r\n", ""), 501, closed},
    {post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 501, closed},
    {post("Transfer-Encoding: \x0b"
          "chunked\r\n",
          "0\r\n\r\n"),
     400, closed},
    {post("Transfer-Encoding:\r\n", ""), 501, closed},
    {post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), 405, kept},
    {post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), 405, kept},
    {"POST /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, closed},
    {"POST /healthz HTTP/1.0\r\n\r\n", 405, closed},
    {"POST /healthz HTTP/1.0\r\nContent-Length: 2\r\n\r\nab", 405, closed},
    {chunked("0\r\n\r\n"), 405, kept},
    {chunked("5\r\nhello\r\n0\r\n\r\n"), 405, kept},
    {chunked("05\r\nhello\r\n00\r\n\r\n"), 405, kept},
    {chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), 405, kept},
    {chunked("5;a=b;c=\"d e\"\r\nhello\r\n0;last\r\n\r\n"), 405, kept},
    {chunked("5;a=\xc3\xa4\r\nhello\r\n0\r\n\r\n"), 405, kept},
    {chunked("0\r\nT: x\r\nContent-Length: 5\r\n\r\n"), 405, kept},
    {chunked("5;a\0b\r\nhello\r\n0\r\n\r\n"s), 400, closed},
    {chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("5;a\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("5\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("5 \r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("+5\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("-5\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked(";a\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("100000005\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("fffffff\r\nhello\r\n0\r\n\r\n"), 413, closed},
    {chunked("4\r\nhello\r\n0\r\n\r\n"), 400, closed},
    {chunked("5\r\nhello0\r\n\r\n"), 400, closed},
    {chunked("5\r\nhello\n0\r\n\r\n"), 400, closed},
    {chunked("0\r\nT: a\0b\r\n\r\n"s), 400, closed},
    {chunked("0\r\nT: a\rb\r\n\r\n"), 400, closed},
    {chunked("0\r\nT: a\n\r\n"), 400, closed},
    {chunked("0\r\nno colon\r\n\r\n"), 400, closed},
    {chunked("0\r\nT: a\r\n b\r\n\r\n"), 400, closed},
    {chunked("0\r\n: a\r\n\r\n"), 400, closed},
    {chunked("5;" + std::string(300, 'x') + "\r\nhello\r\n0\r\n\r\n"), 400, closed},
};

// Sends it with a canary behind it; the answers.
void check(RawClient&& client, const Case& one, std::size_t step) {
  const auto bytes = one.bytes + "GET /v1/spaces/canary HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (!client.send(std::string_view(bytes).substr(at, step))) break;
  }
  INFO(one.bytes.substr(0, 300));
  INFO("in pieces of " << step);
  auto answer = client.answer();
  while (answer.status == 100) answer = client.answer();
  CHECK(answer.status == one.status);
  CHECK(answer.headers.count("offsync-time") == 1);
  if (one.after == After::kept) {
    CHECK(answer.headers["connection"] != "close");
    const auto canary = client.answer();
    CHECK(canary.status == 200);
    CHECK(canary.body.find("\"space\":\"canary\"") != std::string::npos);
    client.end();
  } else {
    CHECK(answer.headers["connection"] == "close");
  }
  CHECK(client.receive_all());
  CHECK(client.clean);
  CHECK(client.in.empty());
}

void check_all(const std::vector<Case>& cases) {
  auto options = test::quick();
  options.header_ms = options.body_ms = 30'000;
  HttpWorld world(options);
  for (const auto& one : cases) {
    check(RawClient(world.port()), one, 1 << 20);
    check(RawClient(world.port()), one, one.bytes.size() > 2000 ? 997 : 1);
  }
  world.server.use_tls(test::some_identity());
  for (const auto& one : cases) {
    INFO("over TLS");
    check(TlsClient(world.port()), one, 10'000);
    check(TlsClient(world.port()), one, one.bytes.size() > 2000 ? 997 : 1);
  }
}

}  // namespace

TEST_CASE("http cases: targets and methods") {
  check_all(kTargets);
}
TEST_CASE("http cases: request lines and hosts") {
  check_all(kLines);
}
TEST_CASE("http cases: fields") {
  check_all(kFields);
}
TEST_CASE("http cases: bodies") {
  check_all(kBodies);
}

TEST_CASE("http cases: there are as many as were promised") {
  CHECK(kTargets.size() + kLines.size() + kFields.size() + kBodies.size() >= 200);
}

}  // namespace offsync::proxy
