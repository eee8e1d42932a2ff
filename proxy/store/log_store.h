// LogStore: where the proxy keeps the logs of its spaces. One interface, one contract suite
// (tests/contract) for every store.
//
// A commit is one unit: its events with their conflicts and corrections, client marks and
// rejections are durable together or not at all. The log itself is the lock: a commit bears the
// next number of its space, also where it holds no event, and fails (`behind`) if somebody else was
// first. What it decided rests on all commits before it.
//
// append() is called by one thread at a time for each space; everything else by any thread.
//
// One append() takes commits of many spaces, which become durable together: one sync of the disk
// for all. Each of them is `behind` or not by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/event_name.h"

namespace offsync::proxy {

struct LogEntry {
  std::uint64_t sequence = 0;
  std::string source, id;  // together the event's identity
  std::string line;        // canonical, with sequence and recordedtime
};

// What is known of an event by its identity, for ever.
struct KnownEvent {
  std::uint64_t sequence = 0;
  std::string line;     // as in LogEntry; empty where the event was compacted,
  std::string residue;  // and then residue_of() its line
};

struct ClientMark {
  std::string source;
  std::uint64_t clientseq = 0;  // the highest that was decided
};

struct Rejection {
  std::string source;
  std::uint64_t clientseq = 0;
  std::string id, code, detail;
};

struct EntityState {
  std::string subject;
  std::string record;  // encode_entity()
};

struct OpenConflict {
  std::string id;
  std::uint64_t sequence = 0;
  std::string line;  // the offsync.conflict event
};

struct Commit {
  std::string space;
  std::uint64_t number = 1;  // dense in its space: 1, 2, 3 ...
  std::uint64_t first = 1;   // sequence of entries[0] (or of the next event, if there is none)
  std::vector<LogEntry> entries;
  std::vector<EntityState> entities;  // states after the commit
  std::vector<ClientMark> marks;
  std::vector<Rejection> rejections;
  std::vector<OpenConflict> opened;
  std::vector<std::string> resolved;  // ids of conflicts that an event of this commit resolves
  std::uint64_t clock = 0;            // of the log after it; see SpaceState
};

struct SpaceState {
  std::string epoch;          // of this space alone; no other space of any store has it
  std::string log;            // the log's name: as the epoch, but it outlives it
  std::uint64_t number = 0;   // of the last commit; 0: none yet
  std::uint64_t head = 0;     // 0: no event yet
  std::uint64_t oldest = 1;   // the oldest sequence still kept
  std::uint64_t applied = 0;  // the outbox cursor
  // The greatest HybridClock::last() of all commits: no time that the log gives is below it,
  // whatever becomes of the proxy's clock, of the proxy and of the events.
  std::uint64_t clock = 0;
  // Of the event before `oldest`, its line_mark() and name_mark(): what was compacted can still be
  // compared at its end. Empty: there is none, or a version compacted it that kept none.
  std::string gone_line, gone_event;
  // line_mark() of the event at the head. Only where a snapshot is given; empty: not known.
  std::string head_line = {};
};

// What a decision must know of a space's log.
struct Questions {
  struct Decided {
    std::string source;
    std::uint64_t clientseq = 0;
  };

  std::vector<EventName> events = {};      // what is known of each
  std::vector<std::string> subjects = {};  // the state of each
  std::vector<std::string> sources = {};   // the mark of each
  std::vector<Decided> rejections = {};    // whether each was rejected

  bool empty() const {
    return events.empty() && subjects.empty() && sources.empty() && rejections.empty();
  }
};

// The answers, each in its question's place.
struct Facts {
  SpaceState at;  // the moment that they are of
  // Also an event of that id whose source the store has forgotten: where it was compacted before
  // stores kept sources.
  std::vector<std::optional<KnownEvent>> events;
  std::vector<std::optional<std::string>> entities;  // encode_entity()
  std::vector<std::uint64_t> marks;                  // 0: none
  std::vector<std::optional<Rejection>> rejections;
};

// Receives a snapshot: first the sequence it is at with the number of lines, then the lines.
struct SnapshotSink {
  std::function<bool(const SpaceState& at, std::uint64_t entities, std::uint64_t conflicts)> begin;
  std::function<bool(std::string_view line)> entity;    // encode_entity() form, by subject
  std::function<bool(std::string_view line)> conflict;  // open offsync.conflict events, by sequence
};

// Told of a space to which another may have appended.
using MovedFn = std::function<void(const std::string& space)>;

class LogStore {
 public:
  virtual ~LogStore() = default;

  // A space nobody has written to has head 0, and an epoch and a name already.
  virtual Result<SpaceState> space(std::string_view space) = 0;
  virtual Result<std::vector<std::string>> spaces() = 0;

  // A status each, in their places. Precondition: no two commits are of one space. Errors: protocol
  // `behind` if commit.number is not the next one, and others that are about that commit (internal
  // `bad_commit`, io `constraint`, `log_full`, `too_many_spaces`): nothing of it was kept, and the
  // others are not affected. All other errors are those of all commits that have none of their own:
  // nothing of them was kept, or, where the answer was lost, each may have been (`unknown`: read
  // the logs to see).
  virtual std::vector<Status> append(std::span<const Commit> commits) = 0;

  // Entries with sequence > after, in order; at least one if there is any, then up to the limits.
  virtual Result<std::vector<LogEntry>> read(std::string_view space, std::uint64_t after,
                                             std::size_t max_events, std::size_t max_bytes) = 0;
  // All of one moment.
  virtual Result<Facts> look(std::string_view space, const Questions& questions) = 0;

  virtual Status snapshot(std::string_view space, const SnapshotSink& sink) = 0;

  virtual Result<std::vector<OpenConflict>> open_conflicts(std::string_view space) = 0;

  virtual Status set_applied(std::string_view space, std::uint64_t sequence) = 0;  // only forward
  // Forgets the lines of events up to `upto` (not beyond head). Their sources and ids stay, with
  // their residues, and so do states, marks and conflicts; of the last one the marks of its line.
  virtual Status compact(std::string_view space, std::uint64_t upto) = 0;

  // From now on `moved` hears of every space to which somebody appends by another LogStore than
  // this one, soon after; of several commits perhaps once, and also in vain. It says nothing of
  // what they are: read the log. It is called by any thread, at any time, must return at once and
  // calls no store. There is one follower: another one takes its place, and {} ends it; whoever had
  // followed is not called any more when this returns. A store that has no other writer never calls
  // it.
  virtual void follow(MovedFn moved) = 0;

  virtual Status check() = 0;  // can it serve (for /readyz)
};

}  // namespace offsync::proxy
