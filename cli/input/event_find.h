// Which event of a list is meant: by its id, a part of that, and the source that wrote it.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace offsync::cli {

// A part of an id names it from so many characters on, which the lists print at least: of fewer, a
// number for instance, something else was meant.
inline constexpr std::size_t kPartOfId = 8;
// What to say where so few name nothing; else empty.
std::string too_short_hint(std::string_view id);

// What an event is named by: the beginning or the end of its id will do, where that is enough.
struct EventName {
  std::string id;
  std::string source;  // empty: anybody's
};

// What the list is called in messages, and the command that prints it.
struct EventList {
  const char* what;     // "pending"
  const char* command;  // "offsync queue"
};

Error no_such_event(const EventName& name, const EventList& list);
// `sources`: of each of the events that are meant; `exact`: the id was the whole of theirs.
Error ambiguous_event(const EventName& name, const EventList& list,
                      const std::vector<std::string>& sources, bool exact);

// All of them. `each` is a for_each_… of the replica.
template <class Event, class Each>
Result<std::vector<Event>> all_events(const Each& each) {
  std::vector<Event> all;
  OFFSYNC_TRY(each([&](const Event& event) {
    all.push_back(event);
    return true;
  }));
  return all;
}

// The one that is meant. `each` is a for_each_… of the replica. Errors: no_input `no_event`, usage
// `ambiguous`.
template <class Event, class Each>
Result<Event> find_event(const EventName& name, const EventList& list, const Each& each) {
  std::vector<Event> found;
  bool exact = false;
  OFFSYNC_TRY(each([&](const Event& event) {
    if (!name.source.empty() && event.source != name.source) return true;
    const bool same = event.id == name.id;
    if (same && !exact) found.clear();
    exact = exact || same;
    const bool part = !exact && name.id.size() >= kPartOfId;
    if (same || (part && (event.id.starts_with(name.id) || event.id.ends_with(name.id)))) {
      found.push_back(event);
    }
    return true;
  }));
  if (found.empty()) return no_such_event(name, list);
  if (found.size() == 1) return std::move(found.front());
  std::vector<std::string> sources;
  for (const Event& event : found) sources.push_back(event.source);
  return ambiguous_event(name, list, sources, exact);
}

}  // namespace offsync::cli
