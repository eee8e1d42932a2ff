#include "proxy/hub/hub_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "proxy/http/problems.h"
#include "proxy/hub/feed.h"
#include "wire/sse.h"

namespace offsync::proxy {
namespace {
// A filtered subscriber looks at no more events than these in one turn, so that it cannot hold up
// the others.
constexpr std::size_t kScanEvents = 4096;
// Pieces of one writev(2); IOV_MAX is 1024.
constexpr std::size_t kPieces = 512;
}  // namespace

struct HubCore::Subscriber {
  Id id = 0;
  Feed* feed = nullptr;
  EventFilter filter;
  std::uint64_t next = 1;  // the event to look at next; all before it are written or in `out`
  std::uint64_t told = 0;  // the sequence of the last id that was written
  std::string out;         // goes first: the rest of a message, or words of the proxy's own
  std::shared_ptr<const Frames> replay;
  std::optional<std::uint64_t> applied;
  bool reading = false;    // waits for a read
  bool caught_up = false;  // the store had nothing behind next - 1
  bool closing = false;    // `out` is the last of it
  bool ready = false;      // stands in ready_
  bool blocked = false;
  std::int64_t last_write = 0;
  std::optional<std::int64_t> stuck_since;  // took no byte since, though there were some
};

HubCore::HubCore(HubOptions options)
    : options_(options), held_bytes_(std::make_shared<std::size_t>(0)) {}
HubCore::~HubCore() = default;

HubCore::Id HubCore::subscribe(SubscribeRequest request, std::int64_t now_ms) {
  auto& feed = feeds_[request.space];
  if (!feed) {
    feed = std::make_unique<Feed>();
    feed->serial = next_id_++;
    feed->space = request.space;
    feed->epoch = request.epoch;
  }
  auto subscriber = std::make_unique<Subscriber>();
  auto& s = *subscriber;
  s.id = next_id_++;
  s.feed = feed.get();
  s.filter = std::move(request.filter);
  s.next = request.after + 1;
  s.told = request.after;
  s.out = std::move(request.preamble);
  s.last_write = now_ms;
  feed->subscribers.insert(s.id);
  make_ready(s);
  const Id id = s.id;
  subscribers_.emplace(id, std::move(subscriber));
  return id;
}

void HubCore::unsubscribe(Id id) {
  const auto at = subscribers_.find(id);
  if (at == subscribers_.end()) return;
  Feed& feed = *at->second->feed;
  feed.subscribers.erase(id);
  subscribers_.erase(at);
  if (feed.subscribers.empty()) feeds_.erase(feeds_.find(feed.space));
}

void HubCore::publish(std::string_view space, std::string_view epoch, Frames frames) {
  if (frames.empty()) return;
  Feed* feed = feed_of(space, epoch);
  if (feed == nullptr) return;
  feed->push(std::move(frames), options_);
  for (const Id id : feed->subscribers) make_ready(*subscribers_.at(id));
}

void HubCore::moved(std::string_view space, std::string_view epoch, std::uint64_t head) {
  Feed* feed = feed_of(space, epoch);
  if (feed == nullptr || head <= feed->head) return;
  feed->head = head;
  for (const Id id : feed->subscribers) make_ready(*subscribers_.at(id));
}

// Nothing where nobody reads it, or where they read a log that is no more.
HubCore::Feed* HubCore::feed_of(std::string_view space, std::string_view epoch) {
  const auto at = feeds_.find(space);
  if (at == feeds_.end()) return nullptr;
  Feed& feed = *at->second;
  if (feed.epoch == epoch) return &feed;
  const Problem problem = problem_of(
      kExpired, "the log of this space began anew; fetch the state and go on from there");
  for (const Id id : feed.subscribers) {
    finish_with(*subscribers_.at(id), "reset", encode_problem(problem));
  }
  return nullptr;
}

void HubCore::applied(std::string_view space, std::uint64_t sequence) {
  const auto at = feeds_.find(space);
  if (at == feeds_.end()) return;
  for (const Id id : at->second->subscribers) {
    auto& s = *subscribers_.at(id);
    s.applied = std::max(s.applied.value_or(0), sequence);
    make_ready(s);
  }
}

void HubCore::close_all() {
  for (auto& [id, s] : subscribers_) {
    s->closing = true;
    make_ready(*s);
  }
}

void HubCore::make_ready(Subscriber& s) {
  if (s.ready || s.blocked) return;
  s.ready = true;
  ready_.push_back(s.id);
}

std::vector<HubCore::Id> HubCore::take_ready() {
  std::vector<Id> ready;
  ready.swap(ready_);
  std::erase_if(ready, [&](Id id) {
    const auto at = subscribers_.find(id);
    if (at == subscribers_.end()) return true;
    at->second->ready = false;
    return at->second->blocked;
  });
  return ready;
}

void HubCore::writable(Id id) {
  const auto at = subscribers_.find(id);
  if (at == subscribers_.end()) return;
  at->second->blocked = false;
  make_ready(*at->second);
}

bool HubCore::finished(Id id) const {
  const auto at = subscribers_.find(id);
  return at != subscribers_.end() && at->second->closing && at->second->out.empty();
}

// ---- writing

bool HubCore::gather(Id id, std::vector<std::string_view>& pieces) {
  pieces.clear();
  pieces_.clear();
  const auto at = subscribers_.find(id);
  if (at == subscribers_.end()) return false;
  Subscriber& s = *at->second;
  scanned_to_ = s.next;
  if (s.applied && s.out.empty() && !s.closing) {
    append_sse(s.out, {}, "applied", std::to_string(*s.applied));
    s.applied.reset();
  }
  if (!s.out.empty()) pieces_.push_back({nullptr, s.next, s.next, s.out});
  if (!s.closing) gather_events(s);
  for (const auto& piece : pieces_) pieces.push_back(piece.bytes);
  return !pieces.empty();
}

void HubCore::gather_events(Subscriber& s) {
  std::size_t budget = options_.write_bytes;
  std::size_t scan = kScanEvents;
  for (;;) {
    const Frames* block = s.feed->find(scanned_to_);
    if (block == nullptr && s.replay && s.replay->has(scanned_to_)) block = s.replay.get();
    if (block == nullptr) break;
    if (!gather_block(s, *block, budget, scan)) return;
  }
  if (!pieces_.empty()) return;  // first things first: what is gathered is written
  s.next = scanned_to_;
  s.replay.reset();
  if (needs_read(s)) want_read(s);
}

// Takes what `block` has from scanned_to_ on; false where the turn is over.
bool HubCore::gather_block(Subscriber& s, const Frames& block, std::size_t& budget,
                           std::size_t& scan) {
  const auto add = [&](std::uint64_t from, std::uint64_t to) {
    const auto bytes = block.run(from, to);
    pieces_.push_back({&block, from, to, bytes});
    budget -= std::min(budget, bytes.size());
    scanned_to_ = to;
    return budget > 0 && pieces_.size() < kPieces;
  };
  if (s.filter.all()) return add(scanned_to_, block.fitting(scanned_to_, budget));
  while (scanned_to_ < block.end()) {
    if (scan-- == 0) {
      scan = 0;
      if (pieces_.empty()) {  // nothing to write, but more to look at
        s.next = scanned_to_;
        make_ready(s);
      }
      return false;
    }
    const auto at = scanned_to_++;
    if (!s.filter.matches(block.keys(at))) continue;
    auto to = at + 1;
    while (to < block.end() && scan > 0 && s.filter.matches(block.keys(to))) ++to, --scan;
    if (!add(at, std::min(to, block.fitting(at, std::max<std::size_t>(budget, 1))))) return false;
  }
  return true;
}

void HubCore::wrote(Id id, std::size_t bytes, std::int64_t now_ms) {
  const auto at = subscribers_.find(id);
  if (at == subscribers_.end()) return;
  Subscriber& s = *at->second;
  if (bytes > 0) s.last_write = now_ms;
  if (bytes > 0 || !s.stuck_since) s.stuck_since = now_ms;
  const auto scanned_to = scanned_to_;
  for (const auto& piece : pieces_) {
    if (bytes < piece.bytes.size()) {
      cut_off(s, piece, bytes);
      s.blocked = true;
      pieces_.clear();
      return;
    }
    bytes -= piece.bytes.size();
    if (piece.frames == nullptr) {
      s.out.clear();
    } else {
      s.next = piece.to;
      s.told = piece.to - 1;
    }
  }
  pieces_.clear();
  s.stuck_since.reset();
  s.next = std::max(s.next, scanned_to);
  make_ready(s);
}

// Only the first `done` bytes of a piece were taken. A message that was begun is finished from a
// copy of its rest, because the ring may move on meanwhile.
void HubCore::cut_off(Subscriber& s, const Piece& piece, std::size_t done) {
  if (piece.frames == nullptr) {
    s.out.erase(0, done);
    return;
  }
  const auto at = piece.frames->message_at(piece.from, done);
  const auto begun = piece.frames->run(piece.from, at).size();
  s.next = at;
  if (at > piece.from) s.told = at - 1;
  if (done == begun) return;
  s.out = piece.frames->run(at, at + 1).substr(done - begun);
  s.next = at + 1;
  s.told = at;
}

void HubCore::finish_with(Subscriber& s, std::string_view event, std::string_view data) {
  if (s.closing) return;
  append_sse(s.out, {}, event, data);
  s.closing = true;
  make_ready(s);
}

// ---- reading on from the store

bool HubCore::needs_read(const Subscriber& s) const {
  if (s.closing) return false;
  if (s.next <= s.feed->head) return s.feed->find(s.next) == nullptr;
  return s.feed->ring.empty() && !s.caught_up;
}

void HubCore::want_read(Subscriber& s) {
  if (s.reading) return;
  s.reading = true;
  const Place place{s.feed->serial, s.next - 1};
  const auto [asked, fresh] = asked_.try_emplace(place, next_read_);
  if (fresh) reads_.emplace(next_read_++, Read{place, s.feed->space, {}, false});
  reads_.at(asked->second).waiting.push_back(s.id);
}

std::optional<ReadRequest> HubCore::next_read() {
  const auto reserved = (reads_issued_ + 1) * options_.block_bytes;
  if (reads_issued_ >= options_.reads || *held_bytes_ + reserved > options_.replay_bytes) {
    return std::nullopt;
  }
  for (auto at = reads_.begin(); at != reads_.end();) {
    auto& [id, read] = *at;
    const bool wanted = std::any_of(read.waiting.begin(), read.waiting.end(),
                                    [&](Id waiting) { return subscribers_.contains(waiting); });
    if (read.issued) {
      ++at;
    } else if (!wanted) {
      asked_.erase(read.place);
      at = reads_.erase(at);
    } else {
      read.issued = true;
      ++reads_issued_;
      return ReadRequest{id, read.space, feeds_.find(read.space)->second->epoch, read.place.second,
                         options_.block_bytes};
    }
  }
  return std::nullopt;
}

void HubCore::read_done(std::uint64_t read_id, ReadResult result) {
  const auto at = reads_.find(read_id);
  if (at == reads_.end()) return;
  const Read read = std::move(at->second);
  reads_.erase(at);
  asked_.erase(read.place);
  --reads_issued_;
  const auto block = held(std::move(result.frames));
  for (const Id id : read.waiting) {
    const auto subscriber = subscribers_.find(id);
    if (subscriber != subscribers_.end()) take_read(*subscriber->second, block, result);
  }
}

void HubCore::take_read(Subscriber& s, const std::shared_ptr<const Frames>& block,
                        const ReadResult& result) {
  s.reading = false;
  if (result.kind == ReadResult::Kind::failed) {
    s.closing = true;  // it comes back with its Last-Event-ID
  } else if (result.kind == ReadResult::Kind::expired) {
    finish_with(s, "reset", encode_problem(result.problem));
  } else if (block->empty()) {
    s.caught_up = true;
    if (needs_read(s)) return;  // we know that there is more: tick() asks again
  } else {
    s.replay = block;
  }
  make_ready(s);
}

std::shared_ptr<const Frames> HubCore::held(Frames frames) {
  const auto bytes = frames.bytes();
  *held_bytes_ += bytes;
  return {new Frames(std::move(frames)), [count = held_bytes_, bytes](const Frames* block) {
            *count -= bytes;
            delete block;
          }};
}

// ---- time

std::vector<HubCore::Id> HubCore::tick(std::int64_t now_ms) {
  std::vector<Id> stalled;
  for (auto& [id, subscriber] : subscribers_) {
    Subscriber& s = *subscriber;
    if (s.blocked) {
      if (now_ms - s.stuck_since.value_or(now_ms) >= options_.stall_ms) stalled.push_back(id);
      continue;
    }
    if (!s.reading && !s.replay && needs_read(s)) make_ready(s);
    if (s.closing || !s.out.empty() || now_ms - s.last_write < options_.heartbeat_ms) continue;
    if (s.next - 1 > s.told) {
      s.out = fmt::format("id: {}-{}\n\n", s.feed->epoch, s.next - 1);
      s.told = s.next - 1;
    }
    append_sse_comment(s.out, "heartbeat");
    make_ready(s);
  }
  return stalled;
}

}  // namespace offsync::proxy
