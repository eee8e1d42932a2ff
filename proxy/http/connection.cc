#include "proxy/http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "proxy/http/problems.h"
#include "proxy/http/reason.h"

namespace offsync::proxy {
namespace {

// Of a POST without a length, all else of whose head is right.
RequestHead of_request_line(std::string_view line) {
  RequestHead head;
  const auto first = line.find(' '), last = line.rfind(' ');
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  return head;
}

}  // namespace

HttpConnection::HttpConnection(const ConnectionRules& rules, std::int64_t now_ms)
    : rules_(rules), since_(now_ms) {}

bool HttpConnection::wants_bytes() const {
  if (ended_) return false;
  return state_ == State::idle || state_ == State::head || state_ == State::body ||
         state_ == State::lingering;
}

std::size_t HttpConnection::held() const {
  return in_.capacity() + out_.capacity() + (body_ ? body_->held() : 0);
}

// ---- requests

void HttpConnection::receive(std::string_view bytes, std::int64_t now_ms) {
  if (state_ == State::lingering) {
    lingered_ += bytes.size();
    if (lingered_ >= rules_.linger_bytes) state_ = State::closed;
    return;
  }
  if (state_ == State::body && in_.empty()) bytes.remove_prefix(body_->feed(bytes));
  in_ += bytes;
  parse(now_ms);
}

void HttpConnection::parse(std::int64_t now_ms) {
  if (state_ == State::idle && !in_.empty()) {
    state_ = State::head;
    since_ = now_ms;
    head_ = {};
    body_.reset();
    skipped_ = false;
    seen_ = 0;
  }
  if (state_ == State::head && !take_head(now_ms)) return;
  if (state_ == State::body) take_body();
}

// One empty line before a request is harmless (RFC 9112, 2.2), a second one is none of ours. False
// where it is not yet sure what stands there.
bool HttpConnection::skip_empty_line() {
  constexpr std::string_view kEmptyLine = "\r\n";
  const auto start = std::string_view(in_).substr(0, kEmptyLine.size());
  if (start != kEmptyLine.substr(0, start.size())) return true;
  if (start.size() < kEmptyLine.size()) return false;
  if (skipped_) {
    refuse(problem_of(kBadRequest, "empty lines stand where a request should"));
    return true;
  }
  skipped_ = true;
  in_.erase(0, kEmptyLine.size());
  return skip_empty_line();
}

// True where the body begins.
bool HttpConnection::take_head(std::int64_t now_ms) {
  if (seen_ == 0 && !skip_empty_line()) return false;
  if (state_ != State::head) return false;
  if (auto problem = check_partial_head(in_, seen_)) {
    refuse(std::move(*problem));
    return false;
  }
  const auto size = head_bytes(in_, seen_);
  if (!size) {
    seen_ = in_.size();
    return false;
  }
  auto checked = check_head(std::string_view(in_).substr(0, *size));
  const std::string line = in_.substr(0, in_.find('\r'));
  in_.erase(0, *size);
  if (auto* problem = std::get_if<Problem>(&checked)) {
    if (problem->status == kNoLength.status) head_ = of_request_line(line);
    refuse(std::move(*problem));
    return false;
  }
  head_ = std::move(std::get<RequestHead>(checked));
  body_.emplace(head_.framing, rules_.body_bytes);
  state_ = State::body;
  since_ = now_ms;
  // Who has sent something of the body does not wait.
  const bool waits = head_.expects_continue && in_.empty();
  if (waits && !body_->done() && !body_->problem()) output("HTTP/1.1 100 Continue\r\n\r\n", now_ms);
  return true;
}

void HttpConnection::take_body() {
  in_.erase(0, body_->feed(in_));
  if (body_->problem()) {
    refuse(*body_->problem());
  } else if (body_->done()) {
    state_ = State::ready;
  }
}

void HttpConnection::peer_ended(std::int64_t now_ms) {
  ended_ = true;
  if (state_ == State::idle || state_ == State::lingering ||
      (state_ == State::head && in_.empty())) {
    state_ = State::closed;
  } else if (state_ == State::head) {
    refuse(problem_of(kBadRequest, "the header ended before its empty line"));
  } else if (state_ == State::body) {
    refuse(body_->cut());
  }
  since_ = now_ms;
}

void HttpConnection::refuse(Problem problem) {
  assert(state_ == State::idle || state_ == State::head || state_ == State::body);
  problem_ = std::move(problem);
  state_ = State::refused;
  in_.clear();
  body_.reset();
}

void HttpConnection::linger(std::int64_t now_ms) {
  assert(state_ == State::idle);
  state_ = State::lingering;
  since_ = now_ms;
}

std::pair<RequestHead, std::string> HttpConnection::take_request() {
  assert(state_ == State::ready);
  state_ = State::handling;
  std::pair<RequestHead, std::string> request(head_, body_->take());
  body_.reset();
  return request;
}

// ---- time

std::optional<std::int64_t> HttpConnection::deadline() const {
  switch (state_) {
    case State::idle:
      return since_ + rules_.idle_ms;
    case State::head:
      return since_ + rules_.header_ms;
    case State::body:
      return since_ + rules_.body_ms;
    case State::answering:
      if (output().empty()) return std::nullopt;  // not the reader's turn
      return stall_since_ + rules_.stall_ms;
    case State::lingering:
      return since_ + rules_.linger_ms;
    default:
      return std::nullopt;
  }
}

void HttpConnection::expire(std::int64_t now_ms) {
  const auto due = deadline();
  if (!due || now_ms < *due) return;
  if (state_ == State::head && !in_.empty()) {
    refuse(problem_of(kSlowHead,
                      fmt::format("the header was not complete within {} ms", rules_.header_ms)));
  } else if (state_ == State::body) {
    // Not a 400: the client may do better next time.
    refuse(problem_of(kSlowBody,
                      fmt::format("{} (it was given {} ms)", body_->cut().detail, rules_.body_ms)));
  } else if (state_ == State::answering && stall_written_ >= rules_.stall_bytes) {
    stall_since_ = now_ms;
    stall_written_ = 0;
  } else {
    state_ = State::closed;
  }
}

void HttpConnection::stop() {
  last_ = true;
  if (state_ == State::idle) state_ = State::closed;
}

// ---- answers

std::string HttpConnection::head_of(const HttpAnswer& answer) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", answer.status, reason_of(answer.status));
  for (const auto& [name, value] : answer.headers) out += fmt::format("{}: {}\r\n", name, value);
  if (answer.status == 204) {
    // has no body, and says so by its number
  } else if (chunked_) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (left_) {
    out += fmt::format("Content-Length: {}\r\n", *left_);
  }
  if (last_) {
    out += "Connection: close\r\n";
  } else if (!head_.http11) {
    out += "Connection: keep-alive\r\n";
  }
  return out + "\r\n";
}

void HttpConnection::respond(HttpAnswer answer, std::int64_t now_ms) {
  assert(state_ == State::handling || state_ == State::refused);
  if (state_ == State::refused || !head_.keep || ended_) last_ = true;
  state_ = State::answering;
  left_.reset();
  if (!answer.more) answer.length = answer.body.size();
  if (!answer.until_close) left_ = answer.length;
  chunked_ = answer.more && !answer.length && !answer.until_close && head_.http11;
  if (!left_ && !chunked_) last_ = true;
  output(head_of(answer), now_ms);
  whole_ = false;
  if (head_.method == "HEAD" || answer.status == 204) {
    whole_ = true;
  } else {
    if (!answer.body.empty()) add_piece(answer.body, now_ms);
    if (!answer.more) end_body(now_ms);
  }
}

bool HttpConnection::wants_piece() const {
  return state_ == State::answering && !whole_ && output().empty();
}

void HttpConnection::add_piece(std::string_view bytes, std::int64_t now_ms) {
  assert(state_ == State::answering && !whole_);
  if (bytes.empty()) return;  // an empty chunk would be the last one
  if (left_ && bytes.size() > *left_) return cut();
  if (left_) *left_ -= bytes.size();
  if (chunked_) {
    output(fmt::format("{:x}\r\n", bytes.size()), now_ms);
    output(bytes, now_ms);
    output("\r\n", now_ms);
  } else {
    output(bytes, now_ms);
  }
}

void HttpConnection::end_body(std::int64_t now_ms) {
  if (state_ != State::answering) return;
  if (left_ && *left_ > 0) return cut();
  if (chunked_) output("0\r\n\r\n", now_ms);
  whole_ = true;
  if (output().empty()) finish_answer(now_ms);
}

void HttpConnection::cut() {
  reset_ = !chunked_ && !left_;
  state_ = State::closed;
}

void HttpConnection::output(std::string_view bytes, std::int64_t now_ms) {
  if (output().empty()) {
    out_.clear();
    written_ = 0;
    stall_since_ = now_ms;
    stall_written_ = 0;
  }
  out_ += bytes;
}

void HttpConnection::wrote(std::size_t bytes, std::int64_t now_ms) {
  written_ += bytes;
  stall_written_ += bytes;
  if (written_ < out_.size()) return;
  written_ = 0;
  out_.clear();
  if (out_.capacity() > 2 * kAnswerPieceBytes) out_.shrink_to_fit();
  if (state_ == State::answering && whole_) finish_answer(now_ms);
}

// All is written.
void HttpConnection::finish_answer(std::int64_t now_ms) {
  since_ = now_ms;
  out_.shrink_to_fit();
  if (!last_) {
    state_ = State::idle;
    if (in_.empty()) in_.shrink_to_fit();
    parse(now_ms);
    return;
  }
  in_.clear();
  state_ = ended_ ? State::closed : State::lingering;
}

}  // namespace offsync::proxy
