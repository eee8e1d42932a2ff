#include "proxy/api/log_source.h"

#include <fmt/format.h>

#include <utility>

#include "base/limits.h"
#include "proxy/http/limits.h"
#include "wire/problem.h"

namespace offsync::proxy {
namespace {
// Looked at for one piece, where a filter leaves most of them out.
constexpr std::size_t kScanEvents = 10 * limits::kPageEvents;

Error gone(std::uint64_t after) {
  return bad_data(kCursorExpired,
                  fmt::format("events right behind sequence {} are not kept any more", after),
                  "fetch the state and go on from its cursor");
}
}  // namespace

LogSource::LogSource(LogStore& store, std::string space, std::uint64_t after, SpaceState at,
                     EventFilter filter)
    : store_(store),
      space_(std::move(space)),
      after_(after),
      at_(std::move(at)),
      filter_(std::move(filter)) {}

Result<bool> LogSource::next(std::string& out) {
  const auto begun = out.size();
  std::size_t scanned = 0;
  while (after_ < at_.head && out.size() - begun < kAnswerPieceBytes && scanned < kScanEvents) {
    OFFSYNC_ASSIGN(const auto entries, store_.read(space_, after_, limits::kPageEvents,
                                                   kAnswerPieceBytes - (out.size() - begun)));
    if (entries.empty() || entries.front().sequence != after_ + 1) return gone(after_);
    for (const auto& entry : entries) {
      if (after_ == at_.head) break;
      after_ = entry.sequence;
      ++scanned;
      if (!filter_.all() && !filter_.matches(event_keys(entry.line))) continue;
      out += entry.line;
      out += '\n';
    }
  }
  return after_ < at_.head;
}

}  // namespace offsync::proxy
