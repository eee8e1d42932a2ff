#include "proxy/hub/frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "wire/sse.h"

namespace offsync::proxy {

Frames::Frames(std::string_view epoch, std::span<const LogEntry> entries) {
  if (entries.empty()) return;
  first_ = entries.front().sequence;
  std::size_t total = 0;
  for (const auto& entry : entries) total += entry.line.size() + epoch.size() + 40;
  bytes_.reserve(total);
  ends_.reserve(entries.size());
  keys_.reserve(entries.size());
  for (const auto& entry : entries) {
    assert(entry.sequence == end());
    append_sse(bytes_, fmt::format("{}-{}", epoch, entry.sequence), {}, entry.line);
    ends_.push_back(bytes_.size());
    keys_.push_back(event_keys(entry.line));
  }
}

std::string_view Frames::run(std::uint64_t from, std::uint64_t to) const {
  const auto begin = offset_of(from);
  return std::string_view(bytes_).substr(begin, offset_of(to) - begin);
}

std::uint64_t Frames::fitting(std::uint64_t from, std::size_t bytes) const {
  const auto begin = ends_.begin() + static_cast<std::ptrdiff_t>(index(from));
  const auto past = std::upper_bound(begin, ends_.end(), offset_of(from) + bytes);
  return std::max(first_ + static_cast<std::uint64_t>(past - ends_.begin()), from + 1);
}

std::uint64_t Frames::message_at(std::uint64_t from, std::size_t offset) const {
  const auto at = std::upper_bound(ends_.begin(), ends_.end(), offset_of(from) + offset);
  return first_ + static_cast<std::uint64_t>(at - ends_.begin());
}

void Frames::append(const Frames& next) {
  if (empty()) {
    *this = next;
    return;
  }
  assert(next.first() == end());
  const auto shift = bytes_.size();
  bytes_ += next.bytes_;
  for (const auto at : next.ends_) ends_.push_back(shift + at);
  keys_.insert(keys_.end(), next.keys_.begin(), next.keys_.end());
}

}  // namespace offsync::proxy
