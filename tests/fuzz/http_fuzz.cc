// The bytes of a connection: head and body are the same however they are cut, and what would let
// one request hide in another is refused.
#include <algorithm>

#include "base/limits.h"
#include "fuzz/check.h"
#include "proxy/http/body.h"
#include "proxy/http/connection.h"
#include "proxy/http/head.h"

namespace offsync::fuzz {
namespace {

using namespace proxy;

constexpr std::size_t kLimit = 1024;

struct Body {
  std::string bytes;
  std::size_t taken = 0;
  bool done = false;
  int status = 0;  // of the problem; 0: none
  friend bool operator==(const Body&, const Body&) = default;
};

template <class NextSize>
Body read_body(const Framing& framing, std::string_view stream, const NextSize& next_size) {
  BodyReader reader(framing, kLimit);
  Body body;
  while (!stream.empty() && !reader.done() && !reader.problem()) {
    const std::string_view piece = stream.substr(0, next_size());
    const std::size_t taken = reader.feed(piece);
    require(taken <= piece.size(), "no more is taken than there is");
    body.taken += taken;
    if (taken < piece.size()) {
      require(reader.done() || reader.problem(), "what is left over is behind the body", stream);
    }
    stream.remove_prefix(taken);
  }
  body.done = reader.done();
  if (reader.problem()) body.status = reader.problem()->status;
  if (!body.done) require(reader.cut().status == 400, "a body that is cut is a 400");
  body.bytes = reader.take();
  return body;
}

Body check_body(const Framing& framing, std::string_view stream, unsigned seed) {
  const Body whole = read_body(framing, stream, [&] { return stream.size(); });
  const Body bytes = read_body(framing, stream, [] { return std::size_t{1}; });
  unsigned state = seed;
  const Body pieces =
      read_body(framing, stream, [&] { return std::size_t{1} + (state = state * 181 + 7) % 23; });
  require(whole.done == bytes.done && whole.status == bytes.status, "the same verdict bytewise");
  require(whole.done == pieces.done && whole.status == pieces.status, "the same verdict in pieces");
  require(whole.bytes.size() <= kLimit, "a body is bounded");
  require(!(whole.done && whole.status != 0), "a body is done or refused");
  if (whole.done) {
    require(whole == bytes && whole == pieces, "the same body however it is cut", stream);
    require(framing.chunked || whole.bytes == stream.substr(0, framing.length),
            "a body is what was announced", stream);
  }
  return whole;
}

// Our own chunked coding of `content`, which must come out as it was.
void check_chunked(std::string_view content, unsigned seed) {
  content = content.substr(0, kLimit);
  std::string stream;
  for (std::size_t at = 0, size = 0; at < content.size(); at += size) {
    size = std::min<std::size_t>(1 + (seed = seed * 181 + 7) % 40, content.size() - at);
    char line[20];
    std::snprintf(line, sizeof line, seed % 2 != 0 ? "%zx\r\n" : "%zX;a=b\r\n", size);
    stream.append(line).append(content.substr(at, size)).append("\r\n");
  }
  stream += "0\r\n\r\n";
  const Body body = check_body({.chunked = true}, stream + "GET", seed);
  require(body.done && body.bytes == content && body.taken == stream.size(),
          "a chunked body comes out whole", stream);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

void check_taken_head(std::string_view head, const RequestHead& request) {
  const std::string text = lower(head);
  const std::size_t lengths = count(text, "\r\ncontent-length:");
  const std::size_t codings = count(text, "\r\ntransfer-encoding:");
  require(lengths + codings <= 1, "a body is delimited in one way", head);
  require(request.framing.chunked == (codings == 1), "chunked where it says so", head);
  require(count(text, "\r\nhost:") <= 1, "one host", head);
  require(head.find('\0') == head.npos, "no NUL", head);
  require(count(head, "\n") == count(head, "\r\n") && count(head, "\r") == count(head, "\r\n"),
          "each line ends with CR LF", head);
  require(head.find("\r\n ") == head.npos && head.find("\r\n\t") == head.npos, "no folding", head);
  require(head.starts_with(request.method + " " + request.target + " HTTP/1."),
          "the request line says method and target", head);
}

// The verdict must not depend on how the head arrived.
void check_arrival(std::string_view stream) {
  const bool bad = check_partial_head(stream).has_value();
  const auto complete = head_bytes(stream);
  bool bad_in_pieces = false;
  std::optional<std::size_t> complete_in_pieces;
  for (std::size_t size = 1, seen = 0; size <= stream.size(); seen = size, ++size) {
    const auto part = stream.substr(0, size);
    bad_in_pieces = bad_in_pieces || check_partial_head(part, seen).has_value();
    complete_in_pieces = head_bytes(part, seen);
    if (bad_in_pieces || complete_in_pieces) break;
  }
  require(bad == bad_in_pieces, "a head is refused however it arrives", stream);
  if (!bad) require(complete == complete_in_pieces, "a head ends where it ends", stream);
}

struct Talk {
  std::string seen;  // methods, targets and bodies
  int refused = 0;
  friend bool operator==(const Talk&, const Talk&) = default;
};

template <class NextSize>
Talk talk(std::string_view stream, const NextSize& next_size) {
  using State = HttpConnection::State;
  ConnectionRules rules;
  rules.body_bytes = kLimit;
  HttpConnection connection(rules, 0);
  Talk talk;
  while (!stream.empty() && connection.wants_bytes() && connection.state() != State::lingering) {
    const auto piece = stream.substr(0, next_size());
    connection.receive(piece, 0);
    stream.remove_prefix(piece.size());
    while (connection.state() == State::ready || connection.state() == State::refused) {
      HttpAnswer answer;
      if (connection.state() == State::ready) {
        const auto [head, body] = connection.take_request();
        require(body.size() <= kLimit, "a body is bounded");
        talk.seen += head.method + " " + head.target + " " + body + "\n";
      } else {
        talk.refused = connection.refusal().status;
        require(talk.refused >= 400 && talk.refused < 600, "a refusal is a problem");
      }
      connection.respond(std::move(answer), 0);
      connection.wrote(connection.output().size(), 0);
    }
    if (!connection.output().empty()) connection.wrote(connection.output().size(), 0);
    require(connection.held() <=
                16 * (kLimit + limits::kHeaderBytes) + 2 * stream.size() + 4 * piece.size(),
            "what is held is bounded");
  }
  return talk;
}

// One answer each, however the bytes arrive.
void check_connection(std::string_view stream, unsigned seed) {
  const auto whole = talk(stream, [&] { return stream.size(); });
  unsigned state = seed;
  require(whole == talk(stream, [] { return std::size_t{1}; }), "the same requests bytewise",
          stream);
  require(whole == talk(stream, [&] { return std::size_t{1} + (state = state * 181 + 7) % 23; }),
          "the same requests in pieces", stream);
}

void run(std::string_view input) {
  Choices choices(input);
  const unsigned seed = choices.byte();
  const std::string_view stream = choices.rest();
  check_arrival(stream);
  check_connection(stream, seed);
  check_body({.chunked = true}, stream, seed);
  check_chunked(stream, seed);
  const auto end = head_bytes(stream);
  if (!end) return;
  const auto head = check_head(stream.substr(0, *end));
  if (const auto* problem = std::get_if<Problem>(&head)) {
    require(problem->status >= 400 && problem->status < 600 && !problem->detail.empty(),
            "a refusal says why", stream);
    return;
  }
  const auto& request = std::get<RequestHead>(head);
  check_taken_head(stream.substr(0, *end), request);
  check_body(request.framing, stream.substr(*end), seed);
}

FUZZ_TARGET(http, run);

}  // namespace
}  // namespace offsync::fuzz
