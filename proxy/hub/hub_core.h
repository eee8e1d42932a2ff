// HubCore: who of the subscribers gets what next. No sockets, threads or clock in it; the hub
// (proxy/hub/hub.h) gives it those, and so does a simulation.
//
// A space with subscribers has a ring: its newest events, encoded once. A subscriber is a position
// (the sequence it wants next) and what remains of the one message it was cut off in. Whoever wants
// what the ring no longer has (or never had: the ring starts empty) reads from the store, in blocks
// that subscribers at the same place share, until it meets the ring. So there is no gap, because
// the ring takes every commit from before the first such read on, or is told how far the log has
// come, and no duplicate, because a position only moves forward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "proxy/hub/frames.h"
#include "proxy/hub/options.h"
#include "wire/problem.h"

namespace offsync::proxy {

struct SubscribeRequest {
  std::string space, epoch;
  std::uint64_t after = 0;
  EventFilter filter;
  std::string preamble;  // written first
};

// Asks for the entries behind `after`, at most about `max_bytes` of them.
struct ReadRequest {
  std::uint64_t id = 0;
  std::string space, epoch;
  std::uint64_t after = 0;
  std::size_t max_bytes = 0;
};

struct ReadResult {
  enum class Kind { entries, expired, failed } kind = Kind::entries;
  Frames frames;    // entries: from after + 1 on; empty: there is none yet
  Problem problem;  // expired: history is gone, and the subscriber is told so
};

class HubCore {
 public:
  using Id = std::uint64_t;
  explicit HubCore(HubOptions options = {});
  ~HubCore();

  Id subscribe(SubscribeRequest request, std::int64_t now_ms);
  void unsubscribe(Id id);
  std::size_t subscribers() const { return subscribers_.size(); }

  // Commits of a space, in the order of its log. Spaces without subscribers are ignored.
  void publish(std::string_view space, std::string_view epoch, Frames frames);
  // The log has come to `head`, whoever appended, and not all up to there is published: who is not
  // there yet reads it from the store.
  void moved(std::string_view space, std::string_view epoch, std::uint64_t head);
  // The backend has taken everything up to `sequence`: told to all, without an id.
  void applied(std::string_view space, std::uint64_t sequence);
  // Ends every stream once what is under way has been written.
  void close_all();

  // The next read that should be made, if there is one; answer it with read_done().
  std::optional<ReadRequest> next_read();
  void read_done(std::uint64_t read_id, ReadResult result);

  // Subscribers that may have something to write and are not blocked; each is named once.
  std::vector<Id> take_ready();
  // What to write to `id` now (views are valid until the next call of anything). Then wrote() has
  // to be called with the number of bytes that were taken; fewer than all of them block the
  // subscriber until writable(). Returns false if there is nothing to write.
  bool gather(Id id, std::vector<std::string_view>& pieces);
  void wrote(Id id, std::size_t bytes, std::int64_t now_ms);
  void writable(Id id);
  // True where all is written that ever will be: close it.
  bool finished(Id id) const;

  // Queues heartbeats (for a filtered stream with the position it has reached, as a message with
  // an id and no data: it moves EventSource's Last-Event-ID and calls no handler), and returns who
  // has stalled and must be cut. Call it several times per heartbeat.
  std::vector<Id> tick(std::int64_t now_ms);

 private:
  struct Feed;
  struct Subscriber;
  struct Piece {
    const Frames* frames = nullptr;  // nullptr: of `out`
    std::uint64_t from = 0, to = 0;
    std::string_view bytes;
  };
  using Place = std::pair<std::uint64_t, std::uint64_t>;  // feed's serial, after
  struct Read {
    Place place;
    std::string space;
    std::vector<Id> waiting;
    bool issued = false;
  };

  Feed* feed_of(std::string_view space, std::string_view epoch);
  void make_ready(Subscriber& subscriber);
  void gather_events(Subscriber& subscriber);
  bool gather_block(Subscriber& subscriber, const Frames& block, std::size_t& budget,
                    std::size_t& scan);
  bool needs_read(const Subscriber& subscriber) const;
  void want_read(Subscriber& subscriber);
  void take_read(Subscriber& subscriber, const std::shared_ptr<const Frames>& block,
                 const ReadResult& result);
  void finish_with(Subscriber& subscriber, std::string_view event, std::string_view data);
  void cut_off(Subscriber& subscriber, const Piece& piece, std::size_t done);
  std::shared_ptr<const Frames> held(Frames frames);

  HubOptions options_;
  Id next_id_ = 1;
  std::uint64_t next_read_ = 1;
  std::unordered_map<Id, std::unique_ptr<Subscriber>> subscribers_;
  std::map<std::string, std::unique_ptr<Feed>, std::less<>> feeds_;
  std::map<std::uint64_t, Read> reads_;  // by read id, so in the order of asking
  std::map<Place, std::uint64_t> asked_;
  std::size_t reads_issued_ = 0;
  std::shared_ptr<std::size_t> held_bytes_;  // of the blocks that subscribers replay from
  std::vector<Id> ready_;
  std::vector<Piece> pieces_;     // of the last gather()
  std::uint64_t scanned_to_ = 0;  // where its subscriber is once they are all written
};

}  // namespace offsync::proxy
