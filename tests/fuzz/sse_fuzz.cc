// A stream gives the same messages however the network cuts it; what our writer wrote is read back.
#include "base/limits.h"
#include "fuzz/check.h"
#include "wire/sse.h"

namespace offsync::fuzz {
namespace {

struct Read {
  std::vector<SseMessage> messages;
  std::string last_id;
  std::optional<std::int64_t> retry_ms;
  bool ok = true;
  friend bool operator==(const Read&, const Read&) = default;
};

// In pieces of the sizes that `next_size` gives.
template <class NextSize>
Read parse(std::string_view stream, const NextSize& next_size) {
  SseParser parser;
  Read read;
  while (!stream.empty() && read.ok) {
    const std::string_view piece = stream.substr(0, next_size());
    stream.remove_prefix(piece.size());
    read.ok = parser.feed(piece, read.messages).ok();
  }
  read.last_id = parser.last_event_id();
  read.retry_ms = parser.retry_ms();
  return read;
}

void check_message(const SseMessage& message) {
  require(message.data.size() <= limits::kSseEventBytes, "a message is bounded");
  require(!message.event.empty(), "a message has a type");
  require(message.id.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
          "an id has no CR, LF or NUL");
  require(message.event.find_first_of("\r\n") == std::string::npos, "a type has no CR or LF");
}

// Written by us and read again it is the same, for CR and CRLF in data end lines as LF does.
void check_written(const SseMessage& message) {
  if (message.data.find('\r') != std::string::npos ||
      message.event.find('\0') != message.event.npos)
    return;
  std::string stream;
  append_sse_comment(stream, "first");
  append_sse_retry(stream, 2000);
  append_sse(stream, message.id, message.event, message.data);
  const Read again = parse(stream, [&] { return stream.size(); });
  require(again.ok && again.messages.size() == 1 && again.messages[0] == message,
          "a written message is read back", stream);
  require(again.retry_ms == 2000, "a written retry is read back");
}

void run(std::string_view input) {
  Choices choices(input);
  const std::size_t seed = choices.byte();
  const std::string_view stream = choices.rest();
  const Read whole = parse(stream, [&] { return stream.size(); });
  const Read bytes = parse(stream, [] { return std::size_t{1}; });
  std::size_t state = seed;
  const Read pieces = parse(stream, [&] { return 1 + (state = state * 181 + 7) % 23; });
  require(whole == bytes, "whole and byte by byte give the same messages", stream);
  require(whole == pieces, "whole and in pieces give the same messages", stream);
  for (const SseMessage& message : whole.messages) {
    check_message(message);
    check_written(message);
  }
}

FUZZ_TARGET(sse, run);

}  // namespace
}  // namespace offsync::fuzz
