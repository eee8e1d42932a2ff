#include "proxy/http/body.h"

#include <string>

#include "support/catch.h"

namespace offsync::proxy {
namespace {

constexpr Framing kChunked{true, 0};

struct Read {
  bool done = false;
  std::string body, code;
  std::size_t taken = 0;
};

// Feeds `bytes` in pieces of `step`.
Read read(const Framing& framing, std::string_view bytes, std::size_t step,
          std::size_t limit = 1000) {
  BodyReader reader(framing, limit);
  Read out;
  while (out.taken < bytes.size() && !reader.done() && !reader.problem()) {
    out.taken += reader.feed(bytes.substr(out.taken, step));
  }
  out.done = reader.done();
  if (reader.problem()) out.code = reader.problem()->code;
  if (!out.done && out.code.empty()) out.code = reader.cut().code;
  out.body = reader.take();
  return out;
}

}  // namespace

TEST_CASE("http body: of a stated length, at every split, and not a byte more") {
  for (std::size_t step = 1; step <= 12; ++step) {
    const auto got = read({false, 5}, "helloGET / HTTP", step);
    CHECK(got.done);
    CHECK(got.body == "hello");
    CHECK(got.taken == 5);
  }
  CHECK(read({false, 0}, "", 1).done);
}

TEST_CASE("http body: chunked, at every split, and not a byte more") {
  const std::string_view bytes = "5\r\nhello\r\nA;x=y\r\n, \r\n world\r\n0\r\nT: x\r\n\r\nGET";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const auto got = read(kChunked, bytes, step);
    CHECK(got.done);
    CHECK(got.body == "hello, \r\n world");
    CHECK(got.taken == bytes.size() - 3);
  }
}

TEST_CASE("http body: cut anywhere it is short, never complete") {
  const std::string_view chunked = "5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t n = 0; n < chunked.size(); ++n) {
    const auto got = read(kChunked, chunked.substr(0, n), 100);
    CHECK_FALSE(got.done);
    CHECK(got.code == "short_body");
  }
  CHECK(read({false, 400}, "two\nlines\n", 100).code == "short_body");
}

TEST_CASE("http body: over the limit") {
  CHECK(read({false, 1001}, "", 1).code == "too_large");
  CHECK(read(kChunked, "3e8\r\n", 1).code == "short_body");
  CHECK(read(kChunked, "3e9\r\n", 1).code == "too_large");
  CHECK(read(kChunked, "2\r\nab\r\n2\r\ncd\r\n", 1, 3).code == "too_large");
  CHECK(read(kChunked, "ffffffff\r\n", 1).code == "too_large");
}

TEST_CASE("http body: malformed chunks") {
  for (const auto* bytes :
       {"5\nhello", "+5\r\nhello", "5 \r\nhello", "\r\n", "g\r\n", "123456789\r\n", "2\r\nabc\r\n",
        "0\r\nT: x\n", "5;a=\"x\r\nhello", "5;a=\"x\\\"\r\nhello"}) {
    INFO(bytes);
    CHECK(read(kChunked, bytes, 1).code == "bad_request");
  }
  CHECK(read(kChunked, "5;a=\"x;\\\"\"\r\nhello\r\n0\r\n\r\n", 1).done);
  CHECK(read(kChunked, "5;" + std::string(300, 'x'), 7).code == "bad_request");
  std::string endless = "0\r\n";
  for (int i = 0; i < 100; ++i) endless += "T: " + std::string(100, 'x') + "\r\n";
  CHECK(read(kChunked, endless, 50).code == "too_large");
}

}  // namespace offsync::proxy
