#include "wire/sse.h"

#include "base/limits.h"
#include "support/catch.h"

namespace offsync {
namespace {

using namespace std::string_literals;

struct Parsed {
  std::vector<SseMessage> messages;
  std::string last_id;
  std::optional<std::int64_t> retry;

  friend bool operator==(const Parsed&, const Parsed&) = default;
};

Parsed parse(const std::vector<std::string_view>& pieces) {
  SseParser parser;
  Parsed parsed;
  for (const auto piece : pieces) REQUIRE(parser.feed(piece, parsed.messages).ok());
  parsed.last_id = parser.last_event_id();
  parsed.retry = parser.retry_ms();
  return parsed;
}

// The stream must mean the same however the network cuts it: in one piece, cut at every place (and
// at every pair of places), and byte by byte.
void check(const std::string& stream, const Parsed& expected) {
  INFO("stream: " << stream);
  const std::string_view bytes = stream;
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  CHECK(parse(single) == expected);
  CHECK(parse({bytes}) == expected);
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    for (std::size_t j = i; j <= bytes.size(); ++j) {
      const auto parsed = parse({bytes.substr(0, i), bytes.substr(i, j - i), bytes.substr(j)});
      if (parsed != expected) FAIL("differs when cut at " << i << " and " << j);
    }
  }
}

TEST_CASE("SSE: a message is its data lines", "[sse]") {
  check("data: one\n\n", {{{"message", "one", ""}}, "", {}});
  check("data:one\ndata:  two\ndata\ndata:\n\n", {{{"message", "one\n two\n\n", ""}}, "", {}});
  check("data\n\ndata\ndata\n\ndata:", {{{"message", "", ""}, {"message", "\n", ""}}, "", {}});
  check("data: a: b\n\n", {{{"message", "a: b", ""}}, "", {}});
  check("data: one\n\n\n\ndata: two\n\n",
        {{{"message", "one", ""}, {"message", "two", ""}}, "", {}});
}

TEST_CASE("SSE: CR, LF and CRLF end a line", "[sse]") {
  const Parsed expected{{{"message", "a\nb", ""}, {"message", "c", ""}}, "", {}};
  check("data: a\ndata: b\n\ndata: c\n\n", expected);
  check("data: a\rdata: b\r\rdata: c\r\r", expected);
  check("data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", expected);
  check("data: a\rdata: b\r\n\ndata: c\n\r", expected);
  // CR LF CR: the LF belongs to the first CR, so that there are two line ends, not three.
  check("data: a\r\n\rdata: b\n\r\n", {{{"message", "a", ""}, {"message", "b", ""}}, "", {}});
}

TEST_CASE("SSE: one byte order mark at the start is dropped", "[sse]") {
  check(
      "\xEF\xBB\xBF"
      "data: a\n\n",
      {{{"message", "a", ""}}, "", {}});
  check(
      "\xEF\xBB\xBF\xEF\xBB\xBF"
      "data: a\n\ndata: b\n\n",
      {{{"message", "b", ""}}, "", {}});
  check(
      "\ndata: a\n\xEF\xBB\xBF"
      "data: b\n\n",
      {{{"message", "a", ""}}, "", {}});
  // What only begins like one is part of the line.
  check(
      "\xEF\xBB"
      "data: a\n\ndata: b\n\n",
      {{{"message", "b", ""}}, "", {}});
  check("\xEF\ndata: b\n\n", {{{"message", "b", ""}}, "", {}});
  check("\xEF\xBB\xBF", {{}, "", {}});
  check("", {{}, "", {}});
}

TEST_CASE("SSE: comments and unknown fields are passed over", "[sse]") {
  check(": heartbeat\n\n:\n\n", {{}, "", {}});
  check("data: a\n: in between\n:data: no\nData: no\n data: no\nfoo: bar\nfoo\ndata: b\n\n",
        {{{"message", "a\nb", ""}}, "", {}});
}

TEST_CASE("SSE: an event type holds for one message", "[sse]") {
  check("event: hello\ndata: 1\n\ndata: 2\n\n",
        {{{"hello", "1", ""}, {"message", "2", ""}}, "", {}});
  check("event: lost\n\ndata: 2\n\n", {{{"message", "2", ""}}, "", {}});
  check("event: a\nevent: b\ndata: 1\n\n", {{{"b", "1", ""}}, "", {}});
  check("event: a\nevent\ndata: 1\n\n", {{{"message", "1", ""}}, "", {}});
}

TEST_CASE("SSE: an id persists until another one comes", "[sse]") {
  check("id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n",
        {{{"message", "a", "1"}, {"message", "b", "1"}, {"message", "c", "2"}}, "2", {}});
  check("id: 1\n\ndata: a\n\n", {{{"message", "a", "1"}}, "1", {}});
  check("id: 1\ndata: a\n\nid\ndata: b\n\n",
        {{{"message", "a", "1"}, {"message", "b", ""}}, "", {}});
  check("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"s,
        {{{"message", "a", "1"}, {"message", "b", "1"}}, "1", {}});
}

TEST_CASE("SSE: retry takes digits only", "[sse]") {
  check("retry: 2000\n", {{}, "", 2000});
  check("retry:0\n", {{}, "", 0});
  check("retry: 2000\nretry: +1\nretry: 1.5\nretry: 1e3\nretry: -1\nretry:\nretry:  7\nretry: x\n",
        {{}, "", 2000});
  check("retry: 99999999999999999999999\n", {{}, "", 1'000'000'000});
}

TEST_CASE("SSE: a block that the end cuts off is discarded with its id", "[sse]") {
  check("id: 1\ndata: a\n\nid: 2\ndata: b\n", {{{"message", "a", "1"}}, "1", {}});
  check("id: 1\ndata: a\n\nid: 2\ndata: b", {{{"message", "a", "1"}}, "1", {}});
  check("id: 2\ndata: b\r", {{}, "", {}});
}

TEST_CASE("SSE: bytes are handed on as they are", "[sse]") {
  check("data: \xff\xc3\0\x7f é\n\n"s, {{{"message", "\xff\xc3\0\x7f é"s, ""}}, "", {}});
}

TEST_CASE("SSE: a line has a limit", "[sse]") {
  const std::string longest = "data:" + std::string(limits::kSseLineBytes - 5, 'x');
  std::vector<SseMessage> out;
  SseParser fits;
  REQUIRE(fits.feed(longest + "\n\n", out).ok());
  REQUIRE(out.size() == 1);
  CHECK(out[0].data.size() == limits::kSseLineBytes - 5);

  SseParser over;
  REQUIRE(over.feed(longest, out).ok());
  const Status status = over.feed("x", out);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == "stream_limit");
  CHECK(status.error().kind == Errc::protocol);
  CHECK_FALSE(over.feed("\n\ndata: later\n\n", out).ok());
  CHECK(out.size() == 1);
}

TEST_CASE("SSE: a message has a limit", "[sse]") {
  SseParser parser;
  std::vector<SseMessage> out;
  const std::string line = "data:" + std::string(1000, 'x') + "\n";
  std::size_t fed = 0;
  Status status;
  while (status.ok() && fed < 2 * limits::kSseEventBytes) {
    status = parser.feed(line, out);
    fed += line.size();
  }
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == "stream_limit");
  CHECK(fed < limits::kSseEventBytes + limits::kSseEventBytes / 100);
}

TEST_CASE("SSE: what is written is read again", "[sse]") {
  std::string out;
  append_sse_retry(out, 2000);
  append_sse(out, "", "hello", R"({"epoch":"e","head":3})");
  append_sse_comment(out, "heartbeat");
  append_sse(out, "e-1", "", "one line");
  append_sse(out, "e-2", "", "");
  append_sse(out, "e-3", "", " two\nlines\r\nand\rmore\n");
  append_sse(out, "", "applied", "3");
  check(out, {{{"hello", R"({"epoch":"e","head":3})", ""},
               {"message", "one line", "e-1"},
               {"message", "", "e-2"},
               {"message", " two\nlines\nand\nmore\n", "e-3"},
               {"applied", "3", "e-3"}},
              "e-3",
              2000});
}

TEST_CASE("SSE: the bytes of a message", "[sse]") {
  std::string out;
  append_sse(out, "e-1", "reset", "{}");
  append_sse_comment(out, "heartbeat");
  append_sse_retry(out, 0);
  CHECK(out == "id: e-1\nevent: reset\ndata: {}\n\n: heartbeat\n\nretry: 0\n\n");
}

}  // namespace
}  // namespace offsync
