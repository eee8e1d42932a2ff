// A proxy in memory, and a Transport to it that can be told to fail. Time passes only in poll().
//
// It knows just enough of the proxy's rules for the engine's tests: order, duplicates, held events,
// cursors, snapshots, streams. Events of the type "test.refused" are rejected, as long as
// `refuses`.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "event/decoder.h"
#include "support/ports.h"
#include "wire/outcome.h"
#include "wire/transport.h"

namespace offsync::test {

struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool stream = false;
};

class FakeProxy {
 public:
  explicit FakeProxy(ManualClock& clock) : clock_(clock) {}

  Answer answer(const HttpRequest& request);
  // Messages behind `position` (moved on) for a stream of the log `of_epoch`.
  std::string stream_from(const std::string& of_epoch, std::uint64_t& position) const;
  // An event of somebody else: {"set":{field: value}} or any `data`.
  void append(const std::string& subject, const std::string& data);
  // The log is gone; another one begins with what `keep` of the old one had.
  void begin_anew(std::string new_epoch, std::size_t keep = 0);
  void put_back(std::string new_epoch, const std::vector<std::string>& lines);  // a backup
  void forget_until(std::uint64_t sequence) { oldest_ = sequence + 1; }
  void truncate(std::size_t length);  // as after a restored backup: same epoch, fewer events

  std::uint64_t head() const { return lines_.size(); }
  const std::vector<std::string>& lines() const { return lines_; }
  const std::string& epoch() const { return epoch_; }
  std::map<std::string, std::string> state() const;  // subject -> entity record

  std::int64_t clock_ahead_ms = 0;
  std::string log_name;       // that it says; empty: it says none
  bool knows_missing = true;  // else it is of a former version
  bool knows_names = true;    // Offsync-Event; else of a former version
  bool refuses = true;
  bool keeps_marks = false;  // the greatest clientseq of each source

 private:
  Answer post(const HttpRequest& request);
  Answer page(std::uint64_t after, std::uint64_t limit) const;
  Answer snapshot() const;
  Answer missing(const HttpRequest& request) const;
  bool other_line(const HttpRequest& request, std::uint64_t sequence) const;
  Outcome decide(const std::string& line, std::set<std::string>& refused);
  void add(const EventView& event);
  bool in_order(const EventView& event) const;
  std::uint64_t mark(const std::string& author) const;

  ManualClock& clock_;
  Decoder decoder_;
  std::string epoch_ = "e1";
  std::uint64_t oldest_ = 1;
  std::vector<std::string> lines_;
  std::map<std::string, std::uint64_t> ids_;
  std::uint64_t made_ = 0;
  std::string author_;  // of the request
};

// What a request is for ("push", "page" …), and a parameter of its target.
std::string kind_of(const HttpRequest& request);
std::string parameter(const std::string& target, const std::string& name);
std::string header(const HttpRequest& request, std::string_view name);

// What happens to a request instead of an answer in one piece. Each is used once.
struct Fault {
  enum class Kind {
    refuse,   // no connection; the proxy never sees it
    answer,   // `answer` instead of the proxy's, which never sees the request
    cut,      // the proxy does its work; the answer ends after `bytes`, headers not counted
    lose,     // the proxy does its work; no byte of the answer arrives
    stall,    // as cut, but nobody says so
    rewrite,  // the body passes through `rewrite`
    delay,    // the answer comes `bytes` ms later
    twice,    // the proxy sees the request twice; the second answer arrives
  };
  std::string on;  // "push", "page", "stream", "state", "missing", "space"
  Kind kind = Kind::refuse;
  std::size_t bytes = 0;
  Answer answer = {};
  std::function<std::string(std::string)> rewrite = {};
};

class FakeTransport final : public Transport {
 public:
  FakeTransport(FakeProxy& proxy, ManualClock& clock) : proxy_(proxy), clock_(clock) {}

  Id start(HttpRequest request, HttpHandler& handler) override;
  void cancel(Id id) override;
  void poll(std::int64_t wait_ms) override;

  void on(Fault fault) { faults_.push_back(std::move(fault)); }
  void cut_streams();
  std::size_t open_streams() const;

  bool down = false;  // every request is refused
  bool heartbeats = true;
  std::size_t chunk = 1 << 20;    // bytes that one poll brings
  std::vector<std::string> seen;  // "push", "page e1-3", "state", "stream e1-3"
  std::vector<HttpRequest> requests;
  std::vector<std::int64_t> times;  // steady, of each request
  // What is between here and the proxy: its answer, which then never sees the request.
  std::function<std::optional<Answer>(const HttpRequest&)> between;
  // Called before each poll: the world goes on.
  std::function<void()> meanwhile;

 private:
  struct Exchange {
    Id id = 0;
    HttpHandler* handler = nullptr;
    Answer answer;
    std::size_t sent = 0;
    bool head_sent = false;
    bool cut = false;
    bool stalled = false;
    bool refused = false;
    std::string epoch;
    std::uint64_t position = 0;
    std::int64_t not_before = 0;
    std::int64_t last_ms = 0;
  };
  void meet(const Fault& fault, const HttpRequest& request, Exchange& exchange);
  bool step(Exchange& exchange);
  std::int64_t next_event(std::int64_t wait_ms) const;

  FakeProxy& proxy_;
  ManualClock& clock_;
  std::deque<Fault> faults_;
  std::list<Exchange> exchanges_;
  Id next_ = 1;
};

}  // namespace offsync::test
