#include "proxy/http/body.h"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/http/problems.h"

namespace offsync::proxy {
namespace {
constexpr std::size_t kChunkLineBytes = 256;
constexpr std::size_t kTrailerBytes = 4096;

std::optional<std::uint64_t> hex(std::string_view text) {
  if (text.empty() || text.size() > 8) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint64_t>(digit);
  }
  return value;
}
// Of what stands behind a chunk's size: a quoted value ends in its line.
bool quotes_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    }
  }
  return !quoted;
}
}  // namespace

BodyReader::BodyReader(const Framing& framing, std::size_t limit) : limit_(limit) {
  if (framing.chunked) {
    state_ = State::chunk_size;
    return;
  }
  length_ = left_ = framing.length;
  if (left_ == 0) return;
  state_ = State::data;
  if (left_ > limit_) {
    refuse(kTooLarge,
           fmt::format("the body is announced with {} bytes; the limit is {}", left_, limit_));
  }
}

std::size_t BodyReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done() && !problem_) {
    const auto rest = bytes.substr(taken);
    taken +=
        state_ == State::data || state_ == State::chunk_data ? feed_data(rest) : feed_line(rest);
  }
  return taken;
}

std::size_t BodyReader::feed_data(std::string_view bytes) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  body_.append(bytes.substr(0, n));
  left_ -= n;
  if (left_ == 0) state_ = state_ == State::data ? State::done : State::chunk_end;
  return n;
}

std::size_t BodyReader::feed_line(std::string_view bytes) {
  const auto end = bytes.find('\n');
  const auto n = end == std::string_view::npos ? bytes.size() : end + 1;
  line_.append(bytes.substr(0, n));
  if (line_.size() > kChunkLineBytes && state_ != State::trailer) {
    refuse(kBadRequest, "a chunk's size line is too long");
  } else if (trailer_ + line_.size() > kTrailerBytes) {
    refuse(kLargeHead, "the trailer is too long");
  } else if (end != std::string_view::npos) {
    take_line();
    line_.clear();
  }
  return n;
}

void BodyReader::take_line() {
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r') {
    return refuse(kBadRequest, "a line of the chunked body does not end with CR LF");
  }
  line_.resize(line_.size() - 2);
  if (!valid_field_text(line_)) {
    return refuse(kBadRequest, "a line of the chunked body has control characters");
  }
  if (state_ == State::chunk_size) return take_chunk_size();
  if (state_ == State::chunk_end) {
    if (!line_.empty()) {
      return refuse(kBadRequest, "a chunk is longer than its size says");
    }
    state_ = State::chunk_size;
    return;
  }
  trailer_ += line_.size() + 2;
  if (line_.empty()) {
    state_ = State::done;
  } else if (!valid_field_line(line_)) {
    refuse(kBadRequest, "a line of the trailer is not NAME: VALUE");
  }
}

void BodyReader::take_chunk_size() {
  const auto size = hex(std::string_view(line_).substr(0, line_.find(';')));
  if (!size) {
    return refuse(kBadRequest, "a chunk's size is not a hexadecimal number");
  }
  if (!quotes_end(line_)) {
    return refuse(kBadRequest, "a quoted value behind a chunk's size is open");
  }
  if (body_.size() + *size > limit_) {
    return refuse(kTooLarge, fmt::format("the body is over the limit of {} bytes", limit_));
  }
  left_ = *size;
  state_ = *size == 0 ? State::trailer : State::chunk_data;
}

Problem BodyReader::cut() const {
  const auto got = body_.size();
  return problem_of(
      kShortBody,
      length_ > 0
          ? fmt::format("the body ended after {} of {} bytes; nothing of it was kept", got, length_)
          : fmt::format("the chunked body ended after {} bytes without its last chunk; "
                        "nothing of it was kept",
                        got));
}

void BodyReader::refuse(const KnownProblem& known, std::string detail) {
  problem_ = problem_of(known, std::move(detail));
}

}  // namespace offsync::proxy
