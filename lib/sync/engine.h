// SyncEngine: push, pull, bootstrap and the live stream over a Transport. Passive: tick() starts
// what is due, wait_time() says until when nothing is; the caller polls the transport in between:
//
//   while (!engine.done()) { engine.tick(); transport.poll(engine.wait_time()); }
//
// One session is one connection; the engine owns backoff, resume and heartbeat. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/limits.h"
#include "base/ports.h"
#include "base/result.h"
#include "replica/replica.h"
#include "wire/transport.h"

namespace offsync {

struct SyncOptions {
  enum class Mode {
    once,   // push the queue, pull to the head, done; a connection error ends it
    watch,  // live stream, pushes what is queued, reconnects for ever
  };
  Mode mode = Mode::once;
  bool push = true;
  bool pull = true;
  std::size_t push_events = limits::kPushEvents;
  std::size_t push_bytes = limits::kPushBytes;
  std::size_t page_events = limits::kPageEvents;
  std::int64_t poll_queue_ms = 200;  // watch: how often the queue is looked at for new events
  // Without a byte for so long, an exchange is given up. A stream's must be above the proxy's
  // heartbeat, or each quiet one is opened again and again.
  std::int64_t request_timeout_ms = limits::kRequestTimeoutMs;
  std::int64_t stream_dead_ms = limits::kStreamDeadMs;
  std::int64_t backoff_cap_ms = limits::kBackoffCapMs;  // watch: the longest wait between tries
  std::string remote;         // ".../v1/spaces/NAME"; empty: the replica's own
  std::string authorization;  // value of the Authorization header; empty: none
};

struct SyncReport {
  std::uint64_t pushed = 0, duplicate = 0, rejected = 0, held = 0;
  std::uint64_t blocked = 0;  // of the rejected: by something between here and the proxy
  std::uint64_t pulled = 0, conflicts = 0;
  std::uint64_t snapshots = 0;  // bootstraps (but from an empty log) and resets
  std::uint64_t replaced = 0;   // snapshots of a log that is not the one that the replica had
  // Of what the log lacks that one before it had: own events, queued again; others', kept.
  std::uint64_t again = 0, lost = 0;
  std::uint64_t reconnects = 0;
  // Our new source, where the log knew numbers of ours that this replica does not: it was put back
  // to an older copy of itself. Empty: no such thing.
  std::string renamed;
  bool stream_begun = false;  // watch: a stream was asked for
  bool fetched = false;       // watch: something of a stream came, or a page
  // watch: a stream was of use, as it brought events, or said that there are none to come and
  // nothing that contradicts it. Else why the latest that ended was not.
  bool streamed = false;
  std::optional<Error> stream_error;
  std::optional<Error> error;  // once: why it ended; watch: the latest trouble
};

// What a caller may want to show. All calls come from within tick() or Transport::poll().
class SyncObserver {
 public:
  virtual ~SyncObserver() = default;
  virtual void on_answer() {}  // the head of an answer came that is of our log
  virtual void on_progress(const SyncReport& /*report*/) {}
  virtual void on_applied(const Cursor& /*upto*/) {}  // the received log has grown up to here
  virtual void on_reset(const Cursor& /*to*/) {}      // a snapshot was installed
  virtual void on_connected() {}                      // the stream is live
  // Something between here and the proxy refused an event, which is parked: the error names it.
  virtual void on_blocked(const Error& /*error*/) {}
  virtual void on_trouble(const Error& /*error*/, std::int64_t /*retry_in_ms*/) {}
};

class SyncEngine {
 public:
  SyncEngine(Replica& replica, Transport& transport, Clock& clock, Random& random,
             SyncObserver& observer, SyncOptions options);
  ~SyncEngine();

  void tick();
  std::int64_t wait_time();  // ms from now; 0: tick() is due
  bool done() const;         // once: finished (see report().error); watch: a fatal error
  const SyncReport& report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync
