// Frames: a run of consecutive events, encoded as the messages of a stream, once for all who read
// them. The bytes are contiguous, so that any part of the run is one write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/hub/event_filter.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

class Frames {
 public:
  Frames() = default;
  // Precondition: the sequences of `entries` are consecutive.
  Frames(std::string_view epoch, std::span<const LogEntry> entries);

  bool empty() const { return ends_.empty(); }
  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return first_ + ends_.size(); }  // behind the last
  bool has(std::uint64_t sequence) const { return sequence >= first_ && sequence < end(); }
  std::size_t bytes() const { return bytes_.size(); }

  // The messages from `from` to before `to`. Precondition: first() <= from <= to <= end().
  std::string_view run(std::uint64_t from, std::uint64_t to) const;
  const EventKeys& keys(std::uint64_t sequence) const { return keys_[index(sequence)]; }

  // The greatest `to` for which run(from, to) has at most `bytes`, but at least one message.
  // Precondition: has(from).
  std::uint64_t fitting(std::uint64_t from, std::size_t bytes) const;
  // The message that byte `offset` of run(from, …) belongs to.
  std::uint64_t message_at(std::uint64_t from, std::size_t offset) const;

  // Precondition: next.first() == end(), or this is empty.
  void append(const Frames& next);

 private:
  std::size_t index(std::uint64_t sequence) const {
    return static_cast<std::size_t>(sequence - first_);
  }
  std::size_t offset_of(std::uint64_t sequence) const {
    return sequence == first_ ? 0 : ends_[index(sequence) - 1];
  }

  std::uint64_t first_ = 1;
  std::string bytes_;
  std::vector<std::size_t> ends_;  // where each message ends in bytes_
  std::vector<EventKeys> keys_;
};

}  // namespace offsync::proxy
