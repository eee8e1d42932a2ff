// A proxy in this process for the workloads of replicas: the real ingest over a log in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/ingest/ingest.h"
#include "proxy/store/memory_log_store.h"
#include "replica/replica.h"
#include "support/ports.h"
#include "support/sim_inode.h"

namespace offsync::test {

class FakeProxy {
 public:
  explicit FakeProxy(Clock& clock) : clock_(clock) { begin_epoch(); }

  // Another incarnation of the log, with nothing in it.
  void begin_epoch();
  std::string epoch();
  std::uint64_t head();
  std::vector<Outcome> submit(std::vector<std::string> lines);
  // Events of somebody else on the subjects that draw_event() names; some of them conflict.
  void submit_foreign(SimRandom& random);
  std::vector<std::string> read(std::uint64_t after, std::size_t events);
  std::string snapshot();

 private:
  Clock& clock_;
  std::unique_ptr<proxy::MemoryLogStore> store_;
  std::unique_ptr<proxy::Ingest> ingest_;
  int epochs_ = 0;
  std::uint64_t foreign_ = 0;
};

// The `data` of an event, and its subject: registers, counters, sets, creations and deletions of a
// few entities, some of which do not fit.
struct DrawnEvent {
  std::string subject, data;
};
DrawnEvent draw_event(SimRandom& random);

}  // namespace offsync::test
