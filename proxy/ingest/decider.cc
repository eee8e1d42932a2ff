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
#include "event/reserved.h"
#include "proxy/ingest/conflict_record.h"
#include "proxy/store/residue.h"
#include "state/decision.h"

namespace offsync::proxy {
namespace {

constexpr const char* kAuthor = "";  // no entity's name

// The proxy gives it its time.
bool is_timeless(const EventView& event) {
  return event.time.empty() && event.stamp.none();
}

// What stands in one order in a request. A replica has all of an entity in its order, whoever wrote
// it; who does not say which source is its own may pass on for several, each with an order.
std::string order_key(const Request& request, const EventView& event) {
  return request.author.empty() ? pair_key(event.source, event.subject)
                                : std::string(event.subject);
}

}  // namespace

Decider::Decider(const SpaceLog& log, std::int64_t wall_ms, std::span<const Slice> slices,
                 EntityCache& cache, DecisionTools& tools)
    : log_(log),
      tools_(tools),
      wall_ms_(wall_ms),
      slices_(slices.begin(), slices.end()),
      clock_(0, log.clock) {
  out_.commit.space = log.space;
  out_.commit.number = log.number + 1;
  out_.commit.first = log.head + 1;
  clock_.observe(Stamp::make(wall_ms, 0, 0), wall_ms, 0);
  note_time();
  gather(cache);
}

// All that is sure to be asked, so that it is asked at once.
void Decider::gather(EntityCache& cache) {
  for (const Slice& slice : slices_) {
    for (std::size_t i = slice.begin; i < slice.end; ++i) {
      const OwnedEvent& owned = slice.request->candidates[i].event;
      if (owned.content().empty()) continue;
      const EventView& event = owned.view();
      book_.event(event.source, event.id);
      if (event.clientseq != 0) book_.mark(event.source);
      const auto [it, fresh] = out_.entities.try_emplace(std::string(event.subject));
      if (!fresh) continue;
      if (auto cached = cache.take(log_.space, event.subject)) {
        it->second = std::move(*cached);
      } else {
        book_.ask_entity(event.subject);
      }
    }
  }
}

Status Decider::take(Facts facts) {
  const std::vector<std::string>& subjects = questions().subjects;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const std::optional<std::string>& record = facts.entities.at(i);
    if (!record) continue;
    OFFSYNC_ASSIGN(EntityRecord decoded, tools_.entity_decoder.decode(*record));
    out_.entities.find(subjects[i])->second = {std::move(decoded.entity), record->size()};
  }
  book_.take(std::move(facts));
  return run();
}

Status Decider::run() {
  while (slice_ < slices_.size() && !asks()) {
    OFFSYNC_TRY(run_slice(slices_[slice_]));
    if (asks()) break;
    request_ = nullptr;
    ++slice_;
  }
  return {};
}

Status Decider::run_slice(const Slice& slice) {
  if (request_ == nullptr) {
    std::erase_if(slice.request->refused,
                  [&](const auto& refused) { return refused.second >= slice.begin; });
    request_ = slice.request;
    index_ = slice.begin;
  }
  while (index_ < slice.end) {
    const HybridClock before = clock_;
    OFFSYNC_TRY(decide());
    if (asks()) {
      // Once it knows, this candidate is decided from the beginning.
      clock_ = before;
      note_time();
      return {};
    }
    ++index_;
  }
  return {};
}

Decided Decider::finish() {
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

Result<const EventView*> Decider::event_of(const Candidate& candidate) {
  if (candidate.event.whole()) return &candidate.event.view();
  return tools_.decoder.decode(candidate.event.content());
}

// Whatever is asked for in it, it must have changed nothing by then but the clock.
Status Decider::decide() {
  if (candidate().event.content().empty()) return {};
  const auto decoded = event_of(candidate());
  if (!decoded) {
    reject_unread(decoded.error());
    return {};
  }
  const EventView* event = *decoded;
  const std::optional<KnownEvent>* known = find(event->source, event->id);
  if (known == nullptr) return {};
  if (*known) return decide_known(*event, **known);
  const bool ordered = event->clientseq != 0 || !request_->author.empty();
  if (ordered && request_->refused.contains(order_key(*request_, *event))) {
    hold(*event);
    return {};
  }
  const bool behind = in_order(*event) && request_->refused.contains(kAuthor);
  if (behind || (event->clientseq != 0 && event->clientseq <= mark_of(event->source)->clientseq)) {
    return decide_again(*event);
  }
  return decide_new(*event);
}

// Whether the event is one of its sender's own, which come in order. Those of others are sent by
// whoever has them, when a log has lost them, and in no order with their authors' own.
bool Decider::in_order(const EventView& event) const {
  const bool own = request_->author.empty() || request_->author == event.source;
  return own && event.clientseq != 0;
}

// What a decoder wrote a decoder reads; were it not so, one such event must not fail all others.
void Decider::reject_unread(const Error& error) {
  Outcome& outcome = answer(OutcomeKind::rejected);
  outcome.code = error.code;
  outcome.detail = error.message();
}

Status Decider::decide_known(const EventView& event, const KnownEvent& known) {
  bool same = false;
  if (known.line.empty()) {
    same = is_residue_of(event, known.residue);
  } else {
    OFFSYNC_ASSIGN(const EventView* stored, tools_.stored_decoder.decode(known.line));
    same = same_event(event, *stored);
  }
  if (same) {
    answer(OutcomeKind::duplicate).sequence = known.sequence;
  } else {
    reject(event, "id_conflict",
           fmt::format("the log has another event of {} with this id, at sequence {}", event.source,
                       known.sequence));
  }
  return {};
}

// The answer to its first arrival was lost, or the network delivers a copy late.
Status Decider::decide_again(const EventView& event) {
  const std::optional<Rejection>* earlier = earlier_rejection(event);
  if (earlier == nullptr) return {};
  if (*earlier && (*earlier)->id == event.id) {
    reject(event, (*earlier)->code, (*earlier)->detail);
    return {};
  }
  if (!in_order(event)) return decide_new(event);
  reject(event, "already_decided",
         fmt::format("events of {} up to clientseq {} are decided, and this one, {}, is not in the "
                     "log, or behind such a one",
                     event.source, mark_of(event.source)->clientseq, event.clientseq));
  // The author does not know what it has written: it was put back to an older copy of itself. All
  // of it is sent again, under another name, and in one order.
  if (!request_->author.empty()) request_->refused.emplace(kAuthor, index_);
  return {};
}

const std::optional<Rejection>* Decider::earlier_rejection(const EventView& event) {
  const auto here = rejected_.find({std::string(event.source), event.clientseq});
  if (here == rejected_.end()) return book_.rejection(event.source, event.clientseq);
  rejected_here_ = out_.commit.rejections[here->second];
  return &rejected_here_;
}

Status Decider::decide_new(EventView event) {
  if (Status good = check_new(event); !good) {
    reject(event, good.error().code, good.error().detail);
    return {};
  }
  if (is_timeless(event)) {
    fill_time(event);
    // With it the event may be over a limit, and then no client could read the log.
    if (const auto read = tools_.stored_decoder.decode(encode_content(event)); !read) {
      reject(event, read.error().code,
             read.error().detail + " (with the time that the proxy gave it)");
      return {};
    }
  } else if (const auto error = clock_ahead(event)) {
    reject(event, error->code, error->detail);
    return {};
  }
  return accept(event);
}

std::optional<Error> Decider::clock_ahead(const EventView& event) const {
  const std::int64_t skew = event.stamp.ms() - wall_ms_;
  if (skew <= tools_.options.clock_guard_ms) return std::nullopt;
  return bad_data("clock_ahead",
                  fmt::format("its stamp is {} ahead of the proxy's clock; at most {} can be taken",
                              span_text(skew), span_text(tools_.options.clock_guard_ms)));
}

Status Decider::accept(const EventView& event) {
  const Working working = entity_of(event.subject);
  Entity& entity = working.item->entity;
  if (Status fits = check_fit(entity, event); !fits) {
    reject(event, fits.error().code, fits.error().detail);
    return {};
  }
  std::vector<Conflict> conflicts = meet(entity, event);
  if (asks()) return {};
  const bool taken = any_known(conflicts);
  if (asks()) return {};
  if (taken) {
    // Only an author who means to: these ids are digests of the event's own.
    reject(event, "id_conflict",
           "the id that the record of its conflict must have is taken by another event");
    return {};
  }
  Outcome& outcome = answer(OutcomeKind::accepted);
  outcome.sequence = next_sequence();
  outcome.conflicts = conflicts.size();
  const OwnedEvent& came = candidate().event;
  append(event, is_timeless(came.view()) ? encode_content(event) : came.content());
  append_conflicts(event, conflicts);
  if (!event.causationid.empty()) out_.commit.resolved.emplace_back(event.causationid);
  if (event.writes()) {
    entity.fold(event);
    out_.written.note(log_.space, event);
    changed_.insert(*working.subject);
  }
  if (in_order(event)) *mark_of(event.source) = {event.clientseq, true};
  return {};
}

std::vector<Conflict> Decider::meet(const Entity& entity, const EventView& event) {
  StoredLook log(
      log_.space, [&](auto source, auto id) { return find(source, id); },
      {&out_.written, &tools_.recent}, tools_.stored_decoder);
  return conflicts_of(entity, event, &log);
}

// A rejection above the mark is a decision of its own: it moves the mark and is remembered.
void Decider::reject(const EventView& event, std::string_view code, std::string detail) {
  Outcome& outcome = answer(OutcomeKind::rejected);
  outcome.code = code;
  outcome.detail = std::move(detail);
  request_->refused.emplace(order_key(*request_, event), index_);
  if (!in_order(event)) return;
  Mark* mark = mark_of(event.source);
  if (event.clientseq <= mark->clientseq) return;
  *mark = {event.clientseq, true};
  rejected_.emplace(std::pair(std::string(event.source), event.clientseq),
                    out_.commit.rejections.size());
  out_.commit.rejections.push_back({.source = std::string(event.source),
                                    .clientseq = event.clientseq,
                                    .id = std::string(event.id),
                                    .code = outcome.code,
                                    .detail = outcome.detail});
}

void Decider::hold(const EventView& event) {
  Outcome& outcome = answer(OutcomeKind::held);
  outcome.code = "held";
  const auto first = request_->refused.find(order_key(*request_, event));
  outcome.detail = fmt::format("an earlier event of {} was rejected, in line {}", event.subject,
                               request_->candidates[first->second].outcome.line);
}

Outcome& Decider::answer(OutcomeKind kind) {
  Outcome fresh;
  fresh.id = std::move(candidate().outcome.id);
  fresh.kind = kind;
  fresh.line = candidate().outcome.line;
  return candidate().outcome = std::move(fresh);
}

// Several events without time in one millisecond keep their order: the counter of their stamps
// tells them apart, where equal stamps would leave it to their ids.
void Decider::fill_time(EventView& event) {
  event.stamp = {clock_.tick(wall_ms_).time, foreign_node(event.source)};
  event.time_ms = event.stamp.ms();
  if (event.time_ms != now_.ms()) note_time();
  event.time = recordedtime_;
}

void Decider::note_time() {
  now_ = Stamp::make(Stamp{clock_.last(), 0}.ms(), 0, foreign_node(kProxySource));
  recordedtime_ = format_rfc3339(now_.ms());
}

void Decider::append(const EventView& event, std::string_view content) {
  const std::uint64_t sequence = next_sequence();
  by_identity_.emplace(pair_key(event.source, event.id), out_.commit.entries.size());
  out_.commit.entries.push_back({.sequence = sequence,
                                 .source = std::string(event.source),
                                 .id = std::string(event.id),
                                 .line = with_sequence(content, sequence, recordedtime_)});
}

void Decider::append_conflicts(const EventView& event, std::vector<Conflict>& conflicts) {
  for (Conflict& conflict : conflicts) {
    EventView record;
    record.id = conflict.id;
    record.source = kProxySource;
    record.type = kConflictType;
    record.subject = event.subject;
    record.time = recordedtime_;
    record.stamp = now_;
    record.causationid = event.id;
    const std::string data = readable_data(tools_.stored_decoder, record, conflict);
    record.data = data;
    append(record, encode_content(record));
    const LogEntry& entry = out_.commit.entries.back();
    out_.commit.opened.push_back({.id = entry.id, .sequence = entry.sequence, .line = entry.line});
    // What would resolve it stands before it: in the log, it resolves nothing.
    std::erase(out_.commit.resolved, entry.id);
  }
}

bool Decider::any_known(const std::vector<Conflict>& conflicts) {
  bool any = false;
  for (const Conflict& conflict : conflicts) {
    const std::optional<KnownEvent>* known = find(kProxySource, conflict.id);
    any = any || (known != nullptr && *known);
  }
  return any;
}

const std::optional<KnownEvent>* Decider::find(std::string_view source, std::string_view id) {
  const auto it = by_identity_.find(pair_key(source, id));
  if (it == by_identity_.end()) return book_.event(source, id);
  const LogEntry& entry = out_.commit.entries[it->second];
  found_here_ = KnownEvent{entry.sequence, entry.line, {}};
  return &found_here_;
}

// It was asked for with its event.
Decider::Mark* Decider::mark_of(std::string_view source) {
  auto it = marks_.find(source);
  if (it == marks_.end()) {
    it = marks_.emplace(std::string(source), Mark{*book_.mark(source), false}).first;
  }
  return &it->second;
}

Decider::Working Decider::entity_of(std::string_view subject) {
  const auto it = out_.entities.find(subject);
  return {&it->first, &it->second};
}

}  // namespace offsync::proxy
