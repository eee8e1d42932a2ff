// What a reader of the log may filter by.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync::proxy {

struct EventKeys {
  std::string type, subject;
};

// Of a canonical line; empty texts where it is none. Thread-safe.
EventKeys event_keys(std::string_view line);

// Globs (base/glob.h); an empty one matches everything.
struct EventFilter {
  std::string type, subject;

  bool all() const { return type.empty() && subject.empty(); }
  bool matches(const EventKeys& keys) const;
};

}  // namespace offsync::proxy
