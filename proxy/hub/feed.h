// What the hub has of a space with subscribers. Internal to hub_core.*.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

#include "proxy/hub/hub_core.h"

namespace offsync::proxy {

struct HubCore::Feed {
  // A space's next feed after this one must not take the answer of a read that began before it.
  std::uint64_t serial = 0;
  std::string space, epoch;
  std::deque<Frames> ring;  // consecutive, none of them empty
  std::size_t ring_bytes = 0;
  std::uint64_t head = 0;  // the log is known to have come so far
  std::unordered_set<Id> subscribers;

  std::uint64_t first() const { return ring.front().first(); }
  std::uint64_t end() const { return ring.back().end(); }

  const Frames* find(std::uint64_t sequence) const {
    if (ring.empty() || sequence < first() || sequence >= end()) return nullptr;
    const auto after =
        std::upper_bound(ring.begin(), ring.end(), sequence,
                         [](std::uint64_t s, const Frames& block) { return s < block.first(); });
    return &*(after - 1);
  }

  void push(Frames frames, const HubOptions& options) {
    head = std::max(head, frames.end() - 1);
    if (!ring.empty() && frames.first() != end()) {
      if (frames.end() <= end()) return;  // seen before
      ring.clear();                       // a gap: whoever is before it reads on from the store
      ring_bytes = 0;
    }
    ring_bytes += frames.bytes();
    if (!ring.empty() && ring.back().bytes() + frames.bytes() <= options.block_bytes) {
      ring.back().append(frames);
    } else {
      ring.push_back(std::move(frames));
    }
    while (ring.size() > 1 && ring_bytes > options.ring_bytes) {
      ring_bytes -= ring.front().bytes();
      ring.pop_front();
    }
  }
};

}  // namespace offsync::proxy
