// Identities: tells of two events with one source and id that are not the same event. Fingerprints
// of all are kept, 16 bytes an event, in memory up to 4 MiB and beyond that in a file without a
// name; they are compared at the end, a part at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/spool.h"
#include "event/event.h"

namespace offsync::cli {

// What an event is known by, and where it stands. Of two different events it is equal by chance
// alone: of 10 million, once in 300,000 logs.
struct Fingerprint {
  std::uint64_t identity = 0;
  std::uint32_t content = 0;
  std::uint32_t number = 0;  // of the line; the greatest where it is beyond that
};
Fingerprint fingerprint(const EventView& event, std::uint64_t number);

class Identities {
 public:
  Identities() : spool_("") {}

  // By one thread at a time. What has no room is told by clashes().
  void add(const Fingerprint& print);

  struct Clash {
    std::uint64_t first, other;  // numbers of the lines
  };
  struct Found {
    std::vector<Clash> first;  // in order of `other`, at most kTold
    std::uint64_t count = 0;   // of all
  };
  static constexpr std::size_t kTold = 10;
  // Once, after the last add(). Errors: io `spool` where they could not be kept or read.
  Result<Found> clashes();

 private:
  Status look_at(std::uint64_t part, std::uint64_t parts, Found& found);

  Spool spool_;
  Status kept_;
};

}  // namespace offsync::cli
