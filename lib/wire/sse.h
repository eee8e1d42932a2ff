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
  std::string id;  // the last event id at this message (it persists over messages)

  friend bool operator==(const SseMessage&, const SseMessage&) = default;
};

// Feed bytes in pieces of any size; messages come out as they are complete. CR, LF and CRLF end a
// line; one BOM at the start is dropped; an id with NUL is ignored; `retry` takes digits only; a
// block that the end of the stream cuts off is discarded, its id with it. Bytes that are no UTF-8
// are handed on as they are: whoever reads the data checks it.
class SseParser {
 public:
  // Appends the messages completed by `bytes` to `out`. An error (Errc::protocol, "stream_limit")
  // where a line is over limits::kSseLineBytes or a message over limits::kSseEventBytes; every
  // later call fails in the same way.
  Status feed(std::string_view bytes, std::vector<SseMessage>& out);

  // Of the last complete block: what `Last-Event-ID` is to say after a cut.
  const std::string& last_event_id() const { return last_id_; }
  // The reconnection time in ms that the stream asked for, if it did.
  std::optional<std::int64_t> retry_ms() const { return retry_ms_; }

 private:
  // What of `bytes` comes behind a BOM (which may arrive in pieces).
  std::string_view skip_bom(std::string_view bytes);
  bool add_to_line(std::string_view bytes);
  bool end_line(std::vector<SseMessage>& out);
  bool take_field(std::string_view name, std::string_view value);
  void end_block(std::vector<SseMessage>& out);

  std::string line_;  // an unfinished line
  std::string data_;  // of the unfinished block, each line followed by LF
  std::string event_;
  std::string id_;  // takes effect at the end of the block
  std::string last_id_;
  std::optional<std::int64_t> retry_ms_;
  bool after_cr_ = false;     // an LF that comes next belongs to the CR
  std::size_t bom_seen_ = 0;  // bytes of a BOM that may be one
  bool started_ = false;      // past the BOM, if any
  bool broken_ = false;
};

// One message, ended by an empty line. `id` and `event` may be empty (not written). Data may have
// several lines. Precondition: no CR, LF or NUL in id and event (checked by assertion).
void append_sse(std::string& out, std::string_view id, std::string_view event,
                std::string_view data);
// ": text\n\n", the heartbeat. Precondition: no CR or LF in it.
void append_sse_comment(std::string& out, std::string_view text);
// Precondition: ms >= 0.
void append_sse_retry(std::string& out, std::int64_t ms);

}  // namespace offsync
