// Decider: what becomes of each event of a group, given the log. It reads the store and writes
// nothing: what it decides is a Commit, for its caller to append. Belongs to one thread.
//
// The rules, in their order (ARCHITECTURE.md, "The client's queue"):
//
//   reserved_type   types offsync.* are the proxy's own
//   duplicate       its source and id are in the log, or earlier in the group, with the same
//   content;
//                   with other content: id_conflict
//   held            an event of the same subject was rejected in the same request (where the sender
//                   has not said which source is its own: of the same source, too)
//   (as before)     clientseq at or below the mark: the rejection remembered, or already_decided;
//                   of another source than the sender's: the rejection remembered
//   clock_ahead     its stamp is too far in the future
//   kind_mismatch, too_many_fields, too_many_entries, too_large
//   accepted        with its conflicts appended right behind it
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "event/decoder.h"
#include "proxy/ingest/entity_cache.h"
#include "proxy/ingest/log_look.h"
#include "proxy/ingest/options.h"
#include "proxy/store/log_store.h"
#include "state/entity_codec.h"
#include "wire/outcome.h"

namespace offsync::proxy {

// One line of a request, decoded.
struct Candidate {
  std::string content;  // encode_content(); empty: it is no event, and `outcome` says why
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
  std::uint64_t head = 0;
  std::uint64_t clock = 0;  // HybridClock::last() of the times that the log has given
};

// The outcome of a group for one space.
struct Decided {
  Commit commit;
  std::map<std::string, EntityCache::Item, std::less<>> entities;  // seen or changed, by subject

  // Nothing is to be appended: all was decided earlier, or is held.
  bool nothing() const {
    return commit.entries.empty() && commit.marks.empty() && commit.rejections.empty();
  }
};

class Decider {
 public:
  // All must outlive it.
  Decider(LogStore& store, EntityCache& cache, const IngestOptions& options)
      : store_(store), cache_(cache), options_(options) {}

  // Decides the slices in order and writes their outcomes, all as if nothing of them had been
  // decided before: to be called again after `behind`. Takes entities out of the cache; after an
  // append they are put back from Decided, else the space's must be dropped from it.
  Result<Decided> decide(const SpaceLog& log, std::int64_t wall_ms, std::span<const Slice> slices);

 private:
  class Group;
  LogStore& store_;
  EntityCache& cache_;
  const IngestOptions& options_;
  RecentEvents recent_{16 * 1024};  // some megabytes
  Decoder decoder_;
  Decoder stored_decoder_;
  EntityDecoder entity_decoder_;
};

}  // namespace offsync::proxy
