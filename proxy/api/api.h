// The routes of the protocol (man/offsync-protocol.7), without a network: a request in, an answer
// out.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ports.h"
#include "proxy/http/body_source.h"
#include "proxy/http/byte_budget.h"
#include "proxy/http/head.h"
#include "proxy/http/limits.h"
#include "proxy/http/target.h"
#include "proxy/hub/hub_core.h"
#include "proxy/ingest/ingest.h"
#include "proxy/ops/logger.h"
#include "proxy/ops/metrics.h"
#include "proxy/store/log_store.h"
#include "wire/compress.h"

namespace offsync::proxy {

struct ApiRequest : RequestHead {
  std::string body;
};

struct ApiAnswer {
  int status = 200;
  std::string_view route = "other";  // one of a few names, for the metrics
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                        // or what comes first of it
  std::unique_ptr<BodySource> source;      // gives the rest
  std::optional<std::uint64_t> length;     // of a body that has a rest, where it is known
  bool coded = false;                      // its Content-Encoding is applied, and in `headers`
  std::optional<SubscribeRequest> stream;  // the connection becomes a stream of the hub
  bool close = false;                      // the body is ended by the connection
};

struct ApiOptions {
  std::vector<std::string> cors_origins;  // "*", or origins that may read answers; empty: none
  std::int64_t retry_ms = 2000;           // what a stream asks its client to wait
  std::int64_t come_back_ms =
      10'000;                // the same where there is no stream for it, give or take half
  std::string spool_folder;  // for answers too great for memory; "": TMPDIR
  std::size_t bytes = ServingLimits().bytes;  // see bytes()
};

// Thread-safe. What is given must outlive it.
class Api {
 public:
  Api(LogStore& store, Ingest& ingest, Clock& clock, Log& log, Metrics& metrics,
      ApiOptions options);

  // What takes an answer, once, in whatever thread made it. Returns soon, does not throw.
  using AnswerFn = std::function<void(ApiAnswer)>;
  // Answers in this thread; but events that are to be committed hold no thread meanwhile, and are
  // answered by whoever commits. `request` must live until its answer is taken.
  void handle(const ApiRequest& request, const AnswerFn& answered);
  // The same, and waits.
  ApiAnswer handle(const ApiRequest& request);
  // An answer that was refused before it came here, with what every answer bears.
  ApiAnswer refuse(const ApiRequest& request, const Problem& problem);
  // What requests and answers have in memory: what a POST unpacks to and what dividing it takes are
  // counted here; bytes received and not yet sent by whoever serves.
  ByteBudget& bytes() { return bytes_; }
  // Requests that wait for their commit.
  std::size_t waiting() const { return ingest_.waiting(); }
  // From now on /readyz says no.
  void stop() { stopping_ = true; }
  // Events that still wait for their commit are refused, and so are those that come.
  void refuse_events() { ingest_.stop(); }

 private:
  struct Call;   // one request to a space
  struct Route;  // what is at a path
  static std::optional<Route> route_of(const Target& target);
  static std::variant<ApiAnswer, Route> route_for(const ApiRequest& request, const Target& target);
  std::optional<ApiAnswer> answer_at(const ApiRequest& request, const Target& target,
                                     const AnswerFn& answered);
  std::optional<ApiAnswer> space_route(const ApiRequest& request, const Target& target,
                                       const Route& route, const AnswerFn& answered);
  static void name_log(const SpaceState& at, ApiAnswer& answer);
  ApiAnswer failed(const ApiRequest& request, const std::exception& thrown);
  ApiAnswer info(const Call& call);
  // A problem, or nothing: then it is answered later.
  std::optional<ApiAnswer> post_events(const Call& call, const AnswerFn& answered);
  ApiAnswer answer_to_events(const Result<Ingest::Answer>& done, bool no_json);
  ApiAnswer missing(const Call& call);
  // A problem where the log has another line, or event, at `sequence` than the client, which says
  // its mark.
  std::optional<ApiAnswer> other_line(const Call& call, std::uint64_t sequence);
  ApiAnswer get_events(const Call& call);
  ApiAnswer page(const Call& call, std::uint64_t after);
  ApiAnswer whole_log(const Call& call, std::uint64_t after);
  ApiAnswer stream(const Call& call);
  ApiAnswer state(const Call& call);
  ApiAnswer entity(const Call& call);
  ApiAnswer conflicts(const Call& call);
  ApiAnswer ready();
  ApiAnswer store_failed(std::string_view what, const Error& error);
  void begin_source(const ApiRequest& request, ApiAnswer& answer);
  void spare_stream(const ApiRequest& request, ApiAnswer& answer);
  void compress_body(const ApiRequest& request, ApiAnswer& answer);
  void finish(const ApiRequest& request, ApiAnswer& answer);

  LogStore& store_;
  Ingest& ingest_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const ApiOptions options_;
  ByteBudget bytes_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> spared_{0};  // streams that were told when to come back
};

ApiAnswer answer_of(const Problem& problem);

}  // namespace offsync::proxy
