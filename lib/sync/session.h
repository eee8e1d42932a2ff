// Session: one exchange of the sync engine with the proxy, from request to end. It never repeats
// anything: what its end means is the engine's to decide.
//
// Callbacks from the transport only collect what arrives; the work on it, and every call to replica
// and observer, happens in advance(), which the engine calls from its tick().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/ports.h"
#include "base/result.h"
#include "replica/replica.h"
#include "sync/engine.h"
#include "wire/transport.h"

namespace offsync {

// What another process did to the replica meanwhile, or a proxy that changed its log.
bool is_stale(const Error& error);

// "/v1/spaces/shop" of "https://host:1/v1/spaces/shop/", with which all requests begin.
Result<std::string> path_of(const std::string& remote);

// What the sessions of one engine share.
struct SyncContext {
  Replica& replica;
  Transport& transport;
  Clock& clock;
  SyncObserver& observer;
  SyncOptions options;
  SyncReport report;
  std::string base;                            // path of the space: "/v1/spaces/shop"
  std::string place;                           // URL of the space, as LogPlace has it
  bool queued_again = false;                   // the log turned out to lack what it had accepted
  std::string said_epoch = {}, said_log = {};  // by the latest answer that named its log

  // Applies log lines, all or none, which must reach to `reaches`; tells report and observer.
  Status apply(std::string_view epoch, std::span<const std::string> lines, std::uint64_t reaches);
  // What the replica has at `at` goes with a request, so that a log that was put back, and has
  // grown past that place since, is not taken for the one that the replica has seen.
  void add_line_mark(HttpRequest& request, const Cursor& at);
  // And with a push how far it has come, or what was accepted beyond that: the place returned.
  Cursor add_place(HttpRequest& request, const ReplicaInfo& info);
  // The sequence up to which events are accepted that did not come back yet; 0: there is none.
  std::uint64_t accepted_upto();
  // The log ends at `head`. It was asked when events were accepted up to `upto`.
  Status note_end(std::string_view epoch, std::uint64_t head, std::uint64_t upto);
  void note_again(std::uint64_t events);
  // Whether an answer comes from the replica's own log; notes where that is, and in `there` whether
  // its name is sure: two answers in a row said it, or it is the epoch, as the first one is.
  Status check_log(std::string_view epoch, LogPlace& there);
};

class Session : public HttpHandler {
 public:
  enum class End {
    running,
    done,
    stale,    // the replica is not where it was when this began: look again and go on from there
    expired,  // the proxy cannot continue from our cursor: a snapshot is needed
    failed,
  };

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override;

  // Works on what has arrived, and gives up where nothing arrived for too long.
  void advance();
  // advance() has something to do now; else at deadline() (steady ms) at the latest.
  bool has_work() const { return end_ == End::running && work_; }
  std::int64_t deadline() const;
  // Time in which nobody listened does not count as the other side's silence.
  void credit(std::int64_t ms) {
    last_byte_ms_ += ms;
    credited_ms_ += ms;
  }

  End end() const { return end_; }
  // Why: failed, stale, expired.
  const Error& error() const { return error_; }
  // failed: whether the same request may fare better later.
  bool worth_retrying() const { return worth_retrying_; }
  std::optional<std::int64_t> retry_after_ms() const { return retry_after_ms_; }
  // The answer's: 0 as long as there is none.
  int status() const { return head_.status; }
  // An answer came, and ended before its end.
  bool cut() const { return status() == 200 && result_ && !result_->ok(); }
  // Failed: something in between refused this request, and no proxy, whose refusals say that they
  // are. Not where it asks for credentials, or for a later try.
  bool refused_on_the_way() const;
  // The head of the log that the answer named.
  std::optional<std::uint64_t> log_head() const { return log_head_; }

 protected:
  // `what` names the exchange in errors: "the push of 3 events". An answer of more than `max_bytes`
  // is given up.
  Session(SyncContext& context, std::string what, std::int64_t idle_ms, std::size_t max_bytes);
  // To be called at the end of the constructor.
  void begin(HttpRequest request);

  // The body of a 200 as far as it has come, `body_`. Takes off what it has worked on. `last`: the
  // exchange is over, and whole where `complete()`. Errors end the session.
  virtual Status consume(bool last) = 0;
  // After a complete 200.
  virtual Status finish() { return {}; }
  // Until when (steady ms) the answer must be whole, or be there as far as it must be; by default
  // at the slowest rate that is an answer at all.
  virtual std::int64_t own_deadline() const;

  std::string_view content_type() const { return head_.header("content-type"); }
  bool complete() const { return result_ && result_->ok(); }
  void fail(Error error, bool worth_retrying);
  void end_stale(Error error);
  void end_expired(Error error);
  void end_began_anew(const std::string& epoch);
  Error protocol_error(std::string code, const std::string& why) const;
  // Learns our clock's offset from an answer that is surely of the log that we follow.
  void note_time();
  // What is to be said of an answer of which no byte came, behind the error; or nothing.
  virtual std::string of_silence() const { return {}; }
  std::int64_t idle_ms() const { return idle_ms_; }
  std::int64_t credited_ms() const { return credited_ms_; }
  // Moves the complete lines out of body_ (with `rest`, what is behind the last LF too).
  std::vector<std::string> take_lines(bool rest);

  SyncContext& context_;
  std::string body_;
  std::string epoch_;                      // of the answer
  LogPlace there_;                         // of the log that answers
  std::optional<Cursor> answered_cursor_;  // Offsync-Cursor

 private:
  void on_head(const HttpHead& head) final;
  void on_data(std::string_view bytes) final;
  void on_done(const Status& result) final;
  void cancel();
  void look_at_head();
  void conclude();
  void give_up();
  void refused();
  void end_by(const Status& error);

  std::string what_;
  std::string accept_;  // the types that were asked for
  std::int64_t idle_ms_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;  // of the body so far
  Transport::Id id_ = 0;
  bool active_ = false;  // between start() and on_done()
  bool work_ = false;
  std::int64_t begun_ms_ = 0;
  std::int64_t last_byte_ms_ = 0;
  std::int64_t credited_ms_ = 0;
  std::int64_t head_ms_ = 0;
  std::int64_t head_wall_ms_ = 0;
  bool head_seen_ = false;  // by advance()
  HttpHead head_;
  std::optional<Status> result_;
  End end_ = End::running;
  Error error_;
  bool worth_retrying_ = false;
  std::optional<std::int64_t> retry_after_ms_;
  std::optional<std::uint64_t> log_head_;
};

}  // namespace offsync
