// Decider: what becomes of each event of a group, given the log. It neither reads the log nor
// writes to it: it says what it must know, is told, and makes a Commit, for its caller to append.
// Belongs to one thread.
//
// The rules, in their order (ARCHITECTURE.md, "The client's queue"):
//
//   duplicate       its source and id are in the log, or earlier in the group, with the same
//                   content, also if the proxy wrote it; with other content: id_conflict
//   held            an event of the same subject was rejected in the same request (where the sender
//                   has not said which source is its own: of the same source, too)
//   (as before)     clientseq at or below the mark: the rejection remembered, or already_decided;
//                   of another source than the sender's: the rejection remembered
//   what check_new() says (reserved_type, reserved_source ...)
//   clock_ahead     its stamp is too far in the future
//   kind_mismatch, too_many_fields, too_many_entries, too_large
//   accepted        with its conflicts appended right behind it
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "event/decoder.h"
#include "event/hybrid_clock.h"
#include "event/owned_event.h"
#include "proxy/ingest/entity_cache.h"
#include "proxy/ingest/fact_book.h"
#include "proxy/ingest/log_look.h"
#include "proxy/ingest/options.h"
#include "proxy/store/log_store.h"
#include "state/decision.h"
#include "state/entity_codec.h"
#include "wire/outcome.h"

namespace offsync::proxy {

// One line of a request, decoded.
struct Candidate {
  OwnedEvent event;  // none: it is no event, and `outcome` says why
  Outcome outcome;
};

struct Request {
  std::string space;
  std::string author;  // the sender's own source; empty: it has not said
  std::vector<Candidate> candidates;
  // What later candidates are held behind, with the first such candidate's index.
  std::unordered_map<std::string, std::size_t> refused;
};

// The candidates [begin, end) of a request.
struct Slice {
  Request* request = nullptr;
  std::size_t begin = 0, end = 0;
};

// What is known of a space's log between two commits.
struct SpaceLog {
  std::string space;
  std::string epoch;
  std::uint64_t number = 0;  // of its last commit
  std::uint64_t head = 0;
  std::uint64_t clock = 0;  // HybridClock::last() of the times that the log has given
};

// The outcome of a group for one space.
struct Decided {
  Commit commit;
  std::map<std::string, EntityCache::Item, std::less<>> entities;  // seen or changed, by subject
  RecentEvents written;

  // Nothing is to be appended: all was decided earlier, or is held.
  bool nothing() const {
    return commit.entries.empty() && commit.marks.empty() && commit.rejections.empty();
  }
};

// What decisions use one after the other. `recent` and `options` must outlive it.
struct DecisionTools {
  DecisionTools(const RecentEvents& of, const IngestOptions& given) : recent(of), options(given) {}

  const RecentEvents& recent;
  const IngestOptions& options;
  Decoder decoder;         // of candidates
  Decoder stored_decoder;  // of all else
  EntityDecoder entity_decoder;
};

// One group for one space, as if nothing of it had been decided before.
class Decider {
 public:
  // `log`, `tools` and the requests must outlive it. Takes the states that it needs out of `cache`:
  // after the commit they are put back from Decided.
  Decider(const SpaceLog& log, std::int64_t wall_ms, std::span<const Slice> slices,
          EntityCache& cache, DecisionTools& tools);

  // What it must know to go on; empty: all is decided.
  const Questions& questions() const { return book_.questions(); }
  // The answers to questions(); precondition: they are of log.number. Decides as far as they
  // reach, and writes outcomes. Errors: what the store holds cannot be read.
  Status take(Facts facts);
  Decided finish();

 private:
  struct Mark {
    std::uint64_t clientseq = 0;
    bool moved = false;
  };
  struct Working {
    const std::string* subject;
    EntityCache::Item* item;
  };

  void gather(EntityCache& cache);
  Status run();
  Status run_slice(const Slice& slice);
  Candidate& candidate() { return request_->candidates[index_]; }
  bool asks() const { return !book_.questions().empty(); }
  Result<const EventView*> event_of(const Candidate& candidate);
  Status decide();
  Status decide_new(EventView event);
  Status decide_known(const EventView& event, const KnownEvent& known);
  Status decide_again(const EventView& event);
  bool in_order(const EventView& event) const;
  const std::optional<Rejection>* earlier_rejection(const EventView& event);
  Status accept(const EventView& event);
  void reject(const EventView& event, std::string_view code, std::string detail);
  void reject_unread(const Error& error);
  void hold(const EventView& event);
  void fill_time(EventView& event);
  void note_time();
  void append(const EventView& event, std::string_view content);
  void append_conflicts(const EventView& event, std::vector<Conflict>& conflicts);
  std::vector<Conflict> meet(const Entity& entity, const EventView& event);
  bool any_known(const std::vector<Conflict>& conflicts);
  std::optional<Error> clock_ahead(const EventView& event) const;
  Outcome& answer(OutcomeKind kind);
  const std::optional<KnownEvent>* find(std::string_view source, std::string_view id);
  Mark* mark_of(std::string_view source);
  Working entity_of(std::string_view subject);
  std::uint64_t next_sequence() const { return out_.commit.first + out_.commit.entries.size(); }

  const SpaceLog& log_;
  DecisionTools& tools_;
  const std::int64_t wall_ms_;
  const std::vector<Slice> slices_;
  FactBook book_;
  // Of all times that the log gives: none of them goes back, whatever the wall clock does.
  HybridClock clock_;
  Stamp now_;  // of the conflicts
  std::string recordedtime_;
  std::size_t slice_ = 0;       // that it is at
  Request* request_ = nullptr;  // of that slice; nullptr: not begun
  std::size_t index_ = 0;       // of the candidate that it is at
  Decided out_;
  std::set<std::string_view> changed_;                        // keys of out_.entities
  std::unordered_map<std::string, std::size_t> by_identity_;  // indices of out_.commit.entries
  std::optional<KnownEvent> found_here_;
  std::map<std::string, Mark, std::less<>> marks_;
  std::map<std::pair<std::string, std::uint64_t>, std::size_t> rejected_;  // of commit.rejections
  std::optional<Rejection> rejected_here_;
};

}  // namespace offsync::proxy
