#include "wire/sse.h"

#include <algorithm>
#include <cassert>

#include "base/limits.h"
#include "base/text.h"

namespace offsync {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
// Greater than any waiting time that makes sense, and safe to multiply.
constexpr std::int64_t kRetryCapMs = 1'000'000'000;

// Only digits count; more of them than fit mean "very long".
std::optional<std::int64_t> parse_retry(std::string_view value) {
  if (!all_digits(value)) return std::nullopt;
  return std::min(parse_number<std::int64_t>(value).value_or(kRetryCapMs), kRetryCapMs);
}

// The place of the first CR or LF. Two scans by memchr beat a character-set search by far, and
// looking for CR only within the line keeps both linear.
std::size_t find_line_end(std::string_view bytes) {
  const std::size_t lf = bytes.find('\n');
  return std::min(lf, bytes.substr(0, lf).find('\r'));
}

[[maybe_unused]] bool is_plain(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).push_back('\n');
}

}  // namespace

std::string_view SseParser::skip_bom(std::string_view bytes) {
  while (!bytes.empty() && bom_seen_ < kBom.size() && bytes.front() == kBom[bom_seen_]) {
    ++bom_seen_;
    bytes.remove_prefix(1);
  }
  if (bom_seen_ == kBom.size()) {
    started_ = true;
  } else if (!bytes.empty()) {
    line_.assign(kBom.substr(0, bom_seen_));  // it only began like one
    started_ = true;
  }
  return bytes;
}

Status SseParser::feed(std::string_view bytes, std::vector<SseMessage>& out) {
  bool ok = !broken_;
  if (!started_) bytes = skip_bom(bytes);
  while (ok && !bytes.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const std::size_t end = find_line_end(bytes);
    ok = add_to_line(bytes.substr(0, end));
    if (end == std::string_view::npos) break;
    ok = ok && end_line(out);
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
  }
  if (ok) return {};
  broken_ = true;
  return make_error(Errc::protocol, "stream_limit",
                    "the event stream sent a line or message that is longer than an event can be",
                    "check that the remote is an offsync proxy");
}

bool SseParser::add_to_line(std::string_view bytes) {
  if (bytes.size() > limits::kSseLineBytes - line_.size()) return false;
  line_.append(bytes);
  return true;
}

bool SseParser::end_line(std::vector<SseMessage>& out) {
  bool ok = true;
  if (line_.empty()) {
    end_block(out);
  } else if (const std::size_t colon = line_.find(':'); colon == std::string::npos) {
    ok = take_field(line_, {});
  } else if (colon > 0) {  // else it is a comment
    std::string_view value = std::string_view(line_).substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    ok = take_field(std::string_view(line_).substr(0, colon), value);
  }
  line_.clear();
  return ok;
}

bool SseParser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (value.size() >= limits::kSseEventBytes - data_.size()) return false;
    data_.append(value).push_back('\n');
  } else if (name == "event") {
    event_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    if (const auto ms = parse_retry(value)) retry_ms_ = ms;
  }
  return true;
}

void SseParser::end_block(std::vector<SseMessage>& out) {
  last_id_ = id_;
  if (!data_.empty()) {
    data_.pop_back();
    out.push_back({event_.empty() ? "message" : std::move(event_), std::move(data_), last_id_});
  }
  data_.clear();
  event_.clear();
}

void append_sse(std::string& out, std::string_view id, std::string_view event,
                std::string_view data) {
  assert(is_plain(id) && is_plain(event));
  if (!id.empty()) append_field(out, "id", id);
  if (!event.empty()) append_field(out, "event", event);
  while (true) {
    const std::size_t end = find_line_end(data);
    append_field(out, "data", data.substr(0, end));
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out.push_back('\n');
}

void append_sse_comment(std::string& out, std::string_view text) {
  assert(is_plain(text));
  out.append(": ").append(text).append("\n\n");
}

void append_sse_retry(std::string& out, std::int64_t ms) {
  assert(ms >= 0);
  append_field(out, "retry", std::to_string(ms));
  out.push_back('\n');
}

}  // namespace offsync
