#include "cli/remote/shown_events.h"

#include <algorithm>
#include <functional>
#include <string>

namespace offsync::cli {
namespace {

std::size_t hash_of(std::string_view text) {
  return std::hash<std::string_view>()(text);
}

std::size_t name_of(const EventView& event) {
  std::string name(event.source);
  name.append("\n").append(event.id);
  return hash_of(name);
}

}  // namespace

void ShownEvents::add(std::string_view line, const EventView& event) {
  last_ = event.sequence;
  shown_.push_back({hash_of(line), name_of(event)});
  if (shown_.size() > kMost) shown_.pop_front();
}

void ShownEvents::clear() {
  shown_.clear();
  parted_.clear();
}

bool ShownEvents::was(std::uint64_t sequence, std::string_view line) const {
  return shown_[sequence - first() - 1].line == hash_of(line);
}

void ShownEvents::part_behind(std::uint64_t sequence) {
  for (; last_ > sequence && !shown_.empty(); --last_) {
    parted_.insert(shown_.back().name);
    shown_.pop_back();
  }
}

void ShownEvents::part_from_all() {
  for (const Shown& shown : shown_) parted_.insert(shown.name);
  shown_.clear();
}

bool ShownEvents::comes_again(const EventView& event) {
  if (parted_.empty()) return false;
  const auto it = parted_.find(name_of(event));
  if (it == parted_.end()) return false;
  parted_.erase(it);
  return true;
}

}  // namespace offsync::cli
