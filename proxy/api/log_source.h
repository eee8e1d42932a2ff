// A part of a log as NDJSON, read from the store while it is written.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/http/body_source.h"
#include "proxy/hub/event_filter.h"
#include "proxy/store/log_store.h"

namespace offsync::proxy {

// The events behind `after` up to `at.head` that match. `store` must outlive it. Errors: bad_data
// `cursor_expired` where they are not all kept any more; those of the store.
class LogSource final : public BodySource {
 public:
  LogSource(LogStore& store, std::string space, std::uint64_t after, SpaceState at,
            EventFilter filter);
  Result<bool> next(std::string& out) override;

 private:
  LogStore& store_;
  const std::string space_;
  std::uint64_t after_;
  const SpaceState at_;
  const EventFilter filter_;
};

}  // namespace offsync::proxy
