// ShownEvents: the latest events that were shown, by which one sees where a log that was put back,
// and has grown since, parts from what it was. Of each only two numbers are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>

#include "event/event.h"

namespace offsync::cli {

class ShownEvents {
 public:
  static constexpr std::size_t kMost = 20'000;

  // Precondition: `event` is the one behind the last that was added, or the first.
  void add(std::string_view line, const EventView& event);
  void clear();
  // Known are the events behind first() up to last(): none where these are equal.
  std::uint64_t first() const { return last_ - shown_.size(); }
  std::uint64_t last() const { return last_; }
  bool empty() const { return shown_.empty(); }
  // Whether the event there was `line`. Precondition: first() < sequence <= last().
  bool was(std::uint64_t sequence, std::string_view line) const;
  // The log has others behind `sequence`. Those that it had there may come again at other places.
  void part_behind(std::uint64_t sequence);
  // Another log takes this one's place, in which all of them may come again. None is known then.
  void part_from_all();
  // Whether it is one of those, once.
  bool comes_again(const EventView& event);

 private:
  struct Shown {
    std::size_t line, name;
  };
  std::uint64_t last_ = 0;
  std::deque<Shown> shown_;
  std::unordered_multiset<std::size_t> parted_;
};

}  // namespace offsync::cli
