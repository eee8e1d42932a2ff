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
#include "replica/sync_engine.h"
#include "wire/transport.h"

namespace offsync {

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
  std::string base;                  // path of the space: "/v1/spaces/shop"
  std::string place;                 // URL of the space, as LogPlace has it
  std::int64_t noted_offset_ms = 0;  // as the replica has it

  // Applies log lines, and tells report and observer.
  Status apply(std::string_view epoch, std::span<const std::string> lines);
  // What the replica has at `at` goes with a request, so that a log that was put back, and has
  // grown past that place since, is not taken for the one that the replica has seen.
  void add_line_mark(HttpRequest& request, const Cursor& at);
  // Whether an answer comes from the replica's own log, and notes where that is.
  Status check_log(std::string_view epoch, const LogPlace& there);
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
  std::int64_t deadline() const { return last_byte_ms_ + idle_ms_; }
  // Time in which nobody listened does not count as the other side's silence.
  void credit(std::int64_t ms) { last_byte_ms_ += ms; }

  End end() const { return end_; }
  // Why: failed, stale, expired.
  const Error& error() const { return error_; }
  // failed: whether the same request may fare better later.
  bool worth_retrying() const { return worth_retrying_; }
  std::optional<std::int64_t> retry_after_ms() const { return retry_after_ms_; }
  // The answer's: 0 as long as there is none.
  int status() const { return head_.status; }
  // The head of the log that the answer named.
  std::optional<std::uint64_t> log_head() const { return log_head_; }

 protected:
  // `what` names the exchange in errors: "the push of 3 events".
  Session(SyncContext& context, std::string what, std::int64_t idle_ms);
  // To be called at the end of the constructor.
  void begin(HttpRequest request);

  // The body of a 200 as far as it has come, `body_`. Takes off what it has worked on. `last`: the
  // exchange is over, and whole where `complete()`. Errors end the session.
  virtual Status consume(bool last) = 0;
  // After a complete 200.
  virtual Status finish() { return {}; }

  std::string_view content_type() const { return head_.header("content-type"); }
  bool complete() const { return result_ && result_->ok(); }
  void fail(Error error, bool worth_retrying);
  void end_stale(Error error);
  void end_expired(Error error);
  Error protocol_error(std::string code, const std::string& why) const;
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
  void note_time(std::string_view proxy_time);
  void conclude();
  void refused();
  void end_by(const Status& error);

  std::string what_;
  std::int64_t idle_ms_;
  Transport::Id id_ = 0;
  bool active_ = false;  // between start() and on_done()
  bool work_ = false;
  std::int64_t begun_ms_ = 0;
  std::int64_t last_byte_ms_ = 0;
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
