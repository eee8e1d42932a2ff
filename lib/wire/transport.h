// The Transport port: HTTP as the sync engine sees it. Implemented with libcurl by the command
// line, and by a simulated network in tests. One thread: every callback comes from within poll().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace offsync {

struct HttpRequest {
  std::string method = "GET";
  // Path and query, absolute on the remote's origin: "/v1/spaces/shop/events?after=…".
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::int64_t timeout_ms = 0;  // whole exchange; 0: none (streams have their own heartbeat)
  // Of the answer's body, decoded. A longer one is given up (Errc::protocol, "too_large"), and so
  // is one that unpacks to far more than came; never are more than some pieces of 64 KiB held.
  std::size_t max_bytes = SIZE_MAX;
};

struct HttpHead {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  // The value of a header (lower-case name) without white space around it, or "".
  std::string_view header(std::string_view name) const;
};

// Errors: bad_data `contradiction` where a header that offsync reads for itself (Offsync-*,
// Content-Type) stands there twice with two values.
Status check_singles(const HttpHead& head);

// The wait that Retry-After asks for, in ms: seconds, or an HTTP date seen from `wall_ms`. Nothing
// where there is none that can be read; at most limits::kRetryAfterCapMs.
std::optional<std::int64_t> retry_after_ms(const HttpHead& head, std::int64_t wall_ms);

// Receives one exchange. on_done comes exactly once, last. After cancel() nothing comes any more.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual void on_head(const HttpHead& head) = 0;
  virtual void on_data(std::string_view bytes) = 0;  // decoded of any Content-Encoding
  // `result` is an error (Errc::unreachable, protocol or auth) where no complete answer came: a
  // connection refused, cut, timed out, or a body shorter than it was announced.
  virtual void on_done(const Status& result) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  using Id = std::uint64_t;
  // Begins an exchange; `handler` must live until on_done or cancel().
  virtual Id start(HttpRequest request, HttpHandler& handler) = 0;
  virtual void cancel(Id id) = 0;
  // Moves all exchanges on and runs callbacks; waits up to `wait_ms` for something to happen.
  virtual void poll(std::int64_t wait_ms) = 0;
};

}  // namespace offsync
