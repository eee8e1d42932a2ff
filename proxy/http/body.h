// Takes the body out of the bytes of a connection and counts every one of them: a body that is
// cut short must not pass for a complete one. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/http/head.h"
#include "proxy/http/problems.h"

namespace offsync::proxy {

class BodyReader {
 public:
  // Refuses (413 too_large) what is over `limit` bytes, without having kept more than that.
  BodyReader(const Framing& framing, std::size_t limit);

  // Takes what belongs to the body from the front of `bytes` and returns how much that was.
  std::size_t feed(std::string_view bytes);

  bool done() const { return state_ == State::done; }
  // Why the body cannot be taken; the connection is then of no more use.
  const std::optional<Problem>& problem() const { return problem_; }
  // The problem of a body whose sender hung up here, before it was done.
  Problem cut() const;

  std::string take() { return std::move(body_); }
  std::size_t held() const { return body_.capacity() + line_.capacity(); }  // in memory

 private:
  enum class State { data, chunk_size, chunk_data, chunk_end, trailer, done };
  void refuse(const KnownProblem& known, std::string detail);
  std::size_t feed_data(std::string_view bytes);
  std::size_t feed_line(std::string_view bytes);
  void take_line();
  void take_chunk_size();

  std::size_t limit_;
  State state_ = State::done;
  std::uint64_t left_ = 0;    // of the body or the chunk
  std::uint64_t length_ = 0;  // as announced; 0 where it is chunked
  std::size_t trailer_ = 0;
  std::string line_;
  std::string body_;
  std::optional<Problem> problem_;
};

}  // namespace offsync::proxy
