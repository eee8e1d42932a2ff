// One connection's HTTP/1: bytes in, whole requests out; answers in, bytes out. The one place that
// decides where a request begins and ends. No socket, thread or clock in it: times (monotonic
// milliseconds) are given. Belongs to one thread.
//
// A request goes idle → head → body → ready → handling → answering → idle; what is refused goes to
// `refused` instead of `ready`, and is answered as the last one. Requests that were sent one behind
// the other are answered in order, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/http/body.h"
#include "proxy/http/head.h"
#include "proxy/http/limits.h"
#include "wire/problem.h"

namespace offsync::proxy {

// An answer, or its beginning.
struct HttpAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // without framing and connection
  std::string body;                                          // all of it, or what comes first
  bool more = false;                                         // add_piece() and end_body() follow
  std::optional<std::uint64_t> length;  // of the whole, where that is known and more follows
  bool until_close = false;             // the end of the connection ends it
};

class HttpConnection {
 public:
  enum class State {
    idle,
    head,
    body,
    ready,      // a whole request is there: take_request()
    refused,    // no further request comes from here: refusal(), then respond()
    handling,   // until respond()
    answering,  // until all is written
    lingering,  // all is written, and the client may still be sending
    closed,
  };

  // What is given must outlive it.
  HttpConnection(const ConnectionRules& rules, std::int64_t now_ms);

  State state() const { return state_; }
  // Where false, bytes of the peer stay where they are.
  bool wants_bytes() const;
  void receive(std::string_view bytes, std::int64_t now_ms);
  void peer_ended(std::int64_t now_ms);
  // When expire() is due, if nothing happens before.
  std::optional<std::int64_t> deadline() const;
  void expire(std::int64_t now_ms);
  // Refuses the request whose head or body is under way, or is to come.
  void refuse(Problem problem);
  // Precondition: idle. Nothing is answered: the client was told otherwise that there is no service
  // for it, and has time to read that.
  void linger(std::int64_t now_ms);
  // The connection is broken.
  void abandon() { state_ = State::closed; }
  // The answer under way is the last one; what is idle ends here.
  void stop();

  // Precondition: ready. It is handling then.
  std::pair<RequestHead, std::string> take_request();
  // Of the request that is refused, handled or answered; empty where it was not understood.
  const RequestHead& request() const { return head_; }
  const Problem& refusal() const { return *problem_; }

  // Precondition: handling or refused.
  void respond(HttpAnswer answer, std::int64_t now_ms);
  // Whether the rest of the answer is asked for: all that was given is written.
  bool wants_piece() const;
  void add_piece(std::string_view bytes, std::int64_t now_ms);
  void end_body(std::int64_t now_ms);
  // The rest of the answer cannot be had: the connection ends so that its client notices.
  void cut();

  // To be written; wrote() says how much of it was.
  std::string_view output() const { return std::string_view(out_).substr(written_); }
  void wrote(std::size_t bytes, std::int64_t now_ms);
  // Whether closing must look like a failure, because nothing else shows that the answer is cut.
  bool reset() const { return reset_; }
  // Whether nothing is missing of an answer that was begun.
  bool whole() const { return whole_ && output().empty(); }

  // In memory for the request under way and its answer.
  std::size_t held() const;

 private:
  void parse(std::int64_t now_ms);
  bool skip_empty_line();
  bool take_head(std::int64_t now_ms);
  void take_body();
  void finish_answer(std::int64_t now_ms);
  void output(std::string_view bytes, std::int64_t now_ms);
  std::string head_of(const HttpAnswer& answer);

  const ConnectionRules& rules_;
  State state_ = State::idle;
  std::int64_t since_;  // when the state began

  std::string in_;        // received and not yet taken
  std::size_t seen_ = 0;  // of in_, by the search for the head's end
  bool skipped_ = false;  // the empty line that may go before a head
  bool ended_ = false;    // the peer sends no more
  std::size_t lingered_ = 0;
  RequestHead head_;
  std::optional<BodyReader> body_;
  std::optional<Problem> problem_;

  std::string out_;
  std::size_t written_ = 0;  // of out_
  std::int64_t stall_since_ = 0;
  std::size_t stall_written_ = 0;
  bool last_ = false;                  // no request is taken after this answer
  bool whole_ = true;                  // nothing of the answer follows
  bool chunked_ = false;               // the answer
  std::optional<std::uint64_t> left_;  // of an announced length
  bool reset_ = false;
};

}  // namespace offsync::proxy
