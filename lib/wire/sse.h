// Server-sent events (WHATWG HTML, "Server-sent events", 9.2), both directions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace offsync {

struct SseMessage {
  std::string event;  // type; "message" where none was given
  std::string data;
  std::string id;     // the last event id at this message (it persists over messages)
};

// Feed bytes in pieces of any size; messages come out as they are complete. CR, LF and CRLF end a
// line; one BOM at the start is dropped; an id with NUL is ignored; `retry` takes digits only; a
// block that the end of the stream cuts off is discarded.
class SseParser {
 public:
  // Appends the messages completed by `bytes` to `out`. An error (Errc::protocol, "stream_limit")
  // where a line or message is over its limit; the parser is then of no more use.
  Status feed(std::string_view bytes, std::vector<SseMessage>& out);

  const std::string& last_event_id() const { return last_id_; }
  // The reconnection time in ms that the stream asked for, if it did.
  std::optional<std::int64_t> retry_ms() const { return retry_ms_; }

 private:
  void take_line(std::string_view line, std::vector<SseMessage>& out);

  std::string line_;
  std::string data_;
  std::string event_;
  std::string last_id_;
  std::optional<std::int64_t> retry_ms_;
  bool has_data_ = false;
  bool after_cr_ = false;
  std::size_t bom_seen_ = 0;
  bool started_ = false;
};

// One message, ended by an empty line. `id` and `event` may be empty (not written). Data may have
// several lines. Precondition: no CR, LF or NUL in id and event (checked by assertion).
void append_sse(std::string& out, std::string_view id, std::string_view event,
                std::string_view data);
// ": text\n\n", the heartbeat.
void append_sse_comment(std::string& out, std::string_view text);
void append_sse_retry(std::string& out, std::int64_t ms);

}  // namespace offsync
