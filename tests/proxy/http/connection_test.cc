// One connection's bytes, without a socket: where a request ends, whatever its bytes are and
// however they arrive. Behind each there is a canary, a request that must be the next one to be
// seen, or (where the first was refused) never.
#include "proxy/http/connection.h"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"

namespace offsync::proxy {
namespace {

using State = HttpConnection::State;

const std::string kCanary = "GET /canary HTTP/1.1\r\nHost: h\r\n\r\n";
const ConnectionRules kRules;

HttpAnswer with_body(std::string body, int status = 200) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

struct Talk {
  std::vector<std::string> seen;  // the requests: method, target and body
  int refused = 0;                // the status
  std::string out;
  friend bool operator==(const Talk&, const Talk&) = default;
};

// Answers all that can be answered now.
void answer_all(HttpConnection& connection, Talk& talk) {
  for (;;) {
    if (connection.state() == State::ready) {
      const auto [head, body] = connection.take_request();
      talk.seen.push_back(head.method + " " + head.target + (body.empty() ? "" : " " + body));
      connection.respond(with_body("ok"), 0);
    } else if (connection.state() == State::refused) {
      talk.refused = connection.refusal().status;
      connection.respond(with_body("no", talk.refused), 0);
    } else if (connection.output().empty()) {
      return;
    }
    talk.out += connection.output();
    connection.wrote(connection.output().size(), 0);
  }
}

// The first `at_once` bytes together, then so many by `step`.
Talk talk_of(std::string_view bytes, std::size_t step, std::size_t at_once = 0) {
  HttpConnection connection(kRules, 0);
  Talk talk;
  std::size_t next = at_once > 0 ? at_once : step;
  while (!bytes.empty() && connection.wants_bytes() && connection.state() != State::lingering) {
    connection.receive(bytes.substr(0, next), 0);
    bytes.remove_prefix(std::min(next, bytes.size()));
    next = step;
    answer_all(connection, talk);
  }
  return talk;
}

// One answer each, or a refusal and no other request.
bool sound(const Talk& talk, bool last = false) {
  if (talk.refused != 0) return talk.seen.empty();
  if (last) return talk.seen.size() == 1;
  return talk.seen.size() == 2 && talk.seen[1] == "GET /canary";
}

void check_both(const std::string& request) {
  const auto whole = talk_of(request + kCanary, request.size() + kCanary.size());
  const auto bytewise = talk_of(request + kCanary, 1);
  const bool last = request.find(" HTTP/1.0\r\n") != std::string::npos;
  if (sound(whole, last) && whole == bytewise) return;
  INFO(request);
  CHECK(sound(whole, last));
  CHECK(whole == bytewise);
}

const std::string kHead = "GET /a HTTP/1.1\r\nHost: h\r\nX: \xc3\xa4\r\nY: w\r\n\r\n";

}  // namespace

TEST_CASE("http connection: every byte in every place of a head, and a canary behind it") {
  for (std::size_t at = 0; at < kHead.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      auto replaced = kHead;
      replaced[at] = static_cast<char>(byte);
      check_both(replaced);
      auto inserted = kHead;
      inserted.insert(at, 1, static_cast<char>(byte));
      // (A second line end behind the head is no part of it.)
      if (at + 1 < kHead.size() || byte != '\n') check_both(inserted);
    }
    auto without = kHead;
    without.erase(at, 1);
    // Without one of its last four bytes a head goes on in the canary's first line.
    if (at + 4 < kHead.size()) check_both(without);
  }
}

// The library that served before ended a head at a line of 4,092 bytes, and at a value that ended
// in 0xFF.
TEST_CASE("http connection: lines of every length from 1 to 20,000 are one line") {
  const auto with = [](const std::string& line) {
    return "GET /a HTTP/1.1\r\nHost: h\r\n" + line + "\r\nY: w\r\n\r\n" + kCanary;
  };
  for (std::size_t size = 1; size <= 20'000; ++size) {
    auto line = std::string("X: ").substr(0, std::min<std::size_t>(size, 3));
    line.resize(size, 'a');
    line.back() = size > 3 ? '\xff' : line.back();
    const auto talk = talk_of(with(line), 64 * 1024);
    const bool fits = size >= 2 && size - std::min<std::size_t>(size, 3) <= kFieldValueBytes;
    // Byte by byte, each over its last bytes and what is behind it, and the short ones whole.
    const auto bytewise = talk_of(with(line), 1, size <= 1000 ? 0 : size - 32);
    if (sound(talk) && (talk.refused == 0) == fits && bytewise == talk) continue;
    INFO(size);
    CHECK(sound(talk));
    CHECK((talk.refused == 0) == fits);
    CHECK(bytewise == talk);
  }
}

TEST_CASE("http connection: lines around each bound, byte by byte and in odd pieces") {
  for (const std::size_t around :
       {std::size_t{64}, kFieldNameBytes, std::size_t{512}, std::size_t{1024}, std::size_t{2048},
        std::size_t{4090}, kFieldValueBytes, kFieldValueBytes + 3, std::size_t{8190}, kTargetBytes,
        std::size_t{16'384}, std::size_t{19'998}}) {
    for (std::size_t size = around - 3; size <= around + 3; ++size) {
      const std::string pad(size, 'a');
      for (const auto& request : {"GET /" + pad + " HTTP/1.1\r\nHost: h\r\n\r\n",
                                  "GET /a HTTP/1.1\r\nHost: h\r\nX: " + pad + "\r\nY: w\r\n\r\n",
                                  "GET /a HTTP/1.1\r\nHost: h\r\nX:" + pad + "\xff\r\n\r\n",
                                  "GET /a HTTP/1.1\r\nHost: h\r\n" + pad + ": v\r\n\r\n",
                                  "GET /a HTTP/1.1\r\nHost: h\r\n" + pad + "\r\n\r\n"}) {
        const auto whole = talk_of(request + kCanary, 64 * 1024);
        INFO(size << " " << request.substr(0, 40));
        CHECK(sound(whole));
        CHECK(talk_of(request + kCanary, 1) == whole);
        CHECK(talk_of(request + kCanary, 4093) == whole);
      }
    }
  }
}

TEST_CASE("http connection: every byte in every place of a chunked body") {
  const std::string head = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "3;e=f\r\nabc\r\n0\r\nT: x\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      auto changed = body;
      changed[at] = static_cast<char>(byte);
      // A greater size takes bytes of what follows; that is the sender's word, and never a request.
      const auto whole = talk_of(head + changed + kCanary, 64 * 1024);
      const auto bytewise = talk_of(head + changed + kCanary, 1);
      INFO(at << " " << byte);
      CHECK(whole == bytewise);
      CHECK(whole.seen.size() <= 2);
      if (whole.seen.size() == 2) CHECK(whole.seen[1] == "GET /canary");
      if (whole.refused != 0) CHECK(whole.seen.empty());
      const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
      const bool text = body[at] != '\r' && body[at] != '\n' && (at < 7 || at > 9);
      if (control && text) CHECK(whole.refused == 400);
    }
  }
}

TEST_CASE("http connection: one empty line before a request is passed over, whole or not") {
  const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  check_both("\r\n" + get);
  CHECK(talk_of("\r\n" + get + kCanary, 1).seen.size() == 2);
  CHECK(talk_of("\r\n\r\n" + get, 1).refused == 400);
  CHECK(talk_of("\r\n\r\n" + get, 1000).refused == 400);
  CHECK(talk_of("\n" + get, 1).refused == 400);
  CHECK(talk_of("\r" + get, 1).refused == 400);
  CHECK(talk_of(get + "\r\n" + kCanary, 1).seen.size() == 2);
}

TEST_CASE("http connection: 100 goes to who waits for it, at once, and to nobody else") {
  const std::string hello = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto post = [](const std::string& version, const std::string& fields) {
    return "POST /a HTTP/" + version + "\r\nHost: h\r\nExpect: 100-continue\r\n" + fields + "\r\n";
  };
  CHECK(talk_of(post("1.1", "Content-Length: 3\r\n"), 1000).out == hello);
  CHECK(talk_of(post("1.1", "Transfer-Encoding: chunked\r\n"), 1).out == hello);
  CHECK(talk_of(post("1.0", "Content-Length: 3\r\n"), 1000).out.empty());
  CHECK(talk_of(post("1.1", "Content-Length: 0\r\n"), 1).out.find(hello) == std::string::npos);
  CHECK(talk_of(post("1.1", "Content-Length: 3\r\n") + "abc", 1000).out.find(hello) ==
        std::string::npos);
  const auto long_one = talk_of(post("1.1", "Content-Length: 99999999\r\n"), 1000);
  CHECK(long_one.refused == 413);
  CHECK(long_one.out.rfind("HTTP/1.1 413", 0) == 0);
  CHECK(talk_of("GET /a HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 1).refused == 417);
}

TEST_CASE("http connection: deadlines are over the whole, and idle ones end silently") {
  ConnectionRules rules;
  rules.header_ms = 100;
  rules.body_ms = 200;
  rules.idle_ms = 300;
  HttpConnection idle(rules, 1000);
  CHECK(idle.deadline() == 1300);
  idle.expire(1299);
  CHECK(idle.state() == State::idle);
  idle.expire(1300);
  CHECK(idle.state() == State::closed);
  CHECK(idle.output().empty());

  HttpConnection slow(rules, 0);
  for (int at = 10; at < 110; at += 10) {
    slow.receive("G", at);
    CHECK(slow.deadline() == 110);
  }
  slow.expire(110);
  REQUIRE(slow.state() == State::refused);
  CHECK(slow.refusal().status == 408);

  HttpConnection body(rules, 0);
  body.receive("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n", 50);
  for (int at = 60; at < 250; at += 50) body.receive("x", at);
  CHECK(body.deadline() == 250);
  body.expire(250);
  REQUIRE(body.state() == State::refused);
  CHECK(body.refusal().code == "short_body");
  CHECK(body.refusal().status == 408);
}

TEST_CASE("http connection: an answer that nobody reads ends, one that is read slowly does not") {
  ConnectionRules rules;
  rules.stall_ms = 100;
  HttpConnection connection(rules, 0);
  connection.receive(kCanary, 0);
  (void)connection.take_request();
  connection.respond(with_body(std::string(100'000, 'x')), 0);
  for (int at = 100; at <= 500; at += 100) {
    connection.wrote(rules.stall_bytes, at - 1);
    connection.expire(at);
    CHECK(connection.state() == State::answering);
  }
  connection.wrote(rules.stall_bytes - 1, 550);
  connection.expire(600);
  CHECK(connection.state() == State::closed);
}

TEST_CASE("http connection: an answer in pieces is chunked, or ends with the connection") {
  const auto begin = [](HttpConnection& connection, const std::string& version, HttpAnswer answer) {
    connection.receive("GET / HTTP/" + version + "\r\nHost: h\r\n\r\n" + kCanary, 0);
    (void)connection.take_request();
    answer.more = true;
    connection.respond(std::move(answer), 0);
    std::string out(connection.output());
    connection.wrote(out.size(), 0);
    return out;
  };
  const auto rest = [](HttpConnection& connection) {
    std::string out(connection.output());
    connection.wrote(out.size(), 0);
    return out;
  };
  HttpConnection chunked(kRules, 0);
  const auto head = begin(chunked, "1.1", with_body("abc"));
  CHECK(head == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  CHECK(chunked.wants_piece());
  chunked.add_piece("", 0);  // not the last chunk
  CHECK(chunked.wants_piece());
  chunked.add_piece("0123456789abcdef", 0);
  CHECK_FALSE(chunked.wants_piece());
  chunked.end_body(0);
  CHECK(rest(chunked) == "10\r\n0123456789abcdef\r\n0\r\n\r\n");
  CHECK(chunked.state() == State::ready);  // the canary

  HttpConnection old(kRules, 0);
  CHECK(begin(old, "1.0", with_body("abc")) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
  old.end_body(0);
  CHECK(old.state() == State::lingering);

  HttpConnection cut(kRules, 0);
  begin(cut, "1.1", with_body("abc"));
  cut.cut();
  CHECK(cut.state() == State::closed);
  CHECK(cut.output().empty());
  CHECK_FALSE(cut.reset());  // the missing last chunk shows it
  HttpConnection old_cut(kRules, 0);
  begin(old_cut, "1.0", with_body("abc"));
  old_cut.cut();
  CHECK(old_cut.reset());

  HttpConnection sized(kRules, 0);
  auto announced = with_body("abc");
  announced.length = 5;
  begin(sized, "1.1", std::move(announced));
  sized.end_body(0);  // less than was announced
  CHECK(sized.state() == State::closed);
}

TEST_CASE("http connection: what is sent behind the last request is read and thrown away") {
  ConnectionRules rules;
  rules.linger_bytes = 1000;
  HttpConnection connection(rules, 0);
  connection.receive("GET / HTTP/1.1\r\nHost: h\r\nConnection: TE, close\r\n\r\n" + kCanary, 0);
  Talk talk;
  answer_all(connection, talk);
  CHECK(talk.seen.size() == 1);
  CHECK(talk.out.find("\r\nConnection: close\r\n") != std::string::npos);
  REQUIRE(connection.state() == State::lingering);
  CHECK(connection.wants_bytes());
  connection.receive(kCanary, 0);
  CHECK(connection.state() == State::lingering);
  connection.receive(std::string(1000, 'x'), 0);
  CHECK(connection.state() == State::closed);
}

}  // namespace offsync::proxy
