#include "proxy/ingest/decider.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/rfc3339.h"
#include "base/span_text.h"
#include "event/hybrid_clock.h"
#include "proxy/ingest/conflict_record.h"
#include "proxy/store/residue.h"
#include "state/decision.h"

namespace offsync::proxy {
namespace {

constexpr std::string_view kProxySource = "/proxy";
constexpr std::string_view kReserved = "offsync.";

// Neither a source nor a subject nor an id has control characters, so this is one key for one pair.
std::string pair_key(std::string_view source, std::string_view other) {
  std::string key;
  key.reserve(source.size() + other.size() + 1);
  return key.append(source).append(1, '\n').append(other);
}

// What stands in one order in a request. A replica has all of an entity in its order, whoever wrote
// it; who does not say which source is its own may pass on for several, each with an order.
std::string order_key(const Request& request, const EventView& event) {
  return request.author.empty() ? pair_key(event.source, event.subject)
                                : std::string(event.subject);
}

}  // namespace

// One call of decide().
class Decider::Group {
 public:
  Group(Decider& decider, const SpaceLog& log, std::int64_t wall_ms)
      : d_(decider), log_(log), wall_ms_(wall_ms), clock_(0, log.clock) {
    out_.commit.space = log.space;
    out_.commit.first = log.head + 1;
    clock_.observe(Stamp::make(wall_ms, 0, 0), wall_ms, 0);
    note_time();
  }

  Status take(const Slice& slice) {
    std::erase_if(slice.request->refused,
                  [&](const auto& refused) { return refused.second >= slice.begin; });
    request_ = slice.request;
    for (index_ = slice.begin; index_ < slice.end; ++index_) OFFSYNC_TRY(decide());
    return {};
  }

  Decided finish() {
    for (const std::string_view subject : changed_) {
      EntityCache::Item& item = out_.entities.find(subject)->second;
      std::string record = encode_entity(subject, item.entity);
      item.bytes = record.size();
      out_.commit.entities.push_back({std::string(subject), std::move(record)});
    }
    for (auto& [source, mark] : marks_) {
      if (mark.moved) out_.commit.marks.push_back({source, mark.clientseq});
    }
    out_.commit.clock = clock_.last();
    return std::move(out_);
  }

 private:
  struct Mark {
    std::uint64_t clientseq = 0;
    bool moved = false;
  };
  struct Working {
    const std::string* subject;
    EntityCache::Item* item;
  };

  Candidate& candidate() { return request_->candidates[index_]; }
  Status decide();
  Status decide_new(EventView event);
  Status decide_known(const EventView& event, const KnownEvent& known);
  Status decide_again(const EventView& event);
  bool in_order(const EventView& event) const;
  Result<std::optional<Rejection>> earlier_rejection(const EventView& event);
  Status accept(EventView event);
  Status reject(const EventView& event, std::string_view code, std::string detail);
  Status reject_unread(const Error& error);
  Status hold(const EventView& event);
  void fill_time(EventView& event);
  void note_time();
  void append(const EventView& event);
  void append_conflicts(const EventView& event, std::vector<Conflict>& conflicts);
  Result<std::vector<Conflict>> meet(const Entity& entity, const EventView& event);
  Result<bool> any_known(const std::vector<Conflict>& conflicts);
  std::optional<Error> clock_ahead(const EventView& event) const;
  Outcome& answer(OutcomeKind kind);
  Result<std::optional<KnownEvent>> find(std::string_view source, std::string_view id);
  Result<Mark*> mark_of(std::string_view source);
  Result<Working> entity_of(std::string_view subject);
  std::uint64_t next_sequence() const { return out_.commit.first + out_.commit.entries.size(); }

  Decider& d_;
  const SpaceLog& log_;
  const std::int64_t wall_ms_;
  // Of all times that the log gives: none of them goes back, whatever the wall clock does.
  HybridClock clock_;
  Stamp now_;  // of the conflicts
  std::string recordedtime_;
  Request* request_ = nullptr;
  std::size_t index_ = 0;
  Decided out_;
  std::set<std::string_view> changed_;                        // keys of out_.entities
  std::unordered_map<std::string, std::size_t> by_identity_;  // indices of out_.commit.entries
  std::map<std::string, Mark, std::less<>> marks_;
  std::map<std::pair<std::string, std::uint64_t>, std::size_t> rejected_;  // of commit.rejections
};

Result<Decided> Decider::decide(const SpaceLog& log, std::int64_t wall_ms,
                                std::span<const Slice> slices) {
  Group group(*this, log, wall_ms);
  for (const Slice& slice : slices) OFFSYNC_TRY(group.take(slice));
  return group.finish();
}

Status Decider::Group::decide() {
  if (candidate().content.empty()) return {};
  const auto decoded = d_.decoder_.decode(candidate().content);
  if (!decoded) return reject_unread(decoded.error());
  const EventView* event = *decoded;
  if (event->type.starts_with(kReserved)) {
    return reject(*event, "reserved_type",
                  fmt::format("the type {} is one that only the proxy itself writes", event->type));
  }
  OFFSYNC_ASSIGN(const std::optional<KnownEvent> known, find(event->source, event->id));
  if (known) return decide_known(*event, *known);
  const bool ordered = event->clientseq != 0 || !request_->author.empty();
  if (ordered && request_->refused.contains(order_key(*request_, *event))) return hold(*event);
  if (event->clientseq != 0) {
    OFFSYNC_ASSIGN(const Mark* mark, mark_of(event->source));
    if (event->clientseq <= mark->clientseq) return decide_again(*event);
  }
  return decide_new(*event);
}

// Whether the event is one of its sender's own, which come in order. Those of others are sent by
// whoever has them, when a log has lost them, and in no order with their authors' own.
bool Decider::Group::in_order(const EventView& event) const {
  const bool own = request_->author.empty() || request_->author == event.source;
  return own && event.clientseq != 0;
}

// What a decoder wrote a decoder reads; were it not so, one such event must not fail all others.
Status Decider::Group::reject_unread(const Error& error) {
  Outcome& outcome = answer(OutcomeKind::rejected);
  outcome.code = error.code;
  outcome.detail = error.message();
  return {};
}

Status Decider::Group::decide_known(const EventView& event, const KnownEvent& known) {
  bool same = false;
  if (known.line.empty()) {
    same = is_residue_of(event, known.residue);
  } else {
    OFFSYNC_ASSIGN(const EventView* stored, d_.stored_decoder_.decode(known.line));
    same = same_event(event, *stored);
  }
  if (!same) {
    return reject(event, "id_conflict",
                  fmt::format("the log has another event of {} with this id, at sequence {}",
                              event.source, known.sequence));
  }
  answer(OutcomeKind::duplicate).sequence = known.sequence;
  return {};
}

// The answer to its first arrival was lost, or the network delivers a copy late.
Status Decider::Group::decide_again(const EventView& event) {
  OFFSYNC_ASSIGN(std::optional<Rejection> earlier, earlier_rejection(event));
  if (earlier) return reject(event, earlier->code, std::move(earlier->detail));
  if (!in_order(event)) return decide_new(event);
  OFFSYNC_ASSIGN(const Mark* mark, mark_of(event.source));
  return reject(event, "already_decided",
                fmt::format("events of {} up to clientseq {} are decided, and this one, {}, is "
                            "not in the log",
                            event.source, mark->clientseq, event.clientseq));
}

Result<std::optional<Rejection>> Decider::Group::earlier_rejection(const EventView& event) {
  std::optional<Rejection> earlier;
  const auto here = rejected_.find({std::string(event.source), event.clientseq});
  if (here != rejected_.end()) {
    earlier = out_.commit.rejections[here->second];
  } else {
    OFFSYNC_ASSIGN(earlier, d_.store_.rejection(log_.space, event.source, event.clientseq));
  }
  return earlier && earlier->id == event.id ? earlier : std::nullopt;
}

Status Decider::Group::decide_new(EventView event) {
  if (Status good = check_new(event); !good) {
    return reject(event, good.error().code, good.error().detail);
  }
  if (event.time.empty() && event.stamp.none()) {
    fill_time(event);
    // With it the event may be over a limit, and then no client could read the log.
    if (const auto read = d_.stored_decoder_.decode(encode_content(event)); !read) {
      return reject(event, read.error().code,
                    read.error().detail + " (with the time that the proxy gave it)");
    }
  } else if (const auto error = clock_ahead(event)) {
    return reject(event, error->code, error->detail);
  }
  return accept(event);
}

std::optional<Error> Decider::Group::clock_ahead(const EventView& event) const {
  const std::int64_t skew = event.stamp.ms() - wall_ms_;
  if (skew <= d_.options_.clock_guard_ms) return std::nullopt;
  return bad_data("clock_ahead",
                  fmt::format("its stamp is {} ahead of the proxy's clock; at most {} can be taken",
                              span_text(skew), span_text(d_.options_.clock_guard_ms)));
}

Status Decider::Group::accept(EventView event) {
  OFFSYNC_ASSIGN(const Working working, entity_of(event.subject));
  Entity& entity = working.item->entity;
  if (Status fits = check_fit(entity, event); !fits) {
    return reject(event, fits.error().code, fits.error().detail);
  }
  OFFSYNC_ASSIGN(std::vector<Conflict> conflicts, meet(entity, event));
  OFFSYNC_ASSIGN(const bool taken, any_known(conflicts));
  if (taken) {
    // Only an author who means to: these ids are digests of the event's own.
    return reject(event, "id_conflict",
                  "the id that the record of its conflict must have is taken by another event");
  }
  Outcome& outcome = answer(OutcomeKind::accepted);
  outcome.sequence = next_sequence();
  outcome.conflicts = conflicts.size();
  append(event);
  append_conflicts(event, conflicts);
  if (!event.causationid.empty()) out_.commit.resolved.emplace_back(event.causationid);
  if (event.writes()) {
    entity.fold(event);
    d_.recent_.note(log_.space, event);
    changed_.insert(*working.subject);
  }
  if (in_order(event)) {
    OFFSYNC_ASSIGN(Mark * mark, mark_of(event.source));
    *mark = {event.clientseq, true};
  }
  return {};
}

Result<std::vector<Conflict>> Decider::Group::meet(const Entity& entity, const EventView& event) {
  StoredLook log(
      log_.space, [&](auto source, auto id) { return find(source, id); }, d_.recent_,
      d_.stored_decoder_);
  auto conflicts = conflicts_of(entity, event, &log);
  OFFSYNC_TRY(log.status());
  return conflicts;
}

// A rejection above the mark is a decision of its own: it moves the mark and is remembered.
Status Decider::Group::reject(const EventView& event, std::string_view code, std::string detail) {
  Outcome& outcome = answer(OutcomeKind::rejected);
  outcome.code = code;
  outcome.detail = std::move(detail);
  request_->refused.emplace(order_key(*request_, event), index_);
  if (!in_order(event)) return {};
  OFFSYNC_ASSIGN(Mark * mark, mark_of(event.source));
  if (event.clientseq <= mark->clientseq) return {};
  *mark = {event.clientseq, true};
  rejected_.emplace(std::pair(std::string(event.source), event.clientseq),
                    out_.commit.rejections.size());
  out_.commit.rejections.push_back({.source = std::string(event.source),
                                    .clientseq = event.clientseq,
                                    .id = std::string(event.id),
                                    .code = outcome.code,
                                    .detail = outcome.detail});
  return {};
}

Status Decider::Group::hold(const EventView& event) {
  Outcome& outcome = answer(OutcomeKind::held);
  outcome.code = "held";
  const auto first = request_->refused.find(order_key(*request_, event));
  outcome.detail = fmt::format("an earlier event of {} was rejected, in line {}", event.subject,
                               request_->candidates[first->second].outcome.line);
  return {};
}

Outcome& Decider::Group::answer(OutcomeKind kind) {
  Outcome fresh;
  fresh.id = std::move(candidate().outcome.id);
  fresh.kind = kind;
  fresh.line = candidate().outcome.line;
  return candidate().outcome = std::move(fresh);
}

// Several events without time in one millisecond keep their order: the counter of their stamps
// tells them apart, where equal stamps would leave it to their ids.
void Decider::Group::fill_time(EventView& event) {
  event.stamp = {clock_.tick(wall_ms_).time, foreign_node(event.source)};
  event.time_ms = event.stamp.ms();
  if (event.time_ms != now_.ms()) note_time();
  event.time = recordedtime_;
}

void Decider::Group::note_time() {
  now_ = Stamp::make(Stamp{clock_.last(), 0}.ms(), 0, foreign_node(kProxySource));
  recordedtime_ = format_rfc3339(now_.ms());
}

void Decider::Group::append(const EventView& event) {
  const std::uint64_t sequence = next_sequence();
  by_identity_.emplace(pair_key(event.source, event.id), out_.commit.entries.size());
  out_.commit.entries.push_back(
      {.sequence = sequence,
       .source = std::string(event.source),
       .id = std::string(event.id),
       .line = with_sequence(encode_content(event), sequence, recordedtime_)});
}

void Decider::Group::append_conflicts(const EventView& event, std::vector<Conflict>& conflicts) {
  for (Conflict& conflict : conflicts) {
    EventView record;
    record.id = conflict.id;
    record.source = kProxySource;
    record.type = kConflictType;
    record.subject = event.subject;
    record.time = recordedtime_;
    record.stamp = now_;
    record.causationid = event.id;
    const std::string data = readable_data(d_.stored_decoder_, record, conflict);
    record.data = data;
    append(record);
    const LogEntry& entry = out_.commit.entries.back();
    out_.commit.opened.push_back({.id = entry.id, .sequence = entry.sequence, .line = entry.line});
    // What would resolve it stands before it: in the log, it resolves nothing.
    std::erase(out_.commit.resolved, entry.id);
  }
}

Result<bool> Decider::Group::any_known(const std::vector<Conflict>& conflicts) {
  for (const Conflict& conflict : conflicts) {
    OFFSYNC_ASSIGN(const std::optional<KnownEvent> known, find(kProxySource, conflict.id));
    if (known) return true;
  }
  return false;
}

Result<std::optional<KnownEvent>> Decider::Group::find(std::string_view source,
                                                       std::string_view id) {
  const auto it = by_identity_.find(pair_key(source, id));
  if (it != by_identity_.end()) {
    const LogEntry& entry = out_.commit.entries[it->second];
    return std::optional(KnownEvent{entry.sequence, entry.line, {}});
  }
  return d_.store_.find(log_.space, source, id);
}

Result<Decider::Group::Mark*> Decider::Group::mark_of(std::string_view source) {
  auto it = marks_.find(source);
  if (it == marks_.end()) {
    OFFSYNC_ASSIGN(const std::uint64_t clientseq, d_.store_.mark(log_.space, source));
    it = marks_.emplace(std::string(source), Mark{clientseq, false}).first;
  }
  return &it->second;
}

Result<Decider::Group::Working> Decider::Group::entity_of(std::string_view subject) {
  auto it = out_.entities.find(subject);
  if (it == out_.entities.end()) {
    EntityCache::Item item;
    if (auto cached = d_.cache_.take(log_.space, subject)) {
      item = std::move(*cached);
    } else {
      OFFSYNC_ASSIGN(const std::optional<std::string> record,
                     d_.store_.entity(log_.space, subject));
      if (record) {
        OFFSYNC_ASSIGN(EntityRecord decoded, d_.entity_decoder_.decode(*record));
        item = {std::move(decoded.entity), record->size()};
      }
    }
    it = out_.entities.emplace(std::string(subject), std::move(item)).first;
  }
  return Working{&it->first, &it->second};
}

}  // namespace offsync::proxy
