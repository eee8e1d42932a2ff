// KnownLogs: what the ingest of this proxy knows of the logs, and its telling of what is new in
// them. All of that goes one of two ways: what this ingest has committed comes by keep(),
// everything else (another proxy's commits; one of our own whose outcome stayed unknown) by
// catch_up(). Both publish it, note it and bring the cached states up, each entry once and in
// order. Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "event/decoder.h"
#include "proxy/ingest/decider.h"
#include "proxy/ingest/entity_cache.h"
#include "proxy/ingest/log_look.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

// That a log has come to `head`. `entries` are of it, behind those of the news before; where the
// store has the next ones no more, or nobody here has followed the log so far, they go on later, or
// there are none.
struct LogNews {
  const std::string& space;
  const std::string& epoch;
  std::uint64_t head = 0;
  std::vector<LogEntry> entries;
};

// Called after each durable commit, in the order of the log, before its submitters are answered: so
// it keeps what it is given, and works on that elsewhere.
using PublishFn = std::function<void(LogNews&& news)>;

struct KnownLog {
  SpaceLog log;
  bool begun = false;    // it was met, and so `told` means something
  bool current = false;  // `log` is what the store holds, as far as we know
  // Everything up to here was published, and is in the cached states.
  std::uint64_t told = 0;
};

class KnownLogs {
 public:
  // `store` and `options` must outlive it.
  KnownLogs(LogStore& store, PublishFn publish, const IngestOptions& options);

  // Valid until make_room().
  KnownLog& of(const std::string& space);
  // Forgets logs where it knows many.
  void make_room();
  // Reads what the store has that we do not know. Errors: of the store; what was read until then
  // counts, and the next call goes on behind it.
  Status catch_up(KnownLog& known);
  // The same where somebody may have appended. Of a log that nobody has decided about here there is
  // nothing to bring up, and only its head is told.
  Status catch_up(const std::string& space);
  // A commit of ours is durable, or nothing had to be committed. Precondition: it was decided on
  // known.log.
  void keep(KnownLog& known, Decided&& decided);
  // It may have been left half done.
  void distrust(KnownLog& known);

  EntityCache& cache() { return cache_; }
  const RecentEvents& recent() const { return recent_; }

 private:
  void begin(KnownLog& known, const SpaceState& state);
  Status take_up_to(KnownLog& known, std::uint64_t head);
  void fold(KnownLog& known, std::span<const LogEntry> entries);
  void tell(const KnownLog& known, std::uint64_t head, std::vector<LogEntry> entries);

  LogStore& store_;
  const PublishFn publish_;
  const IngestOptions& options_;
  EntityCache cache_;
  RecentEvents recent_;
  Decoder decoder_;
  std::unordered_map<std::string, KnownLog> logs_;
};

}  // namespace offsync::proxy
