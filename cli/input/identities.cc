#include "cli/input/identities.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace offsync::cli {
namespace {

// A part of the fingerprints is looked at in so much memory, but in no more than kParts parts, as
// for each of them all are read.
constexpr std::uint64_t kPartBytes = 2 * 1024 * 1024;
constexpr std::uint64_t kParts = 16;

// Order and boundaries of what is mixed in count.
std::uint64_t mixed(std::uint64_t sum, std::uint64_t value) {
  sum = (sum ^ value) * 0x9e3779b97f4a7c15ULL;
  return sum ^ sum >> 32;
}

std::uint64_t mixed(std::uint64_t sum, std::string_view text) {
  return mixed(sum, std::hash<std::string_view>()(text));
}

}  // namespace

// What encode_content() would write, without writing it.
Fingerprint fingerprint(const EventView& event, std::uint64_t number) {
  std::uint64_t content = mixed(event.clientseq, event.type);
  for (const std::string_view text : {event.subject, event.time, event.causationid, event.data}) {
    content = mixed(content, text);
  }
  content = mixed(mixed(content, event.stamp.time), event.stamp.node);
  for (const Extension& extension : event.extensions) {
    content = mixed(mixed(content, extension.name), extension.value);
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return {mixed(mixed(0, event.source), event.id), static_cast<std::uint32_t>(content),
          static_cast<std::uint32_t>(std::min(number, kMost))};
}

void Identities::add(const Fingerprint& print) {
  if (!kept_) return;
  kept_ = spool_.add({reinterpret_cast<const char*>(&print), sizeof print});
}

Result<Identities::Found> Identities::clashes() {
  OFFSYNC_TRY(Status(kept_));
  const std::uint64_t parts = std::clamp(spool_.size() / kPartBytes, std::uint64_t{1}, kParts);
  Found found;
  for (std::uint64_t part = 0; part < parts; ++part) OFFSYNC_TRY(look_at(part, parts, found));
  return found;
}

Status Identities::look_at(std::uint64_t part, std::uint64_t parts, Found& found) {
  std::vector<Fingerprint> prints;
  std::string bytes;
  spool_.rewind();
  for (bool more = spool_.size() > 0; more;) {
    OFFSYNC_ASSIGN(more, spool_.next(bytes));
    std::size_t at = 0;
    for (; at + sizeof(Fingerprint) <= bytes.size(); at += sizeof(Fingerprint)) {
      Fingerprint print;
      std::memcpy(&print, bytes.data() + at, sizeof print);
      if (print.identity % parts == part) prints.push_back(print);
    }
    bytes.erase(0, at);
  }
  std::sort(prints.begin(), prints.end(), [](const Fingerprint& a, const Fingerprint& b) {
    return a.identity != b.identity ? a.identity < b.identity : a.number < b.number;
  });
  const Fingerprint* first = nullptr;
  for (const Fingerprint& print : prints) {
    if (first == nullptr || first->identity != print.identity) first = &print;
    if (first->content == print.content) continue;
    ++found.count;
    const auto at = std::lower_bound(
        found.first.begin(), found.first.end(), print.number,
        [](const Clash& clash, std::uint64_t number) { return clash.other < number; });
    found.first.insert(at, {first->number, print.number});
    if (found.first.size() > kTold) found.first.pop_back();
  }
  return {};
}

}  // namespace offsync::cli
