// The parser of event streams against a model that was written from WHATWG's text (HTML, 9.2.6) and
// knows nothing of pieces: it has the whole stream, cuts it into lines, and interprets these.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/ports.h"
#include "wire/sse.h"

using namespace offsync;

namespace {

struct Read {
  std::vector<SseMessage> messages;
  std::string last_id;
  std::optional<std::int64_t> retry_ms;
  friend bool operator==(const Read&, const Read&) = default;
};

constexpr std::int64_t kLongest = 1'000'000'000;

// stream = [ bom ] *event; a line that nothing ends is no line.
std::vector<std::string> lines_of(std::string stream) {
  if (stream.rfind("\xef\xbb\xbf", 0) == 0) stream = stream.substr(3);
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i] != '\r' && stream[i] != '\n') {
      line.push_back(stream[i]);
      continue;
    }
    if (stream[i] == '\r' && i + 1 < stream.size() && stream[i + 1] == '\n') ++i;
    lines.push_back(line);
    line.clear();
  }
  return lines;
}

Read by_the_text(const std::string& stream) {
  Read read;
  std::string data, type, id;
  for (const std::string& line : lines_of(stream)) {
    if (line.empty()) {  // dispatch the event
      read.last_id = id;
      if (!data.empty()) {
        if (data.back() == '\n') data.pop_back();
        read.messages.push_back({type.empty() ? "message" : type, data, read.last_id});
      }
      data = type = "";
      continue;
    }
    if (line[0] == ':') continue;
    std::string field = line, value;
    if (const auto colon = line.find(':'); colon != std::string::npos) {
      field = line.substr(0, colon);
      value = line.substr(colon + 1);
      if (!value.empty() && value[0] == ' ') value = value.substr(1);
    }
    if (field == "event") type = value;
    if (field == "data") data += value + "\n";
    if (field == "id" && value.find('\0') == std::string::npos) id = value;
    if (field == "retry" && !value.empty() &&
        value.find_first_not_of("0123456789") == std::string::npos) {
      // Beyond the text: a wait has a bound.
      read.retry_ms =
          value.size() > 9 ? kLongest : std::min(kLongest, std::int64_t{std::stoi(value)});
    }
  }
  return read;
}

// In pieces that `random` cuts.
Read parsed(const std::string& stream, Random& random) {
  SseParser parser;
  Read read;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t bytes = 1 + random.next() % (random.next() % 3 == 0 ? 40 : 3);
    REQUIRE(parser.feed(std::string_view(stream).substr(at, bytes), read.messages).ok());
    at += bytes;
  }
  read.last_id = parser.last_event_id();
  read.retry_ms = parser.retry_ms();
  return read;
}

std::string random_stream(Random& random) {
  using namespace std::string_literals;
  static const std::vector<std::string> kParts = {"\n",
                                                  "\n",
                                                  "\n",
                                                  "\r",
                                                  "\r\n",
                                                  "\n\n",
                                                  "\r\n\r\n",
                                                  "\r\r",
                                                  ":",
                                                  ": ",
                                                  " ",
                                                  "data",
                                                  "data:",
                                                  "data: ",
                                                  "data:  x",
                                                  "event:",
                                                  "event: ",
                                                  "id:",
                                                  "id: ",
                                                  "id",
                                                  "retry:",
                                                  "retry: ",
                                                  "1",
                                                  "20",
                                                  "x",
                                                  "message",
                                                  "Data:",
                                                  "dat",
                                                  "a:",
                                                  "id : ",
                                                  "\xef\xbb\xbf",
                                                  "\xef\xbb",
                                                  "\0"s,
                                                  "\xc3\xa9",
                                                  "{\"a\":1}",
                                                  ": heartbeat\n\n",
                                                  "id: e-1\n",
                                                  "data: y\n",
                                                  "event: reset\n",
                                                  "\t",
                                                  "retry: 7\n",
                                                  "-1",
                                                  "retry:+5\n",
                                                  "data\n\n",
                                                  "id\n\n",
                                                  "id:\0\n"s};
  std::string stream;
  if (random.next() % 4 == 0) stream = "\xef\xbb\xbf";
  const std::size_t parts = random.next() % 30;
  for (std::size_t i = 0; i < parts; ++i) stream += kParts[random.next() % kParts.size()];
  return stream;
}

std::string shown(const std::string& stream) {
  std::string out;
  for (const char c : stream) {
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\0' ? "\\0" : std::string(1, c);
  }
  return out;
}

}  // namespace

TEST_CASE("SSE: random streams are read as WHATWG's text says, however they are cut") {
  test::SeededRandom random(20261127);
  std::size_t messages = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string stream = random_stream(random);
    const Read expected = by_the_text(stream);
    messages += expected.messages.size();
    if (parsed(stream, random) != expected) FAIL(shown(stream));
  }
  CHECK(messages > 5'000);  // the streams are not just noise
}
